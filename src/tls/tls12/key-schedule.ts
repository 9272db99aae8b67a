/** The pseudorandom function of TLS 1.2, RFC 5246 §5, and what is made with it. The answers are new arrays, for the caller to wipe. */
import { copyBytes } from '../../bytes/copy-bytes.js';
import { hkdfExtract } from '../../crypto/hkdf.js';
import type { HashAlgorithm } from '../../crypto/provider.js';

/**
 *   P_hash(secret, seed) = HMAC_hash(secret, A(1) + seed) + HMAC_hash(secret, A(2) + seed) + ...
 *   A(0) = seed, A(i) = HMAC_hash(secret, A(i-1))
 *   PRF(secret, label, seed) = P_hash(secret, label + seed)
 */
export function prf(
  hash: HashAlgorithm,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const digestLength = hash.digestLength;
  const output = new Uint8Array(length);
  // A(i), label, seed.
  const input = new Uint8Array(digestLength + label.length + seed.length);
  for (let i = 0; i < label.length; i++) input[digestLength + i] = label.charCodeAt(i);
  input.set(seed, digestLength + label.length);
  for (let at = 0; at < length; at += digestLength) {
    // HKDF-Extract is nothing but HMAC(salt, input).
    input.set(hkdfExtract(hash, secret, input.subarray(at ? 0 : digestLength, at ? digestLength : input.length)));
    const block = hkdfExtract(hash, secret, input);
    copyBytes(output, at, block, 0, length - at < digestLength ? length - at : digestLength);
    block.fill(0);
  }
  input.fill(0);
  return output;
}

/**
 * RFC 5246 §8.1, or with a `sessionHash` (of all messages up to and including ClientKeyExchange) RFC 7627 §4. `premaster` is wiped. `randoms` are the client's and the
 * server's, 32 bytes each.
 */
export function masterSecret(
  hash: HashAlgorithm,
  premaster: Uint8Array,
  randoms: Uint8Array,
  sessionHash: Uint8Array | undefined,
): Uint8Array {
  const label = (sessionHash ? 'extended ' : '') + 'master secret';
  const master = prf(hash, premaster, label, sessionHash || randoms, 48);
  premaster.fill(0);
  return master;
}

/** RFC 5246 §7.4.9. `side` is 'client' or 'server'. */
export function verifyData(
  hash: HashAlgorithm,
  master: Uint8Array,
  side: string,
  transcriptHash: Uint8Array,
): Uint8Array {
  return prf(hash, master, side + ' finished', transcriptHash, 12);
}

/** RFC 5246 §6.3: `length` bytes. */
export function keyBlock(hash: HashAlgorithm, master: Uint8Array, randoms: Uint8Array, length: number): Uint8Array {
  const seed = new Uint8Array(64);
  copyBytes(seed, 0, randoms, 32, 32);
  copyBytes(seed, 32, randoms, 0, 32);
  return prf(hash, master, 'key expansion', seed, length);
}
