/**
 * What ECDSA signing on P-256 (FIPS 186-5 §6.4.1) is besides arithmetic, which a provider does: the secret number for one signature, and
 * DER (RFC 3279 §2.2.3).
 */
import { usageError } from '../errors.js';
import type { RandomSource } from '../platform.js';
import type { Computation } from './computation.js';
import { isBelow, nonceOf, subtract } from './nonce.js';
import { P256_ORDER } from './p256.js';
import { inPieces } from './pieces.js';
import type { HashAlgorithm, PrivateKey, Signer } from './provider.js';
import { bytesOf } from './words.js';

/**
 * r and s of a signature, 32 bytes each: r is the x coordinate of nonce times the generator, s = (hashed + r * scalar) / nonce,
 * modulo the order. All are 32 bytes, big-endian, below the order, and copied in this call.
 */
export type EcdsaPair = (nonce: Uint8Array, scalar: Uint8Array, hashed: Uint8Array) => Computation<Uint8Array>;

export function ecdsaP256SignerOf(pairOf: EcdsaPair): Signer {
  return {
    name: 'ecdsa-secp256r1',
    sign(key: PrivateKey, hash: HashAlgorithm, digest: Uint8Array, random: RandomSource): Computation<Uint8Array> {
      const order = bytesOf(P256_ORDER);
      const scalar = key.scalar;
      if (!scalar || !isBelow(scalar, order)) return usageError('ecdsa-secp256r1: not a key for it, or erased');
      const secret = new Uint8Array(scalar);
      const extra = new Uint8Array(32);
      random(extra, 0, 32);
      const hashed = new Uint8Array(digest.subarray(0, 32));
      // Both are public.
      const difference = new Uint8Array(32);
      if (subtract(difference, hashed, order) === 0) hashed.set(difference);
      const nonce = new Uint8Array(32);
      let pair: Computation<Uint8Array> | undefined;
      return inPieces(
        [
          nonceOf(hash, secret, hashed, extra, nonce),
          () => {
            if (!pair) {
              pair = pairOf(nonce, secret, hashed);
              secret.fill(0);
              nonce.fill(0);
              extra.fill(0);
            }
            return pair.step(STEP) ? 0 : STEP;
          },
        ],
        () => derOf((pair as Computation<Uint8Array>).result()),
      );
    },
  };
}

/** Units at a time: an addition of two points. */
const STEP = 15;

/** A SEQUENCE of two INTEGERs: without leading zeros, but with one in front of a set top bit. */
function derOf(pair: Uint8Array): Uint8Array {
  const der = new Uint8Array(72);
  let at = 2;
  for (let start = 0; start < 64; start += 32) {
    const end = start + 32;
    let from = start;
    while (from < end - 1 && pair[from] === 0) from++;
    const zeros = pair[from] >> 7;
    der[at] = 2;
    der[at + 1] = end - from + zeros;
    at += 2 + zeros;
    der.set(pair.subarray(from, end), at);
    at += end - from;
  }
  der[0] = 0x30;
  der[1] = at - 2;
  return new Uint8Array(der.subarray(0, at));
}
