/** ECDSA verification (FIPS 186-5 §6.4.2) on P-256 and P-384. Everything here is public, so time may depend on it. */
import { type Computation, done } from '../computation.js';
import { ecdsaVerifier } from '../ecdsa-encoding.js';
import type { Piece } from '../pieces.js';
import { ONE, readInteger, writeInteger, ZERO } from './integers.js';
import { powerStage } from './modulus.js';
import { turns } from './turns.js';
import { type Curve, type Point, p256, p384, sumStage } from './weierstrass.js';

function check(
  curve: Curve,
  point: Uint8Array,
  pair: Uint8Array,
  hashing: Piece,
  hashed: Uint8Array,
): Computation<boolean> {
  const size = curve.size;
  const order = curve.order;
  const n = order.modulus;
  const r = readInteger(pair, 0, size);
  const s = readInteger(pair, size, size);
  const key = curve.decode(point);
  if (r === ZERO || s === ZERO || r >= n || s >= n || !key) return done(false);
  const e = new Uint8Array(size);
  const f = new Uint8Array(size);
  let sum: Point;
  // (e / s) * generator + (r / s) * public point has r as its x coordinate.
  return turns(
    32,
    [
      () => hashing() === 0,
      powerStage(
        order.reduce,
        () => s,
        n - ONE - ONE,
        inverse => {
          writeInteger(order.residue(order.reduce(readInteger(hashed, 0, hashed.length) * inverse)), e, 0, size);
          writeInteger(order.residue(order.reduce(r * inverse)), f, 0, size);
        },
      ),
      sumStage(
        curve,
        curve.generator,
        key,
        2,
        turn => {
          const shift = 6 - 2 * (turn & 3);
          return (((e[turn >> 2] >> shift) & 3) << 2) | ((f[turn >> 2] >> shift) & 3);
        },
        false,
        answer => {
          sum = answer;
        },
      ),
    ],
    () => {
      const field = curve.field;
      const isZero = (value: bigint): boolean => field.residue(field.reduce(value)) === ZERO;
      // x was reduced modulo the order, which is a little below the prime: it was r, or r + order.
      return (
        !isZero(sum[2]) && (isZero(r * sum[2] - sum[0]) || (r + n < field.modulus && isZero((r + n) * sum[2] - sum[0])))
      );
    },
  );
}

export const ecdsaP256 = ecdsaVerifier('secp256r1', 32, (point, pair, hashing, hashed) =>
  check(p256(), point, pair, hashing, hashed),
);
export const ecdsaP384 = ecdsaVerifier('secp384r1', 48, (point, pair, hashing, hashed) =>
  check(p384(), point, pair, hashing, hashed),
);
