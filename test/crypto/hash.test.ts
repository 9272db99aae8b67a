/** SHA-256, SHA-384, SHA-512: FIPS 180-4's examples, padding boundaries, pieces, and a digest that lets the hash run on. */
import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import type { HashName } from '../../src/crypto/provider.js';
import { skip } from '../skip.js';
import { ascii, digest, hashNamed, hex, isThorough, PROVIDERS, SeededRandom } from './symmetric-providers.js';

const LONG_512 =
  'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu';
const EXAMPLES: Array<[HashName, string, string]> = [
  ['sha256', 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'sha256',
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['sha384', 'abc', 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7'],
  [
    'sha384',
    LONG_512,
    '09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039',
  ],
  [
    'sha512',
    'abc',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  ],
  [
    'sha512',
    LONG_512,
    '8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909',
  ],
];
const MILLION_A: Array<[HashName, string]> = [
  ['sha256', 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ['sha384', '9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985'],
  [
    'sha512',
    'e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b',
  ],
];

for (const [label, provider] of PROVIDERS) {
  describe(`crypto: hashes (${label})`, () => {
    for (const [name, message, expected] of EXAMPLES) {
      it(`${name} of the ${message.length}-byte example of FIPS 180-4`, () => {
        const algorithm = hashNamed(provider, name);
        const hash = algorithm.create();
        hash.update(ascii(message), 0, message.length);
        assert.equal(digest(hash, algorithm.digestLength), expected);
      });
    }

    for (const [name, expected] of MILLION_A) {
      it(`${name} of a million "a"`, function () {
        if (!isThorough(label)) skip(this, 'a million bytes take the emulated core a minute: npm run test:native');
        const algorithm = hashNamed(provider, name);
        const hash = algorithm.create();
        const piece = ascii('a'.repeat(1000));
        for (let i = 0; i < 1000; i++) hash.update(piece, 0, 1000);
        assert.equal(digest(hash, algorithm.digestLength), expected);
      });
    }
  });
}

for (const algorithm of PROVIDERS[0][1].hashes) {
  describe(`crypto: ${algorithm.name} against node:crypto`, () => {
    it('every length from 0 to 300, with a digest before and after', () => {
      const message = new SeededRandom().bytes(300);
      const running = algorithm.create();
      for (let length = 0; length <= 300; length++) {
        const expected = nodeCrypto.createHash(algorithm.name).update(message.subarray(0, length)).digest('hex');
        const whole = algorithm.create();
        whole.update(message, 0, length);
        assert.equal(digest(whole, algorithm.digestLength), expected, `${length} bytes at once`);
        assert.equal(digest(running, algorithm.digestLength), expected, `${length} bytes, one at a time`);
        assert.equal(digest(running, algorithm.digestLength), expected, 'the same digest again');
        running.update(message, length, length < 300 ? 1 : 0);
      }
    });

    const random = new SeededRandom();
    it(`200 messages in random pieces, digests in between`, () => {
      for (let run = 0; run < 200; run++) {
        const message = random.bytes(random.length(5000));
        const hash = algorithm.create();
        const oracle = nodeCrypto.createHash(algorithm.name);
        random.pieces(message.length, (offset, length) => {
          hash.update(message, offset, length);
          oracle.update(message.subarray(offset, offset + length));
          if (random.below(3) > 0) return;
          assert.equal(digest(hash, algorithm.digestLength), oracle.copy().digest('hex'));
        });
        assert.equal(digest(hash, algorithm.digestLength), oracle.digest('hex'));
      }
    });

    it('two running hashes do not disturb each other, and a digest goes where it is told', () => {
      const one = algorithm.create();
      const other = algorithm.create();
      one.update(ascii('abcd'), 1, 2);
      other.update(ascii('xyz'), 0, 3);
      const into = new Uint8Array(algorithm.digestLength + 2).fill(7);
      one.digest(into, 1);
      assert.equal(hex(into), `07${nodeCrypto.createHash(algorithm.name).update('bc').digest('hex')}07`);
      assert.equal(
        digest(other, algorithm.digestLength),
        nodeCrypto.createHash(algorithm.name).update('xyz').digest('hex'),
      );
    });
  });
}
