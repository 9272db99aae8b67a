/**
 * ECDSA verification (FIPS 186-5 §6.4.2) with DER signatures (RFC 3279 §2.2.3). Everything here is public, so time may
 * depend on it. Memory while it runs: 5 KB for P-256, 7 KB for P-384.
 */
import { type Computation, done } from './computation.js';
import { digest } from './digest.js';
import { sumOfMultiples } from './group.js';
import { readLimbs, writeLimbs } from './modulus.js';
import { p256 } from './p256.js';
import { p384 } from './p384.js';
import type { HashAlgorithm, PublicKey, SignatureName, SignatureVerifier } from './provider.js';
import { decodePoint, type WeierstrassCurve } from './weierstrass.js';

function ecdsa(name: 'secp256r1' | 'secp384r1', createCurve: () => WeierstrassCurve): SignatureVerifier {
  return {
    name: ('ecdsa-' + name) as SignatureName,
    verify(key: PublicKey, hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): Computation<boolean> {
      return done(key.kind === 'ec' && key.curve === name && verify(createCurve(), key, hash, message, signature));
    },
  };
}

function verify(
  curve: WeierstrassCurve,
  key: PublicKey,
  hash: HashAlgorithm,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const size = curve.size;
  const order = curve.order;
  const r = order.element();
  const s = order.element();
  // A sequence of two integers is below 128 bytes on both curves, so every length is one byte.
  if (signature.length < 8 || signature[0] !== 0x30 || signature[1] !== signature.length - 2) return false;
  const middle = readInteger(r, signature, 2, size);
  if (middle === 0 || readInteger(s, signature, middle, size) !== signature.length) return false;
  if (!order.exceeds(r) || !order.exceeds(s) || order.isZero(r) || order.isZero(s)) return false;
  const publicPoint = key.point && decodePoint(curve, key.point);
  if (!publicPoint) return false;

  const length = hash.digestLength;
  const hashed = new Uint8Array(length);
  digest(hash.create(), [message], hashed, 0);
  const e = order.read(hashed, 0, Math.min(size, length), false);

  // (e / s) * generator + (r / s) * public point has r as its x coordinate.
  const inverse = order.element();
  order.enter(s, s);
  order.invert(inverse, s);
  /** a / s in 0..order-1. */
  const quotient = (a: Int32Array): Uint8Array => {
    const bytes = new Uint8Array(size);
    order.enter(s, a);
    order.mul(s, s, inverse);
    order.leave(s, s);
    writeLimbs(s, bytes, size, false);
    return bytes;
  };
  const sum = sumOfMultiples(curve.group, quotient(e), curve.generator, quotient(r), publicPoint);
  const field = curve.field;
  if (field.isZero(sum[2])) return false;
  // x was reduced modulo the order, which is a little below the prime: it was r, or r + order.
  for (let i = 0; i < 2; i++) {
    if (!field.exceeds(r)) return false;
    field.enter(e, r);
    field.mul(e, e, sum[2]);
    field.sub(e, e, sum[0]);
    if (field.isZero(e)) return true;
    order.add(r, r, order.limbs);
    order.scale(r, r, 1);
  }
  return false;
}

/** Reads a DER INTEGER that is positive, minimal and of `size` bytes at most; answers the offset behind it, or 0. */
function readInteger(limbs: Int32Array, bytes: Uint8Array, offset: number, size: number): number {
  let start = offset + 2;
  if (start > bytes.length) return 0;
  const end = start + bytes[offset + 1];
  if (bytes[offset] !== 2 || end === start || end > bytes.length || bytes[start] > 127) return 0;
  if (bytes[start] === 0 && end > start + 1) {
    start++;
    if (bytes[start] < 128) return 0;
  }
  if (end - start > size) return 0;
  readLimbs(limbs, bytes, start, end - start, false);
  return end;
}

export const ecdsaP256 = ecdsa('secp256r1', p256);
export const ecdsaP384 = ecdsa('secp384r1', p384);
