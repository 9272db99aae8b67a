/**
 * Multiples of points, for any group of points with formulas that are complete, that is, have no exceptions: short
 * Weierstrass and Edwards curves. Both walk a table of 16 points, 48 elements (2.3 KB for a curve of 256 bits).
 */
import type { Modulus } from './modulus.js';

/** A point in projective coordinates, in Montgomery form. */
export interface Point {
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly z: Int32Array;
}

export interface Group {
  readonly field: Modulus;
  /** A new point, the neutral one. */
  neutral(): Point;
  /** r = p + q for all p and q. `r` is another point than both. */
  add(r: Point, p: Point, q: Point): void;
  /** r = 2 p. `r` is another point than `p`. */
  double(r: Point, p: Point): void;
}

/** scalar * p, where `scalar` (big-endian) is secret: no branch and no index depends on it. */
export function secretMultiple(group: Group, scalar: Uint8Array, p: Point): Point {
  const table = sums(group, p, p, 16);
  const chosen = group.neutral();
  let sum = group.neutral();
  let spare = group.neutral();
  for (let i = 0; i < 2 * scalar.length; i++) {
    for (let j = 0; j < 2; j++) {
      group.double(spare, sum);
      group.double(sum, spare);
    }
    choose(chosen, table, (scalar[i >> 1] >> (4 - 4 * (i & 1))) & 15);
    group.add(spare, sum, chosen);
    const swap = sum;
    sum = spare;
    spare = swap;
  }
  wipePoint(chosen);
  wipePoint(spare);
  return sum;
}

/** a * p + b * q for public scalars of the same length, big-endian. */
export function sumOfMultiples(group: Group, a: Uint8Array, p: Point, b: Uint8Array, q: Point): Point {
  const table = sums(group, p, q, 4);
  let sum = group.neutral();
  let spare = group.neutral();
  for (let i = 0; i < 4 * a.length; i++) {
    group.double(spare, sum);
    group.double(sum, spare);
    const shift = 6 - 2 * (i & 3);
    const index = (((a[i >> 2] >> shift) & 3) << 2) | ((b[i >> 2] >> shift) & 3);
    if (index === 0) continue;
    group.add(spare, sum, table[index]);
    const swap = sum;
    sum = spare;
    spare = swap;
  }
  return sum;
}

/** Overwrites a point. */
export function wipePoint(p: Point): void {
  p.x.fill(0);
  p.y.fill(0);
  p.z.fill(0);
}

/** 16 points: number `row * i + j` is i * p + j * q. */
function sums(group: Group, p: Point, q: Point, row: number): Point[] {
  const table = [group.neutral()];
  for (let i = 1; i < 16; i++) {
    const sum = group.neutral();
    if (i < row) group.add(sum, table[i - 1], q);
    else group.add(sum, table[i - row], p);
    table.push(sum);
  }
  return table;
}

/** r = table[index], having read the whole table. */
function choose(r: Point, table: Point[], index: number): void {
  wipePoint(r);
  for (let i = 0; i < table.length; i++) {
    const mask = ((i ^ index) - 1) >> 31;
    const p = table[i];
    merge(r.x, p.x, mask);
    merge(r.y, p.y, mask);
    merge(r.z, p.z, mask);
  }
}

function merge(r: Int32Array, a: Int32Array, mask: number): void {
  for (let i = 0; i < r.length; i++) r[i] |= a[i] & mask;
}
