/** ECDSA verification (FIPS 186-5 §6.4.2) on P-256 and P-384. Everything here is public, so time may depend on it. */
import { type Computation, done } from '../computation.js';
import { ecdsaVerifier } from '../ecdsa-encoding.js';
import type { Piece } from '../pieces.js';
import { ONE, readInteger, writeInteger, ZERO } from './integers.js';
import { powerStage } from './modulus.js';
import { publicSumStage } from './public-sum.js';
import { turns } from './turns.js';
import { type Curve, p256, p384 } from './weierstrass.js';

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
  const field = curve.field;
  const isZero = (value: bigint): boolean => field.residue(field.reduce(value)) === ZERO;
  let valid = false;
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
      publicSumStage(curve, curve.generator, key, e, f, (x, _, z) => {
        const zz = field.reduce(z * z);
        // x was reduced modulo the order, which is a little below the prime: it was r, or r + order.
        valid = z !== ZERO && (isZero(r * zz - x) || (r + n < field.modulus && isZero((r + n) * zz - x)));
      }),
    ],
    () => valid,
  );
}

export const ecdsaP256 = ecdsaVerifier('secp256r1', 32, (point, pair, hashing, hashed) =>
  check(p256(), point, pair, hashing, hashed),
);
export const ecdsaP384 = ecdsaVerifier('secp384r1', 48, (point, pair, hashing, hashed) =>
  check(p384(), point, pair, hashing, hashed),
);
