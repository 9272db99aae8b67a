/**
 * The secret number of an ECDSA signature on P-256: HMAC_DRBG of key and digest, RFC 6979 §3.2, with additional data, §3.6.
 * With random data there neither a bad generator nor a digest that is signed twice gives the key away; without, it is deterministic.
 */
import { digest } from './digest.js';
import { P256_ORDER } from './p256.js';
import type { Piece } from './pieces.js';
import type { HashAlgorithm } from './provider.js';
import { bytesOf } from './words.js';

/** About what an HMAC costs. */
const COST = 50;

/**
 * Fills `nonce` (32 bytes) with a number in 1..order-1, an HMAC a piece. `scalar` is the private key, `hashed` the digest's first 32
 * bytes modulo the order, `extra` (of any length) the additional data.
 */
export function nonceOf(
  hash: HashAlgorithm,
  scalar: Uint8Array,
  hashed: Uint8Array,
  extra: Uint8Array,
  nonce: Uint8Array,
): Piece {
  const order = bytesOf(P256_ORDER);
  const key = new Uint8Array(hash.digestLength);
  const value = new Uint8Array(hash.digestLength);
  const separator = new Uint8Array(1);
  value.fill(1);
  // Steps d, e, f, g and h of §3.2; number 5 is its last paragraph, after which comes g again.
  let step = 0;
  const mac = (into: Uint8Array, parts: Uint8Array[]): void => digest(hash.createHmac(key), parts, into, 0);
  return () => {
    if (step === 6) return 0;
    if (step === 0 || step === 2) {
      separator[0] = step >> 1;
      mac(key, [value, separator, scalar, hashed, extra]);
    } else if (step === 5) {
      separator[0] = 0;
      mac(key, [value, separator]);
      step = 2;
    } else mac(value, [value]);
    if (step === 4) {
      nonce.set(value.subarray(0, 32));
      if (isBelow(nonce, order)) {
        key.fill(0);
        value.fill(0);
        step = 5;
      }
    }
    step++;
    return COST;
  };
}

/** Is `a` in 1..b-1? Both are 32 bytes, big-endian; the answer is public. */
export function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  let bits = 0;
  for (let i = 0; i < 32; i++) bits |= a[i];
  return bits !== 0 && subtract(new Uint8Array(32), a, b) < 0;
}

/** r = a - b modulo 2^256, all 32 bytes, big-endian; answers -1 if a is below b, or else 0. */
export function subtract(r: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  let carry = 0;
  for (let i = 31; i >= 0; i--) {
    carry += a[i] - b[i];
    r[i] = carry;
    carry >>= 8;
  }
  return carry;
}
