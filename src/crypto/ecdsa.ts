/**
 * ECDSA verification (FIPS 186-5 §6.4.2) on the limbs of modulus.ts. Everything here is public, so time may
 * depend on it. Memory while it runs: 4 KB for P-256, 6 KB for P-384.
 */
import { type Computation, done } from './computation.js';
import { ecdsaVerifier } from './ecdsa-encoding.js';
import type { Point } from './group.js';
import { inverseOf } from './inverse.js';
import { JacobianSum } from './jacobian.js';
import { p256 } from './p256.js';
import { p384 } from './p384.js';
import { inPieces, type Piece } from './pieces.js';
import { decodePoint, type WeierstrassCurve } from './weierstrass.js';

function check(
  curve: WeierstrassCurve,
  key: Uint8Array,
  pair: Uint8Array,
  hashing: Piece,
  hashed: Uint8Array,
): Computation<boolean> {
  const size = curve.size;
  const order = curve.order;
  const field = curve.field;
  const r = order.read(pair, 0, size, false);
  const s = order.read(pair, size, size, false);
  if (!order.exceeds(r) || !order.exceeds(s) || order.isZero(r) || order.isZero(s)) return done(false);
  const publicPoint = decodePoint(curve, key);
  if (!publicPoint) return done(false);

  const inverse = order.element();
  const parts = [hashing, inverseOf(order, inverse, s)];
  let valid = false;
  // (e / s) * generator + (r / s) * public point has r as its x coordinate.
  parts.push(() => {
    const e = order.read(hashed, 0, hashed.length, false);
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

export const ecdsaP256 = ecdsaVerifier('secp256r1', 32, (point, pair, hashing, hashed) =>
  check(p256(), point, pair, hashing, hashed),
);
export const ecdsaP384 = ecdsaVerifier('secp384r1', 48, (point, pair, hashing, hashed) =>
  check(p384(), point, pair, hashing, hashed),
);
