/** Known answers of every portable hash, HMAC and AEAD, to be run inside an engine. */
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { AEADS, HASHES, SYMMETRIC_INPUT } from './known-answers.js';
import { attempt, done, hex, same } from './report.js';

const input = hex(SYMMETRIC_INPUT);

for (const algorithm of portableProvider.hashes) {
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
}

for (const algorithm of portableProvider.aeads) {
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
  attempt(algorithm.name + ' opens in two passes', () => {
    if (!algorithm.macsCiphertext) return true;
    const ciphertext = hex(answer.ciphertext);
    const marks = new Uint8Array(16);
    const aead = algorithm.create(key);
    aead.start(nonce, aad, 5, length);
    aead.authenticate(ciphertext, 0, 128);
    aead.mark(marks, 0);
    const untouched = same(ciphertext, hex(answer.ciphertext));
    aead.open(ciphertext, 128, length - 128);
    const authentic = aead.verify(tag, 0);
    aead.start(nonce, aad, 5, length);
    aead.open(ciphertext, 0, 128);
    aead.mark(marks, 8);
    let equal = 0;
    for (let i = 0; i < 8; i++) if (marks[i] === marks[8 + i]) equal++;
    return untouched && authentic && equal === 8 && same(ciphertext, input);
  });
  attempt(algorithm.name + ' refuses a changed tag', () => {
    const aead = algorithm.create(key);
    aead.start(nonce, aad, 5, 16);
    aead.open(bytes, 0, 16);
    return !aead.verify(tag, 0);
  });
}
done();
