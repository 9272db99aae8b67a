/**
 * ECDSA verification (FIPS 186-5 §6.4.2) with DER signatures (RFC 3279 §2.2.3). Everything here is public, so time may
 * depend on it. Memory while it runs: 4 KB for P-256, 6 KB for P-384.
 */
import { type Computation, done } from './computation.js';
import { digestInPieces } from './digest.js';
import type { Point } from './group.js';
import { inverseOf } from './inverse.js';
import { JacobianSum } from './jacobian.js';
import { readLimbs } from './modulus.js';
import { p256 } from './p256.js';
import { p384 } from './p384.js';
import { inPieces } from './pieces.js';
import type { HashAlgorithm, PublicKey, SignatureName, SignatureVerifier } from './provider.js';
import { decodePoint, type WeierstrassCurve } from './weierstrass.js';

function ecdsa(name: 'secp256r1' | 'secp384r1', createCurve: () => WeierstrassCurve): SignatureVerifier {
  return {
    name: ('ecdsa-' + name) as SignatureName,
    verify(key: PublicKey, hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): Computation<boolean> {
      if (key.kind !== 'ec' || key.curve !== name || !key.point) return done(false);
      return verify(createCurve(), key.point, hash, message, signature);
    },
  };
}

function verify(
  curve: WeierstrassCurve,
  key: Uint8Array,
  hash: HashAlgorithm,
  message: Uint8Array,
  signature: Uint8Array,
): Computation<boolean> {
  const size = curve.size;
  const order = curve.order;
  const field = curve.field;
  const r = order.element();
  const s = order.element();
  // A sequence of two integers is below 128 bytes on both curves, so every length is one byte.
  if (signature.length < 8 || signature[0] !== 0x30 || signature[1] !== signature.length - 2) return done(false);
  const middle = readInteger(r, signature, 2, size);
  if (middle === 0 || readInteger(s, signature, middle, size) !== signature.length) return done(false);
  if (!order.exceeds(r) || !order.exceeds(s) || order.isZero(r) || order.isZero(s)) return done(false);
  const publicPoint = decodePoint(curve, key);
  if (!publicPoint) return done(false);

  const hashed = new Uint8Array(hash.digestLength);
  const inverse = order.element();
  const parts = [digestInPieces(hash, message, hashed), inverseOf(order, inverse, s)];
  let valid = false;
  // (e / s) * generator + (r / s) * public point has r as its x coordinate.
  parts.push(() => {
    const e = order.read(hashed, 0, Math.min(size, hashed.length), false);
    order.enter(inverse, inverse);
    /** a / s in 0..order-1. */
    const quotient = (a: Int32Array): Uint8Array => {
      const bytes = new Uint8Array(size);
      order.enter(s, a);
      order.mul(s, s, inverse);
      order.leave(s, s);
      order.write(s, bytes, false);
      return bytes;
    };
    const sum = new JacobianSum(field, quotient(e), curve.generator, quotient(r), publicPoint);
    parts.push(
      () => sum.piece(),
      () => {
        valid = !sum.infinite && isCoordinate(curve, r, sum.point);
        return 0;
      },
    );
    return 0;
  });
  return inPieces(parts, () => valid);
}

/** True if `r` is the x coordinate of `point`, which is x / z^2, modulo the order. */
function isCoordinate(curve: WeierstrassCurve, r: Int32Array, point: Point): boolean {
  const field = curve.field;
  const order = curve.order;
  // One more for the carry.
  const bytes = new Uint8Array(curve.size + 1);
  const square = field.element();
  const expected = field.element();
  field.mul(square, point[2], point[2]);
  // The product is small enough for `isZero`.
  field.mul(expected, point[0], field.one);
  // The order is a little below the prime, so x was r, or r + order.
  for (let i = 0; i < 2; i++) {
    order.write(r, bytes, false);
    const x = field.read(bytes, 1, curve.size, false);
    if (bytes[0] !== 0 || !field.exceeds(x)) return false;
    field.enter(x, x);
    field.mul(x, x, square);
    field.sub(x, x, expected);
    if (field.isZero(x)) return true;
    order.combine(r, 1, r, 1, order.limbs);
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
