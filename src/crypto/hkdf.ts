/** HKDF, RFC 5869, over any provider's HMAC. The answers are new arrays, for the caller to wipe. */
import { copyBytes } from '../bytes/copy-bytes.js';
import { digest } from './digest.js';
import type { HashAlgorithm } from './provider.js';

/** RFC 5869 §2.2. `salt` may be empty, which stands for digestLength zeros. The answer is digestLength bytes. */
export function hkdfExtract(hash: HashAlgorithm, salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  if (hash.hmac && salt.length + ikm.length < 256) return hash.hmac(salt, ikm);
  const prk = new Uint8Array(hash.digestLength);
  digest(hash.createHmac(salt), [ikm], prk, 0);
  return prk;
}

/** RFC 5869 §2.3. `length` is at most 255 times digestLength, or it throws. */
export function hkdfExpand(hash: HashAlgorithm, prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const digestLength = hash.digestLength;
  const end = digestLength + info.length;
  if (length > 255 * digestLength) throw new Error('HKDF-Expand: too long');
  const okm = new Uint8Array(length);
  // T(i), the info and the counter; T(0) is empty.
  const input = new Uint8Array(end + 1);
  input.set(info, digestLength);
  for (let at = 0; at < length; at += digestLength) {
    input[end]++;
    // HKDF-Extract is nothing but HMAC.
    const block = hkdfExtract(hash, prk, at > 0 ? input : input.subarray(digestLength));
    input.set(block);
    copyBytes(okm, at, block, 0, length - at < digestLength ? length - at : digestLength);
    block.fill(0);
  }
  input.fill(0);
  return okm;
}
