/**
 * Any CryptoProvider against node:crypto, input by input: random ones, and those at the edges of lengths, encodings and
 * number ranges. `npm run differential` runs 10,000 for every primitive, the tests a sample. What differs is thrown with
 * the whole input, because OpenSSL's keys and ECDSA signatures do not come from the seed.
 */
import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import { finish } from '../../src/crypto/computation.js';
import type {
  AeadAlgorithm,
  CryptoProvider,
  HashAlgorithm,
  KeyExchangeGroup,
  PublicKey,
  SignatureVerifier,
} from '../../src/crypto/provider.js';
import { agreementInputs } from './differential-keys.js';
import { signatureInputs } from './differential-signatures.js';
import { runSigner } from './differential-signers.js';
import { SeededRandom } from './symmetric-providers.js';

export interface Differential {
  /** The primitive: `sha256`, `hmac-sha256`, `aes-128-gcm`, `x25519`, `ecdsa-secp256r1`. */
  readonly name: string;
  /** Compares on `count` inputs; answers in a few words what they were. Throws on the first difference. */
  run(count: number): string;
}

/** One for every primitive of `provider`. */
export function differentials(provider: CryptoProvider): Differential[] {
  return [
    ...provider.hashes.map(hash => ({ name: hash.name, run: (count: number) => runHash(hash, count) })),
    ...provider.hashes.map(hash => ({ name: `hmac-${hash.name}`, run: (count: number) => runHmac(hash, count) })),
    ...provider.aeads.map(aead => ({ name: aead.name, run: (count: number) => runAead(aead, count) })),
    ...provider.groups.map(group => ({ name: group.name, run: (count: number) => runGroup(group, count) })),
    ...provider.signatures.map(verifier => ({
      name: verifier.name,
      run: (count: number) => runVerifier(verifier, provider.hashes, count),
    })),
    ...(provider.signers ?? []).map(signer => ({
      name: `sign ${signer.name}`,
      run: (count: number) => runSigner(signer, provider.hashes, new SeededRandom(), count),
    })),
  ];
}

const hex = (bytes: Uint8Array | undefined) => (bytes ? Buffer.from(bytes).toString('hex') : 'undefined');

/** Lengths 0 to 299 in turn, then random ones: every place a block boundary can fall. */
function lengthOf(random: SeededRandom, i: number): number {
  return i < 300 ? i : random.length(1500);
}

function runHash(algorithm: HashAlgorithm, count: number): string {
  const random = new SeededRandom();
  const into = new Uint8Array(algorithm.digestLength);
  for (let i = 0; i < count; i++) {
    const message = random.bytes(lengthOf(random, i));
    const hash = algorithm.create();
    random.pieces(message.length, (offset, length) => hash.update(message, offset, length));
    hash.digest(into, 0);
    assert.equal(hex(into), nodeCrypto.createHash(algorithm.name).update(message).digest('hex'), hex(message));
  }
  return 'messages of 0 to 1500 bytes in pieces';
}

function runHmac(algorithm: HashAlgorithm, count: number): string {
  const random = new SeededRandom();
  const into = new Uint8Array(algorithm.digestLength);
  for (let i = 0; i < count; i++) {
    const key = random.bytes(i % 200);
    const message = random.bytes(lengthOf(random, i));
    const mac = algorithm.createHmac(key);
    random.pieces(message.length, (offset, length) => mac.update(message, offset, length));
    mac.digest(into, 0);
    const expected = nodeCrypto.createHmac(algorithm.name, key).update(message).digest('hex');
    assert.equal(hex(into), expected, `key ${hex(key)} message ${hex(message)}`);
  }
  return 'keys of 0 to 199 bytes, messages of 0 to 1500 in pieces';
}

function runAead(algorithm: AeadAlgorithm, count: number): string {
  const random = new SeededRandom();
  const tag = new Uint8Array(16);
  for (let i = 0; i < count; i++) {
    const key =
      i % 16 === 0 ? new Uint8Array(algorithm.keyLength).fill(i % 32 && 255) : random.bytes(algorithm.keyLength);
    const nonce = i % 16 === 1 ? new Uint8Array(12).fill(255) : random.bytes(12);
    const aad = random.bytes(random.below(40));
    // node's CCM cannot finish an empty message.
    const message = random.bytes(lengthOf(random, i) || Number(!algorithm.macsCiphertext));
    const what = `key ${hex(key)} nonce ${hex(nonce)} aad ${hex(aad)} message ${hex(message)}`;
    const cipher = nodeCrypto.createCipheriv(algorithm.name as 'aes-128-ccm', key, nonce, { authTagLength: 16 });
    cipher.setAAD(aad, { plaintextLength: message.length });
    const ciphertext = cipher.update(message);
    cipher.final();

    const aead = algorithm.create(key);
    const bytes = message.slice();
    aead.start(nonce, aad, aad.length, bytes.length);
    random.pieces(bytes.length, (offset, length) => aead.seal(bytes, offset, length));
    aead.tag(tag, 0);
    assert.equal(hex(bytes) + hex(tag), hex(ciphertext) + hex(cipher.getAuthTag()), what);

    // Every other one has a bit changed somewhere: in the tag, the ciphertext or the additional data.
    const spoiled = i % 2 === 1;
    const victims = [tag, bytes, aad].filter(array => array.length > 0);
    const victim = victims[random.below(victims.length)];
    const plain = victim !== bytes || !spoiled;
    if (spoiled) victim[random.below(victim.length)] ^= 1 << random.below(8);
    aead.start(nonce, aad, aad.length, bytes.length);
    random.pieces(bytes.length, (offset, length) => aead.open(bytes, offset, length));
    assert.equal(aead.verify(tag, 0), !spoiled, `spoiled: ${spoiled}, ${what}`);
    if (plain) assert.equal(hex(bytes), hex(message), what);
  }
  return 'sealed and opened, every other one spoiled first';
}

function runGroup(group: KeyExchangeGroup, count: number): string {
  const random = new SeededRandom();
  let agreed = 0;
  for (const { share, peer, secret } of agreementInputs(group, random, count)) {
    const answer = finish(share.agree(peer));
    assert.equal(hex(answer), hex(secret), `our key ${hex(share.publicKey)} peer ${hex(peer)}`);
    if (answer) agreed++;
  }
  return `${agreed} secrets, ${count - agreed} refused`;
}

function runVerifier(verifier: SignatureVerifier, hashes: ReadonlyArray<HashAlgorithm>, count: number): string {
  const random = new SeededRandom();
  let accepted = 0;
  for (const { key, hash, message, signature, valid } of signatureInputs(verifier.name, hashes, random, count)) {
    const answer = finish(verifier.verify(key, hash, message, signature));
    const what = () => `${hash.name}, key ${spell(key)}, message ${hex(message)}, signature ${hex(signature)}`;
    if (answer !== valid) assert.fail(`answered ${answer}, node:crypto ${valid}: ${what()}`);
    if (answer) accepted++;
  }
  return `${accepted} valid, ${count - accepted} not`;
}

function spell(key: PublicKey): string {
  return hex(key.point ?? key.modulus);
}
