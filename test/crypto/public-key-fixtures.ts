/** What the public-key tests share: keys of node:crypto as `PublicKey`, a seeded random source, hashes by name. */
import * as nodeCrypto from 'node:crypto';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { finish } from '../../src/crypto/computation.js';
import type { HashAlgorithm, PublicKey, SignatureName, SignatureVerifier } from '../../src/crypto/provider.js';
import { sha256 } from '../../src/crypto/sha256.js';
import { sha384, sha512 } from '../../src/crypto/sha512.js';
import type { RandomSource } from '../../src/platform.js';
import { SEED } from '../seed.js';

export function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function hex(array: Uint8Array | undefined): string | undefined {
  return array && Buffer.from(array).toString('hex');
}

/** The portable hash by the name Wycheproof or this project uses. */
export function hashNamed(name: string): HashAlgorithm {
  const wanted = name.toLowerCase().replace('-', '');
  const found = [sha256, sha384, sha512].find(hash => hash.name === wanted);
  if (!found) throw new Error(`no hash ${name}`);
  return found;
}

export function nodeVerifier(name: SignatureName): SignatureVerifier {
  const found = nodeCryptoProvider.signatures.find(verifier => verifier.name === name);
  if (!found) throw new Error(`no verifier ${name}`);
  return found;
}

/** SHAKE256 of the seed and a counter. */
export function seededRandom(): RandomSource {
  let counter = 0;
  return (into, offset, length) => {
    const block = nodeCrypto.createHash('shake256', { outputLength: length }).update(`${SEED} ${counter++}`).digest();
    into.set(block, offset);
  };
}

export function publicKeyOf(key: nodeCrypto.KeyObject): PublicKey {
  const spki = new Uint8Array(key.export({ format: 'der', type: 'spki' }));
  const jwk = key.export({ format: 'jwk' });
  const part = (text: string | undefined) => new Uint8Array(Buffer.from(text as string, 'base64url'));
  if (jwk.kty === 'RSA') return { kind: 'rsa', spki, modulus: part(jwk.n), exponent: part(jwk.e) };
  if (jwk.kty === 'OKP') return { kind: 'ed25519', spki, point: part(jwk.x) };
  const point = new Uint8Array([4, ...part(jwk.x), ...part(jwk.y)]);
  return { kind: 'ec', spki, curve: jwk.crv === 'P-256' ? 'secp256r1' : 'secp384r1', point };
}

export function publicKeyOfSpki(spki: Uint8Array): PublicKey {
  return publicKeyOf(nodeCrypto.createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }));
}

/** `array` with one bit flipped, `count` times, the bits evenly spread. */
export function* bitFlips(array: Uint8Array, count: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    const bit = Math.floor((i * array.length * 8) / count);
    const flipped = new Uint8Array(array);
    flipped[bit >> 3] ^= 1 << (bit & 7);
    yield flipped;
  }
}

/** What the signature files of Wycheproof have in common. */
interface SignatureGroup {
  publicKeyDer: string;
  sha: string;
  tests: { tcId: number; comment: string; msg: string; sig: string; result: 'valid' | 'invalid' | 'acceptable' }[];
}

/** Runs the vectors of Wycheproof groups; answers a line that says how many there were. */
export function runSignatureVectors(
  groups: SignatureGroup[],
  verifier: SignatureVerifier,
  hash: (group: SignatureGroup) => HashAlgorithm,
  expectAcceptable: boolean | undefined,
): string {
  const counts = { valid: 0, invalid: 0, acceptable: 0 };
  const wrong: string[] = [];
  for (const group of groups) {
    const key = publicKeyOfSpki(bytes(group.publicKeyDer));
    for (const test of group.tests) {
      counts[test.result]++;
      const answer = finish(verifier.verify(key, hash(group), bytes(test.msg), bytes(test.sig)));
      const expected = test.result === 'acceptable' ? (expectAcceptable ?? answer) : test.result === 'valid';
      if (answer !== expected) wrong.push(`tcId ${test.tcId} ${test.result} (${test.comment}): ${answer}`);
    }
  }
  if (wrong.length > 0) throw new Error(`${wrong.length} wrong: ${wrong.slice(0, 8).join('; ')}`);
  return `${counts.valid} valid, ${counts.invalid} invalid, ${counts.acceptable} acceptable`;
}

/** Wycheproof's files for RSA, each with the verifier it is for. */
export function rsaVectorFiles(
  pkcs1: SignatureVerifier,
  pss: SignatureVerifier,
): Array<{ verifier: SignatureVerifier; file: string }> {
  const pkcs1Files = ['2048_sha256', '2048_sha384', '3072_sha256', '4096_sha256', '4096_sha512'];
  const pssFiles = ['2048_sha256_mgf1_32', '3072_sha256_mgf1_32', '4096_sha512_mgf1_64'];
  return [
    ...pkcs1Files.map(name => ({ verifier: pkcs1, file: `rsa_signature_${name}_test.json` })),
    ...pssFiles.map(name => ({ verifier: pss, file: `rsa_pss_${name}_test.json` })),
  ];
}
