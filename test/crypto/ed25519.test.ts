import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import { finish } from '../../src/crypto/computation.js';
import { createEd25519 } from '../../src/crypto/ed25519.js';
import type { PublicKey } from '../../src/crypto/provider.js';
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

const sha512 = hashNamed('sha512');
const ed25519 = createEd25519(sha512);

/** RFC 8032 §7.1: public key, message, signature. */
const RFC8032 = [
  [
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
];

describe('crypto: ed25519', () => {
  for (const [label, implementation] of [
    ['portable', ed25519],
    ['node:crypto', nodeVerifier('ed25519')],
  ] as const) {
    it(`gives the answers of Wycheproof ed25519_test.json (${label})`, function () {
      this.timeout(60000);
      const groups = wycheproof('ed25519_test.json');
      if (!groups) skip(this, NO_VECTORS);
      console.log(`      ${runSignatureVectors(groups, implementation, () => sha512, undefined)}`);
    });
  }

  it('accepts the first three signatures of RFC 8032 §7.1', () => {
    for (const [point, message, signature] of RFC8032) {
      assert.equal(finish(ed25519.verify(keyOf(point), sha512, bytes(message), bytes(signature))), true, point);
      assert.equal(finish(ed25519.verify(keyOf(point), sha512, bytes(`${message}00`), bytes(signature))), false, point);
    }
  });

  it('accepts signatures of node:crypto, and none with a bit flipped in it, the message or the key', () => {
    const pair = nodeCrypto.generateKeyPairSync('ed25519');
    const key = publicKeyOf(pair.publicKey);
    const message = bytes('00ff00ff00ff');
    const signature = new Uint8Array(nodeCrypto.sign(null, message, pair.privateKey));
    assert.equal(finish(ed25519.verify(key, sha512, message, signature)), true);
    for (const flipped of bitFlips(signature, 64))
      assert.equal(finish(ed25519.verify(key, sha512, message, flipped)), false);
    for (const flipped of bitFlips(message, 8))
      assert.equal(finish(ed25519.verify(key, sha512, flipped, signature)), false);
    for (const flipped of bitFlips(key.point as Uint8Array, 32)) {
      assert.equal(finish(ed25519.verify({ ...key, point: flipped }, sha512, message, signature)), false);
    }
    assert.equal(finish(ed25519.verify(key, sha512, message, signature.subarray(0, 63))), false);
    assert.equal(finish(ed25519.verify(key, sha512, message, new Uint8Array([...signature, 0]))), false);
    assert.equal(finish(ed25519.verify({ ...key, point: undefined }, sha512, message, signature)), false);
    assert.equal(finish(ed25519.verify({ ...key, kind: 'ec' }, sha512, message, signature)), false);
  });

  it('refuses encodings of points that are not canonical, and numbers that are not of a point', () => {
    // With S = 0 and R the neutral point every key of order 1 verifies, so the decoding alone decides (RFC 8032 §5.1.3).
    const signature = new Uint8Array(64);
    signature[0] = 1;
    const zeros = '00'.repeat(30);
    const ones = 'ff'.repeat(30);
    assert.equal(finish(ed25519.verify(keyOf(`01${zeros}00`), sha512, bytes('00'), signature)), true, 'y = 1');
    assert.equal(finish(ed25519.verify(keyOf(`01${zeros}80`), sha512, bytes('00'), signature)), false, 'y = 1, x = -0');
    assert.equal(finish(ed25519.verify(keyOf(`ee${ones}7f`), sha512, bytes('00'), signature)), false, 'y = p + 1');
    assert.equal(
      finish(ed25519.verify(keyOf(`ee${ones}ff`), sha512, bytes('00'), signature)),
      false,
      'y = p + 1, x = -0',
    );
    assert.equal(
      finish(ed25519.verify(keyOf(`02${zeros}00`), sha512, bytes('00'), signature)),
      false,
      'y = 2 is no point',
    );
    // S = L in place of 0.
    signature.set(bytes('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'), 32);
    assert.equal(finish(ed25519.verify(keyOf(`01${zeros}00`), sha512, bytes('00'), signature)), false, hex(signature));
  });
});

function keyOf(point: string): PublicKey {
  return { kind: 'ed25519', spki: bytes(`302a300506032b6570032100${point}`), point: bytes(point) };
}
