/**
 * ECDSA verification (FIPS 186-5 §6.4.2) on the limbs of modulus.ts. Everything here is public, so time may
 * depend on it. Memory while it runs: 5 KB for P-256, 7 KB for P-384.
 */
import { done } from './computation.js';
import { ecdsaVerifier } from './ecdsa-encoding.js';
import { sumOfMultiples } from './group.js';
import { writeLimbs } from './modulus.js';
import { p256 } from './p256.js';
import { p384 } from './p384.js';
import { decodePoint, type WeierstrassCurve } from './weierstrass.js';

function verify(curve: WeierstrassCurve, point: Uint8Array, hashed: Uint8Array, pair: Uint8Array): boolean {
  const size = curve.size;
  const order = curve.order;
  const r = order.read(pair, 0, size, false);
  const s = order.read(pair, size, size, false);
  if (!order.exceeds(r) || !order.exceeds(s) || order.isZero(r) || order.isZero(s)) return false;
  const publicPoint = decodePoint(curve, point);
  if (!publicPoint) return false;
  const e = order.read(hashed, 0, hashed.length, false);

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

export const ecdsaP256 = ecdsaVerifier('secp256r1', 32, (point, hashed, pair) =>
  done(verify(p256(), point, hashed, pair)),
);
export const ecdsaP384 = ecdsaVerifier('secp384r1', 48, (point, hashed, pair) =>
  done(verify(p384(), point, hashed, pair)),
);
