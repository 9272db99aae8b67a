/**
 * Multiples of points, for any group of points with formulas that are complete, that is, have no exceptions: short
 * Weierstrass and Edwards curves. Both walk a table of 16 points, 48 elements (2.3 KB for a curve of 256 bits).
 */
import type { Modulus } from './modulus.js';

/** x, y and z: projective coordinates in Montgomery form. */
export type Point = Int32Array[];

export interface Group {
  readonly field: Modulus;
  readonly neutral: Point;
  /** Formulas (see `Modulus.run`) of XYZ = xyz + uvw for all points, and of XYZ = 2 xyz. They use `registers`. */
  readonly addition: string;
  readonly doubling: string;
  /** XYZ, the curve's constant k, and abcde. */
  readonly registers: Int32Array[];
}

/** A group with the constant `k`, whose neutral point is (0, 1, z). */
export function createGroup(field: Modulus, k: string, z: Int32Array, addition: string, doubling: string): Group {
  const registers = field.elements(9);
  registers[3] = field.constant(k);
  return { field, neutral: [field.element(), field.one, z], addition, doubling, registers };
}

/** scalar * p, where `scalar` (big-endian) is secret: no branch and no index depends on it. */
export function secretMultiple(group: Group, scalar: Uint8Array, p: Point): Point {
  const table = sums(group, p, p, 16);
  const chosen = newPoint(group);
  const sum = newPoint(group);
  for (let i = 0; i < 2 * scalar.length; i++) {
    for (let j = 0; j < 4; j++) compute(group, group.doubling, sum, sum, sum);
    choose(chosen, table, (scalar[i >> 1] >> (4 - 4 * (i & 1))) & 15);
    compute(group, group.addition, sum, sum, chosen);
  }
  group.field.wipe(chosen);
  return sum;
}

/** a * p + b * q for public scalars of the same length, big-endian. */
export function sumOfMultiples(group: Group, a: Uint8Array, p: Point, b: Uint8Array, q: Point): Point {
  const table = sums(group, p, q, 4);
  const sum = newPoint(group);
  for (let i = 0; i < 4 * a.length; i++) {
    for (let j = 0; j < 2; j++) compute(group, group.doubling, sum, sum, sum);
    const shift = 6 - 2 * (i & 3);
    const index = (((a[i >> 2] >> shift) & 3) << 2) | ((b[i >> 2] >> shift) & 3);
    if (index > 0) compute(group, group.addition, sum, sum, table[index]);
  }
  return sum;
}

/** x / z and y / z, out of Montgomery form, take the place of x and y. */
export function toAffine(field: Modulus, p: Point): void {
  const inverse = field.element();
  field.invert(inverse, p[2]);
  for (let i = 0; i < 2; i++) {
    field.mul(p[i], p[i], inverse);
    field.leave(p[i], p[i]);
  }
  inverse.fill(0);
}

/** The neutral point, to be overwritten. */
function newPoint(group: Group): Point {
  const point = group.field.elements(3);
  for (let i = 0; i < 3; i++) point[i].set(group.neutral[i]);
  return point;
}

/** r = the XYZ of `formula`, where p is xyz and q is uvw; all three may be the same. */
function compute(group: Group, formula: string, r: Point, p: Point, q: Point): void {
  group.field.run(formula, p.concat(q, group.registers));
  for (let i = 0; i < 3; i++) r[i].set(group.registers[i]);
}

/** 16 points: number `row * i + j` is i * p + j * q. */
function sums(group: Group, p: Point, q: Point, row: number): Point[] {
  const table = [group.neutral];
  for (let i = 1; i < 16; i++) {
    const sum = newPoint(group);
    compute(group, group.addition, sum, table[i < row ? i - 1 : i - row], i < row ? q : p);
    table.push(sum);
  }
  return table;
}

/** r = table[index], having read the whole table. */
function choose(r: Point, table: Point[], index: number): void {
  for (let c = 0; c < 3; c++) {
    const into = r[c];
    into.fill(0);
    for (let i = 0; i < 16; i++) {
      const mask = ((i ^ index) - 1) >> 31;
      const from = table[i][c];
      for (let j = 0; j < into.length; j++) into[j] |= from[j] & mask;
    }
  }
}
