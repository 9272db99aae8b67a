/** The secret number of an ECDSA signature: RFC 6979's examples, and what keeps two signatures from sharing one. */
import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import { nonceOf } from '../../src/crypto/nonce.js';
import type { HashAlgorithm } from '../../src/crypto/provider.js';
import { bytes, hashNamed, hex } from './public-key-fixtures.js';

const SCALAR = bytes('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721');
const ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';

/** RFC 6979 §A.2.5: hash, message, k. */
const EXAMPLES = [
  ['sha256', 'sample', 'a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60'],
  ['sha384', 'sample', '09f634b188cefd98e7ec88b1aa9852d734d0bc272f7d2a47decc6ebeb375aad4'],
  ['sha512', 'sample', '5fa81c63109badb88c1f367b47da606da28cad69aa22c4fe6ad7df73a7173aa5'],
  ['sha256', 'test', 'd16b6ae827f17175e040871a1c7ec3500192c4c92677336ec2537acaee0008e0'],
  ['sha384', 'test', '16aeffa357260b04b1dd199693960740066c1a8f3e8edd79070aa914d361b3b8'],
  ['sha512', 'test', '6915d11632aca3c40d5d51c08daf9c555933819548784480e93499000d9f0b7f'],
];

function nonce(hash: HashAlgorithm, message: string, extra: Uint8Array): string | undefined {
  const digest = nodeCrypto.createHash(hash.name).update(message).digest();
  const into = new Uint8Array(32);
  const piece = nonceOf(hash, SCALAR, new Uint8Array(digest.subarray(0, 32)), extra, into);
  for (let i = 0; piece() > 0; i++) assert.ok(i < 100, 'it comes to an end');
  return hex(into);
}

describe('crypto: nonces of ECDSA', () => {
  for (const [name, message, expected] of EXAMPLES) {
    it(`RFC 6979 §A.2.5, ${name}, "${message}"`, () =>
      assert.equal(nonce(hashNamed(name), message, new Uint8Array(0)), expected));
  }

  it('differ with the additional data, and repeat with the same', () => {
    const seen = new Set<string | undefined>();
    for (let i = 0; i < 20; i++) {
      const extra = new Uint8Array(32).fill(i);
      const first = nonce(hashNamed('sha256'), 'sample', extra);
      assert.equal(nonce(hashNamed('sha256'), 'sample', extra), first);
      seen.add(first);
    }
    assert.equal(seen.size, 20);
  });

  for (const [what, refused] of [
    ['the order', ORDER],
    ['more than the order', 'ff'.repeat(32)],
    ['0', '00'.repeat(32)],
  ]) {
    it(`are drawn again where HMAC answers ${what}, by the rule of RFC 6979 §3.2 h`, () => {
      const real = hashNamed('sha256');
      const calls: Array<{ key: string | undefined; input: string }> = [];
      // Numbers 5, 8 and 11 are candidates; the first two are refused.
      const hash: HashAlgorithm = {
        ...real,
        createHmac(key) {
          const call = { key: hex(key), input: '' };
          const mac = real.createHmac(key);
          calls.push(call);
          return {
            update(input, offset, length) {
              call.input += hex(input.subarray(offset, offset + length));
              mac.update(input, offset, length);
            },
            digest(into, offset) {
              if (calls.length === 5 || calls.length === 8) into.set(bytes(refused), offset);
              else mac.digest(into, offset);
            },
          };
        },
      };
      const answer = nonce(hash, 'sample', new Uint8Array(0));
      assert.equal(calls.length, 11);
      assert.notEqual(answer, refused);
      assert.equal(calls[5].input, `${refused}00`, 'K = HMAC(K, V || 0x00)');
      assert.equal(calls[6].input, refused, 'V = HMAC(K, V)');
      assert.notEqual(calls[6].key, calls[5].key);
    });
  }
});
