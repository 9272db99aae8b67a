/** What signers promise besides signatures that verify (differential.ts): slices, refusals, faults, and bad generators. */
import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import { nodeSigners } from '../../boards/node/signers.js';
import { ecdsaP256Signer as bigintEcdsa } from '../../src/crypto/bigint/ecdsa-sign.js';
import { rsaPkcs1Signer as bigintPkcs1, rsaPssSigner as bigintPss } from '../../src/crypto/bigint/rsa-sign.js';
import { type Computation, finish } from '../../src/crypto/computation.js';
import { ecdsaP256Signer } from '../../src/crypto/ecdsa-sign.js';
import type { PrivateKey, Signer } from '../../src/crypto/provider.js';
import { rsaPkcs1Signer, rsaPssSigner } from '../../src/crypto/rsa-sign.js';
import type { RingletError } from '../../src/errors.js';
import { parsePrivateKey } from '../../src/x509/private-key.js';
import { accepted, pkcs8Of, runSigner, signingKey } from './differential-signers.js';
import { hashNamed, hex, seededRandom } from './public-key-fixtures.js';
import { SeededRandom } from './symmetric-providers.js';

const PROVIDERS: Array<[string, Signer[]]> = [
  ['portable', [ecdsaP256Signer, rsaPssSigner, rsaPkcs1Signer]],
  ['bigint', [bigintEcdsa, bigintPss, bigintPkcs1]],
  ['node:crypto', nodeSigners],
];
const HASHES = ['sha256', 'sha384', 'sha512'].map(hashNamed);
const message = Buffer.from('a handshake');

const digestOf = (name: string) => new Uint8Array(nodeCrypto.createHash(name).update(message).digest());
const keyFor = (name: string) => parsePrivateKey(pkcs8Of(signingKey(name, 0).privateKey));

/** One step after the other; answers how many. */
function steps(computation: Computation<unknown>): number {
  let count = 1;
  while (!computation.step(1)) count++;
  assert.equal(computation.step(1), true, 'and ever after');
  return count;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as RingletError).code;
  }
  return 'none';
}

for (const [label, signers] of PROVIDERS) {
  for (const signer of signers) {
    describe(`crypto: signing with ${signer.name}, ${label}`, () => {
      const hash = hashNamed('sha256');

      it('under keys of every size and with every hash, to the taste of node:crypto', function () {
        this.timeout(60000);
        console.log(`      ${runSigner(signer, HASHES, new SeededRandom(), 20)}`);
      });

      it('in slices it is the same signature, and the arguments may change after the call', () => {
        const digest = digestOf('sha256');
        const whole = finish(signer.sign(keyFor(signer.name), hash, digest, seededRandom()));
        const sliced = signer.sign(keyFor(signer.name), hash, digest, seededRandom());
        digest.fill(0);
        const count = steps(sliced);
        assert.equal(hex(sliced.result()), hex(whole));
        if (label !== 'node:crypto') assert.ok(count > 50, `${count} slices`);
      });

      it('with a generator that only gives zeros it still is a signature, but not of the same nonce for two digests', () => {
        const zeros = (into: Uint8Array, offset: number, length: number) => into.fill(0, offset, offset + length);
        const key = keyFor(signer.name);
        const signature = finish(signer.sign(key, hash, digestOf('sha256'), zeros));
        const { publicKey } = signingKey(signer.name, 0);
        assert.ok(accepted(signer.name, publicKey, hash, message, signature));
        const other = finish(signer.sign(key, hash, digestOf('sha384').subarray(0, 32), zeros));
        if (key.kind === 'ec') assert.notEqual(hex(other)?.slice(8, 70), hex(signature)?.slice(8, 70), 'r');
      });

      it('a key of another kind, or out of range, is ERR_USAGE', () => {
        const sign = (key: PrivateKey) => codeOf(() => signer.sign(key, hash, digestOf('sha256'), seededRandom()));
        const rsa = keyFor('rsa');
        if (signer.name === 'ecdsa-secp256r1') {
          const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
          assert.equal(sign(rsa), 'ERR_USAGE');
          for (const scalar of [new Uint8Array(32), new Uint8Array(order), new Uint8Array(32).fill(255)]) {
            assert.equal(sign({ kind: 'ec', curve: 'secp256r1', scalar }), 'ERR_USAGE');
          }
        } else {
          assert.equal(sign(keyFor('ec')), 'ERR_USAGE');
          assert.equal(sign({ ...rsa, modulus: rsa.modulus?.subarray(0, 255) }), 'ERR_USAGE');
          assert.equal(sign({ ...rsa, exponent: new Uint8Array([1]) }), 'ERR_USAGE');
        }
      });

      if (signer.name.startsWith('rsa')) {
        it('a bit wrong in any number that it computes with, and there is an error instead of a signature', function () {
          this.timeout(30000);
          for (const which of [1, 2, 3, 4, 5]) {
            for (const place of [0, 60, 127]) {
              const key = keyFor('rsa');
              const number = key.rsaSecrets![which];
              number[Math.min(place, number.length - 1)] ^= 16;
              let signature: Uint8Array | undefined;
              const code = codeOf(() => {
                signature = finish(signer.sign(key, hash, digestOf('sha256'), seededRandom()));
              });
              // OpenSSL finds out itself, and takes the private exponent.
              if (label === 'node:crypto' && signature) {
                assert.ok(accepted(signer.name, signingKey('rsa', 0).publicKey, hash, message, signature));
              } else assert.equal(code, 'ERR_KEY_MISMATCH', `number ${which}, byte ${place}`);
            }
          }
        });
      }
    });
  }
}

describe('crypto: two signatures of the same digest', () => {
  it('of ECDSA have two nonces', () => {
    const digest = digestOf('sha256');
    const random = seededRandom();
    const key = keyFor('ec');
    const sign = () => hex(finish(ecdsaP256Signer.sign(key, hashNamed('sha256'), digest, random)));
    assert.notEqual(sign(), sign());
  });

  it('of all three implementations are the same ones where they draw the same', () => {
    for (let i = 0; i < 3; i++) {
      const signatures = PROVIDERS.map(([, signers]) =>
        hex(finish(signers[i].sign(keyFor(signers[i].name), hashNamed('sha384'), digestOf('sha384'), seededRandom()))),
      );
      assert.deepEqual(new Set(signatures).size, 1);
    }
  });
});
