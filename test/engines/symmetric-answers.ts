/** Known answers of a provider's hashes, HMAC, HKDF and AEADs, also at every length where something begins or ends, to be run inside an engine. */
import { hkdfExpand, hkdfExtract } from '../../src/crypto/hkdf.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { AEAD_EDGES, AEADS, HASH_EDGES, HASHES, LENGTHS, SYMMETRIC_INPUT } from './known-answers.js';
import { attempt, hex, same } from './report.js';

export function symmetricAnswers(provider: CryptoProvider): void {
  const input = hex(SYMMETRIC_INPUT);
  for (const algorithm of provider.hashes) {
    const answer = HASHES[algorithm.name];
    const into = new Uint8Array(algorithm.digestLength);
    attempt(algorithm.name, () => {
      const hash = algorithm.create();
      hash.update(input, 0, 3);
      hash.update(input, 3, input.length - 3);
      hash.digest(into, 0);
      return same(into, hex(answer.digest));
    });
    attempt('hmac-' + algorithm.name, () => {
      const mac = algorithm.createHmac(input.subarray(0, 20));
      mac.update(input, 0, 100);
      mac.digest(into, 0);
      return same(into, hex(answer.hmac));
    });
    const edges = HASH_EDGES[algorithm.name];
    for (let i = 0; i < LENGTHS.length; i++) {
      const length = LENGTHS[i];
      attempt(algorithm.name + ' of ' + length + ' bytes', () => {
        const hash = algorithm.create();
        hash.update(input, 0, length);
        hash.digest(into, 0);
        return same(into, hex(edges.digests[i]));
      });
      attempt('hmac-' + algorithm.name + ' with a key of ' + length + ' bytes', () => {
        const mac = algorithm.createHmac(input.subarray(0, length));
        mac.update(input, 0, 50);
        mac.digest(into, 0);
        return same(into, hex(edges.hmacs[i]));
      });
    }
    attempt('hkdf-' + algorithm.name, () => {
      const secret = hkdfExtract(algorithm, input.subarray(40, 60), input.subarray(0, 40));
      return same(hkdfExpand(algorithm, secret, input.subarray(60, 90), 150), hex(edges.expanded));
    });
  }

  for (const algorithm of provider.aeads) {
    const answer = AEADS[algorithm.name];
    const key = input.subarray(0, algorithm.keyLength);
    const nonce = input.subarray(32, 44);
    const aad = input.subarray(44, 49);
    const length = input.length;
    const bytes = new Uint8Array(length);
    const tag = new Uint8Array(16);
    attempt(algorithm.name + ' seals', () => {
      bytes.set(input);
      const aead = algorithm.create(key);
      aead.start(nonce, aad, 5, length);
      aead.seal(bytes, 0, 7);
      aead.seal(bytes, 7, length - 7);
      aead.tag(tag, 0);
      return same(bytes, hex(answer.ciphertext)) && same(tag, hex(answer.tag));
    });
    attempt(algorithm.name + ' opens', () => {
      const aead = algorithm.create(key);
      aead.start(nonce, aad, 5, length);
      aead.open(bytes, 0, 33);
      aead.open(bytes, 33, length - 33);
      return same(bytes, input) && aead.verify(tag, 0);
    });
    if (algorithm.macsCiphertext) {
      attempt(algorithm.name + ' in two passes', () => {
        const aead = algorithm.create(key);
        const marks = new Uint8Array(32);
        bytes.set(hex(answer.ciphertext));
        aead.start(nonce, aad, 5, length);
        aead.authenticate(bytes, 0, 64);
        aead.mark(marks, 0);
        aead.authenticate(bytes, 64, 192);
        aead.mark(marks, 8);
        aead.open(bytes, 256, length - 256);
        if (!aead.verify(tag, 0) || !same(bytes.subarray(256), input.subarray(256))) return false;
        bytes.set(hex(answer.ciphertext));
        aead.start(nonce, aad, 5, length);
        aead.open(bytes, 0, 61);
        aead.open(bytes, 61, 3);
        aead.mark(marks, 16);
        bytes[100] ^= 1;
        aead.open(bytes, 64, 192);
        aead.mark(marks, 24);
        return same(marks.subarray(0, 8), marks.subarray(16, 24)) && !same(marks.subarray(8, 16), marks.subarray(24));
      });
      bytes.set(input);
    }
    const tags = AEAD_EDGES[algorithm.name];
    for (let i = 0; i < LENGTHS.length; i++) {
      const edge = LENGTHS[i];
      attempt(algorithm.name + ' of ' + edge + ' bytes, there and back', () => {
        const aead = algorithm.create(input.subarray(100, 100 + algorithm.keyLength));
        const iv = input.subarray(140, 152);
        const added = new Uint8Array(input.subarray(200, 221));
        const made = new Uint8Array(16);
        bytes.set(input);
        aead.start(iv, added, edge % 21, edge);
        aead.seal(bytes, 0, edge);
        aead.tag(made, 0);
        if (!same(made, hex(tags[i]))) return false;
        aead.start(iv, added, edge % 21, edge);
        aead.open(bytes, 0, edge);
        return same(bytes, input) && aead.verify(made, 0);
      });
    }
    attempt(algorithm.name + ' refuses a changed tag', () => {
      const aead = algorithm.create(key);
      aead.start(nonce, aad, 5, 16);
      aead.open(bytes, 0, 16);
      return !aead.verify(tag, 0);
    });
  }
}
