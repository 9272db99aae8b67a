/**
 * The sum of two multiples of points whose scalars are secret: no branch and no index depends on them. The complete addition of Renes, Costello and Batina (2016,
 * algorithm 4) in homogeneous coordinates: the same operations for all points, doubling included, no exceptions.
 */
import { big, ONE, ZERO } from './integers.js';
import type { Curve, Point } from './weierstrass.js';

/** Bits of scalars a turn. */
const DOUBLINGS = 4;

export function addPoints(curve: Curve, p: Point, q: Point): Point {
  const reduce = curve.field.reduce;
  const b = curve.b;
  const three = big(3);
  const x = p[0];
  const y = p[1];
  const z = p[2];
  const u = q[0];
  const v = q[1];
  const w = q[2];
  const xx = reduce(x * u);
  const yy = reduce(y * v);
  const zz = reduce(z * w);
  const xy = reduce(x * v + u * y);
  const yz = reduce(y * w + v * z);
  const xz = reduce(x * w + u * z);
  const zz3 = three * zz;
  const k = three * reduce(b * zz - xz);
  const l = three * reduce(b * xz - zz3 - xx);
  const m = three * xx - zz3;
  const s = yy - k;
  const t = yy + k;
  return [reduce(xy * s - yz * l), reduce(t * s + m * l), reduce(yz * t + xy * m)];
}

/**
 * A stage that takes four bits of a scalar a turn, as two digits of two: the sum is doubled four times, then i * p + j * q is added, where 4 i + j is what `digit` answers for
 * this turn.
 */
export function secretSumStage(
  curve: Curve,
  p: Point,
  q: Point,
  digit: (turn: number) => number,
  done: (sum: Point) => void,
): () => boolean {
  let sum = [ZERO, ONE, ZERO];
  const table = [sum];
  for (let i = 1; i < 16; i++)
    table.push(i < 4 ? addPoints(curve, table[i - 1], q) : addPoints(curve, table[i - 4], p));
  let turn = 0;
  return () => {
    for (let i = 0; i < DOUBLINGS; i++) sum = addPoints(curve, sum, sum);
    sum = addPoints(curve, sum, choose(table, digit(turn)));
    if (++turn * DOUBLINGS < 8 * curve.size) return false;
    done(sum);
    return true;
  };
}

/** table[index], having read the whole table. */
function choose(table: Point[], index: number): Point {
  const chosen = [ZERO, ZERO, ZERO];
  for (let i = 0; i < 16; i++) {
    const mask = big(((i ^ index) - 1) >> 31);
    for (let j = 0; j < 3; j++) chosen[j] |= table[i][j] & mask;
  }
  return chosen;
}
