/**
 * What ECDSA verification (FIPS 186-5 §6.4.2) is besides arithmetic, which `check` of a provider does: the key's kind, DER signatures
 * (RFC 3279 §2.2.3), the message's hash.
 */
import { type Computation, done } from './computation.js';
import { digestInPieces } from './digest.js';
import type { Piece } from './pieces.js';
import type { HashAlgorithm, PublicKey, SignatureName, SignatureVerifier } from './provider.js';

/**
 * `point` is the key's as it came (SEC 1 §2.3.4), `pair` r and s, each as long as the order. All is still to be compared with order and curve. `hashed`, the
 * message's hash cut to at most the length of the order, is there once `hashing` has answered 0.
 */
export type EcdsaCheck = (
  point: Uint8Array,
  pair: Uint8Array,
  hashing: Piece,
  hashed: Uint8Array,
) => Computation<boolean>;

/** `size` is the length of the curve's order in bytes. */
export function ecdsaVerifier(curve: 'secp256r1' | 'secp384r1', size: number, check: EcdsaCheck): SignatureVerifier {
  return {
    name: ('ecdsa-' + curve) as SignatureName,
    verify(key: PublicKey, hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): Computation<boolean> {
      const pair = new Uint8Array(2 * size);
      if (key.kind !== 'ec' || key.curve !== curve || !key.point || !readPair(pair, signature)) return done(false);
      const hashed = new Uint8Array(hash.digestLength);
      return check(
        key.point,
        pair,
        digestInPieces(hash, message, hashed),
        hashed.length > size ? hashed.subarray(0, size) : hashed,
      );
    },
  };
}

/** Reads a SEQUENCE of two INTEGERs: below 128 bytes on both curves, so every length is one byte. */
function readPair(pair: Uint8Array, der: Uint8Array): boolean {
  if (der.length < 8 || der[0] !== 0x30 || der[1] !== der.length - 2) return false;
  const middle = readInteger(pair, pair.length >> 1, der, 2);
  return middle > 0 && readInteger(pair, pair.length, der, middle) === der.length;
}

/** Reads a DER INTEGER that is positive, minimal and at most half of `into`, right-aligned in front of `end`; answers the offset behind it, or 0. */
function readInteger(into: Uint8Array, end: number, der: Uint8Array, offset: number): number {
  let start = offset + 2;
  if (start > der.length) return 0;
  const stop = start + der[offset + 1];
  if (der[offset] !== 2 || stop === start || stop > der.length || der[start] > 127) return 0;
  if (der[start] === 0 && stop > start + 1) {
    start++;
    if (der[start] < 128) return 0;
  }
  if (stop - start > into.length >> 1) return 0;
  for (let i = start; i < stop; i++) into[end - stop + i] = der[i];
  return stop;
}
