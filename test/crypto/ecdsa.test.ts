import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import { finish } from '../../src/crypto/computation.js';
import { ecdsaP256, ecdsaP384 } from '../../src/crypto/ecdsa.js';
import { skip } from '../skip.js';
import {
  bitFlips,
  bytes,
  hashNamed,
  hex,
  nodeVerifier,
  publicKeyOf,
  runSignatureVectors,
} from './public-key-fixtures.js';
import { NO_VECTORS, wycheproof } from './wycheproof.js';

const CURVES = [
  { verifier: ecdsaP256, named: 'prime256v1', file: 'ecdsa_secp256r1_sha256_test.json', size: 32 },
  { verifier: ecdsaP384, named: 'secp384r1', file: 'ecdsa_secp384r1_sha384_test.json', size: 48 },
];
const HASHES = ['sha256', 'sha384', 'sha512'];

/** DER of two numbers given as hexadecimal DER INTEGER contents. */
function der(...integers: string[]): Uint8Array {
  const body = integers.map(content => `02${(content.length / 2).toString(16).padStart(2, '0')}${content}`).join('');
  return bytes(`30${(body.length / 2).toString(16).padStart(2, '0')}${body}`);
}

for (const { verifier, named, file, size } of CURVES) {
  describe(`crypto: ${verifier.name}`, () => {
    const pair = nodeCrypto.generateKeyPairSync('ec', { namedCurve: named });
    const key = publicKeyOf(pair.publicKey);
    const message = bytes('000102030405');
    const sign = (name: string) => new Uint8Array(nodeCrypto.sign(name, message, pair.privateKey));

    for (const [label, implementation] of [
      ['portable', verifier],
      ['node:crypto', nodeVerifier(verifier.name)],
    ] as const) {
      it(`gives the answers of Wycheproof ${file} (${label})`, function () {
        this.timeout(60000);
        const groups = wycheproof(file);
        if (!groups) skip(this, NO_VECTORS);
        console.log(`      ${runSignatureVectors(groups, implementation, group => hashNamed(group.sha), undefined)}`);
      });
    }

    it('accepts signatures of node:crypto under all three hashes', () => {
      for (const name of HASHES) {
        for (let i = 0; i < 5; i++)
          assert.equal(finish(verifier.verify(key, hashNamed(name), message, sign(name))), true, name);
        assert.equal(finish(verifier.verify(key, hashNamed(name), message, sign('sha1'))), false, name);
      }
    });

    it('refuses a signature or a message with one bit flipped', () => {
      const signature = sign('sha256');
      const hash = hashNamed('sha256');
      for (const flipped of bitFlips(signature, 60)) {
        assert.equal(finish(verifier.verify(key, hash, message, flipped)), false, hex(flipped));
      }
      for (const flipped of bitFlips(message, 10))
        assert.equal(finish(verifier.verify(key, hash, flipped, signature)), false);
    });

    it('refuses DER that is not minimal, trailing bytes, long lengths and integers out of range', () => {
      const order = named === 'prime256v1' ? P256_ORDER : P384_ORDER;
      const ff = 'ff'.repeat(size);
      for (const r of ['00', '81', '0001', '', `00${order}`, `00${ff}`, ff, `0100${ff}`, `00${order}00`]) {
        for (const pair of [der(r, '01'), der('01', r)]) {
          assert.equal(finish(verifier.verify(key, hashNamed('sha256'), message, pair)), false, hex(pair));
        }
      }
      // Whether shortened, or lengthened anywhere, a good signature is no more.
      const good = sign('sha256');
      for (let length = 0; length < good.length; length++) {
        assert.equal(finish(verifier.verify(key, hashNamed('sha256'), message, good.subarray(0, length))), false);
      }
      const long = new Uint8Array([0x30, 0x81, ...good.subarray(1)]);
      assert.equal(finish(verifier.verify(key, hashNamed('sha256'), message, long)), false);
      assert.equal(finish(verifier.verify(key, hashNamed('sha256'), message, new Uint8Array([...good, 0]))), false);
      assert.equal(finish(verifier.verify(key, hashNamed('sha256'), message, der('01', '01', '01'))), false);
    });

    it('refuses keys of the other curve, of other kinds, and points that are not on the curve', () => {
      const hash = hashNamed('sha256');
      const signature = sign('sha256');
      const point = key.point as Uint8Array;
      const other = named === 'prime256v1' ? 'secp384r1' : 'secp256r1';
      assert.equal(finish(verifier.verify({ ...key, curve: other }, hash, message, signature)), false);
      assert.equal(finish(verifier.verify({ ...key, kind: 'ed25519' }, hash, message, signature)), false);
      assert.equal(finish(verifier.verify({ ...key, point: undefined }, hash, message, signature)), false);
      assert.equal(
        finish(verifier.verify({ ...key, point: point.subarray(0, point.length - 1) }, hash, message, signature)),
        false,
      );
      assert.equal(
        finish(verifier.verify({ ...key, point: new Uint8Array(point.length) }, hash, message, signature)),
        false,
      );
      for (const flipped of bitFlips(point, 16)) {
        assert.equal(finish(verifier.verify({ ...key, point: flipped }, hash, message, signature)), false);
      }
    });
  });
}

const P256_ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
const P384_ORDER = 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973';
