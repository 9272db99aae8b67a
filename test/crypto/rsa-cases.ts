/** What every RSA verifier is to accept and refuse, with keys and signatures of node:crypto. */
import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import { finish } from '../../src/crypto/computation.js';
import type { PublicKey, SignatureVerifier } from '../../src/crypto/provider.js';
import { bitFlips, bytes, hashNamed, publicKeyOf } from './public-key-fixtures.js';

const HASHES = ['sha256', 'sha384', 'sha512'];
const message = bytes('ff00fe01');

/** Declares the tests; the verifiers are asked for when they run. */
export function rsaCases(pkcs1Verifier: () => SignatureVerifier, pssVerifier: () => SignatureVerifier): void {
  // 2049 and 2057 bits: the PSS encoding is a byte shorter than the modulus, resp. the modulus is an odd number of bytes.
  for (const [bits, exponent] of [
    [2048, 3],
    [2049, 65537],
    [2050, 65537],
    [2055, 17],
    [2057, 65537],
    [3071, 65537],
    [4096, 0xfffffffb],
  ]) {
    it(`agrees with node:crypto on a key of ${bits} bits with exponent ${exponent}`, function () {
      this.timeout(30000);
      const pair = rsaPair(bits, exponent);
      const key = publicKeyOf(pair.publicKey);
      for (const name of HASHES) {
        const hash = hashNamed(name);
        const pkcs1 = new Uint8Array(nodeCrypto.sign(name, message, pair.privateKey));
        const pss = signPss(pair.privateKey, name, hash.digestLength);
        assert.equal(finish(pkcs1Verifier().verify(key, hash, message, pkcs1)), true, name);
        assert.equal(finish(pssVerifier().verify(key, hash, message, pss)), true, name);
        assert.equal(finish(pkcs1Verifier().verify(key, hash, message, pss)), false, name);
        assert.equal(finish(pssVerifier().verify(key, hash, message, pkcs1)), false, name);
        assert.equal(
          finish(pssVerifier().verify(key, hash, message, signPss(pair.privateKey, name, 20))),
          false,
          'salt of 20 bytes',
        );
        assert.equal(
          finish(pssVerifier().verify(key, hash, message, signPss(pair.privateKey, name, 0))),
          false,
          'no salt',
        );
        for (const flipped of bitFlips(pkcs1, 4))
          assert.equal(finish(pkcs1Verifier().verify(key, hash, message, flipped)), false);
        for (const flipped of bitFlips(pss, 4))
          assert.equal(finish(pssVerifier().verify(key, hash, message, flipped)), false);
        for (const flipped of bitFlips(message, 2)) {
          assert.equal(finish(pkcs1Verifier().verify(key, hash, flipped, pkcs1)), false);
          assert.equal(finish(pssVerifier().verify(key, hash, flipped, pss)), false);
        }
      }
    });
  }

  it('refuses signatures of another length, and those that are not below the modulus', () => {
    const pair = rsaPair(2048, 65537);
    const key = publicKeyOf(pair.publicKey);
    const hash = hashNamed('sha256');
    const good = new Uint8Array(nodeCrypto.sign('sha256', message, pair.privateKey));
    const number = (array: Uint8Array) => BigInt(`0x${Buffer.from(array).toString('hex')}`);
    const raised = number(good) + number(key.modulus as Uint8Array);
    assert.equal(finish(pkcs1Verifier().verify(key, hash, message, good)), true);
    assert.equal(finish(pkcs1Verifier().verify(key, hash, message, new Uint8Array([0, ...good]))), false);
    assert.equal(finish(pkcs1Verifier().verify(key, hash, message, good.subarray(1))), false);
    assert.equal(finish(pkcs1Verifier().verify(key, hash, message, new Uint8Array(0))), false);
    assert.equal(finish(pkcs1Verifier().verify(key, hash, message, key.modulus as Uint8Array)), false);
    if (raised < 1n << 2048n)
      assert.equal(finish(pkcs1Verifier().verify(key, hash, message, bytes(raised.toString(16)))), false);
  });

  it('refuses keys that are too small, too large, even, or have an unusable exponent', () => {
    const hash = hashNamed('sha256');
    const pair = rsaPair(2048, 65537);
    const key = publicKeyOf(pair.publicKey);
    const modulus = key.modulus as Uint8Array;
    const good = new Uint8Array(nodeCrypto.sign('sha256', message, pair.privateKey));
    const refused = (changed: Partial<PublicKey>, signature: Uint8Array) => {
      assert.equal(
        finish(pkcs1Verifier().verify({ ...key, ...changed }, hash, message, signature)),
        false,
        JSON.stringify(changed),
      );
      assert.equal(finish(pssVerifier().verify({ ...key, ...changed }, hash, message, signature)), false);
    };
    for (const exponent of ['', '01', '00', '010000', '02', '000000010001', '0100000001']) {
      refused({ exponent: bytes(exponent) }, good);
    }
    refused({ kind: 'ec' }, good);
    refused({ modulus: undefined }, good);
    refused({ modulus: new Uint8Array(0) }, new Uint8Array(0));
    refused({ modulus: new Uint8Array([0, ...modulus]) }, new Uint8Array([0, ...good]));
    refused({ modulus: modulus.map((byte, i) => (i === 255 ? byte ^ 1 : byte)) }, good);
    for (const bits of [1024, 2040, 2047, 4104]) {
      const other = rsaPair(bits, 65537);
      const signature = new Uint8Array(nodeCrypto.sign('sha256', message, other.privateKey));
      assert.equal(
        finish(pkcs1Verifier().verify(publicKeyOf(other.publicKey), hash, message, signature)),
        false,
        `${bits} bits`,
      );
    }
  }).timeout(30000);

  for (const bits of [2048, 2049, 2052]) {
    it(`refuses encodings with one wrong bit, whichever it is (${bits} bits)`, function () {
      this.timeout(60000);
      const pair = rsaPair(bits, 65537);
      const key = publicKeyOf(pair.publicKey);
      const hash = hashNamed('sha256');
      const unpadded = { padding: nodeCrypto.constants.RSA_NO_PADDING };
      const seal = (encoded: Buffer) => nodeCrypto.privateEncrypt({ key: pair.privateKey, ...unpadded }, encoded);
      const schemes: Array<[SignatureVerifier, Uint8Array]> = [
        [pkcs1Verifier(), new Uint8Array(nodeCrypto.sign('sha256', message, pair.privateKey))],
        [pssVerifier(), signPss(pair.privateKey, 'sha256', 32)],
      ];
      for (const [verifier, signature] of schemes) {
        const encoded = nodeCrypto.publicDecrypt({ key: pair.publicKey, ...unpadded }, signature);
        assert.equal(finish(verifier.verify(key, hash, message, new Uint8Array(seal(encoded)))), true);
        let refused = 0;
        for (let at = 0; at < encoded.length; at++) {
          // The ends closely, what is between them in steps.
          if (at > 3 && at < encoded.length - 100 && at % 16 > 0) continue;
          for (const bit of at < 3 ? [1, 2, 4, 8, 16, 32, 64, 128] : [1 << (at % 8)]) {
            const wrong = Buffer.from(encoded);
            wrong[at]! ^= bit;
            if (Buffer.compare(wrong, key.modulus as Uint8Array) >= 0) continue;
            assert.equal(
              finish(verifier.verify(key, hash, message, new Uint8Array(seal(wrong)))),
              false,
              `${verifier.name}: byte ${at}, bit ${bit}`,
            );
            refused++;
          }
        }
        assert.ok(refused > 100);
      }
    });
  }
}

function rsaPair(modulusLength: number, publicExponent: number) {
  return nodeCrypto.generateKeyPairSync('rsa', { modulusLength, publicExponent });
}

function signPss(key: nodeCrypto.KeyObject, name: string, saltLength: number): Uint8Array {
  const padding = nodeCrypto.constants.RSA_PKCS1_PSS_PADDING;
  return new Uint8Array(nodeCrypto.sign(name, message, { key, padding, saltLength }));
}
