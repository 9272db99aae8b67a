/**
 * Multiples of points, for any group of points with formulas that are complete, that is, have no exceptions: short
 * Weierstrass and Edwards curves. Both walk a table of 16 points, 48 elements (2.1 KB for a curve of 256 bits), and both go
 * on in pieces of one addition or doubling.
 */
import { constantOf, elementsOf, type Field, run, wipeAll } from './field.js';
import type { Piece } from './pieces.js';
import { power } from './power.js';
import type { PrimeField } from './prime-field.js';

/** x, y and z: projective coordinates in Montgomery form. */
export type Point = Int32Array[];

export interface Group {
  readonly field: Field;
  readonly neutral: Point;
  /** Formulas (see `run`) of XYZ = xyz + uvw for all points, and of XYZ = 2 xyz. They use `registers`. */
  readonly addition: string;
  readonly doubling: string;
  /** XYZ, the curve's constant k, and abcde. */
  readonly registers: Int32Array[];
}

/** A group with the constant `k`, whose neutral point is (0, 1, z). */
export function createGroup(field: Field, k: string, z: Int32Array, addition: string, doubling: string): Group {
  const registers = elementsOf(field, 9);
  registers[3] = constantOf(field, k);
  return { field, neutral: [field.element(), field.one, z], addition, doubling, registers };
}

/** About what `compute` costs, in multiplications. */
const COST = 15;

/** Makes sum = scalar * p, where `scalar` (big-endian) is secret: no branch and no index depends on it. */
export function secretMultiple(group: Group, scalar: Uint8Array, p: Point, sum: Point): Piece {
  const table = [group.neutral];
  const chosen = newPoint(group);
  let step = 0;
  return () => {
    if (table.length < 16) addSum(group, table, p, p, 16);
    else if (step === 10 * scalar.length) {
      wipeAll(chosen);
      for (let i = 1; i < 16; i++) wipeAll(table[i]);
      wipeAll(group.registers);
      return 0;
    } else if (++step % 5 !== 0) compute(group, group.doubling, sum, sum, sum);
    else {
      const digit = step / 5 - 1;
      choose(chosen, table, (scalar[digit >> 1] >> (4 - 4 * (digit & 1))) & 15);
      compute(group, group.addition, sum, sum, chosen);
    }
    return COST * group.field.cost;
  };
}

/** Makes sum = a * p + b * q for public scalars of the same length, big-endian. */
export function sumOfMultiples(group: Group, a: Uint8Array, p: Point, b: Uint8Array, q: Point, sum: Point): Piece {
  const table = [group.neutral];
  let step = 0;
  return () => {
    if (table.length < 16) addSum(group, table, p, q, 4);
    else if (step === 12 * a.length) return 0;
    else if (++step % 3 !== 0) compute(group, group.doubling, sum, sum, sum);
    else {
      const digit = step / 3 - 1;
      const shift = 6 - 2 * (digit & 3);
      const index = (((a[digit >> 2] >> shift) & 3) << 2) | ((b[digit >> 2] >> shift) & 3);
      if (index > 0) compute(group, group.addition, sum, sum, table[index]);
    }
    return COST * group.field.cost;
  };
}

/** The two pieces of work that make x / z and y / z, out of Montgomery form, take the place of x and y. */
export function toAffine(field: PrimeField, p: Point): Piece[] {
  const inverse = field.element();
  return [
    power(field, inverse, p[2], field.inverting()),
    () => {
      for (let i = 0; i < 2; i++) {
        field.mul(p[i], p[i], inverse);
        field.leave(p[i], p[i]);
      }
      inverse.fill(0);
      return 0;
    },
  ];
}

/** The neutral point, to be overwritten. */
export function newPoint(group: Group): Point {
  const point = elementsOf(group.field, 3);
  for (let i = 0; i < 3; i++) point[i].set(group.neutral[i]);
  return point;
}

/** r = the XYZ of `formula`, where p is xyz and q is uvw; all three may be the same. Its limbs are carried. */
function compute(group: Group, formula: string, r: Point, p: Point, q: Point): void {
  const registers = group.registers;
  run(group.field, formula, p.concat(q, registers));
  for (let i = 0; i < 3; i++) group.field.combine(r[i], 1, registers[i], 0, registers[i]);
}

/** Adds the next of 16 points: number `row * i + j` is i * p + j * q. */
function addSum(group: Group, table: Point[], p: Point, q: Point, row: number): void {
  const i = table.length;
  const sum = newPoint(group);
  compute(group, group.addition, sum, table[i < row ? i - 1 : i - row], i < row ? q : p);
  table.push(sum);
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
