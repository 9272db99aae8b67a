/**
 * What point arithmetic needs of numbers modulo a prime: prime-field.ts has it written out for one prime, modulus.ts in
 * loops for any. Elements are arrays of signed limbs; what sizes are allowed as factors is said there.
 */
import { bytesOf } from './words.js';

export interface Field {
  /** What a multiplication costs in units of work (see `Computation`). */
  readonly cost: number;
  /** 1 in Montgomery form. */
  readonly one: Int32Array;
  /** A new element, zero. */
  element(): Int32Array;
  /** A new element out of `length` bytes, big-endian unless `littleEndian`. It must fit. */
  read(bytes: Uint8Array, offset: number, length: number, littleEndian: boolean): Int32Array;
  /** Fills `bytes` with `a`, which `leave` made, big-endian unless `littleEndian`. */
  write(a: Int32Array, bytes: Uint8Array, littleEndian: boolean): void;
  /** r = a in Montgomery form; `a` as `read` made it. */
  enter(r: Int32Array, a: Int32Array): void;
  /** r = a out of Montgomery form, the one number in 0..p-1; a below 4 p in size. */
  leave(r: Int32Array, a: Int32Array): void;
  /** r = a + b, limb by limb. */
  add(r: Int32Array, a: Int32Array, b: Int32Array): void;
  /** r = a - b, limb by limb. */
  sub(r: Int32Array, a: Int32Array, b: Int32Array): void;
  /** r = i * a + j * b, not reduced but carried: its limbs are as small as a product's. `i` and `j` are small numbers. */
  combine(r: Int32Array, i: number, a: Int32Array, j: number, b: Int32Array): void;
  /** r = a * b; any of them may be the same. */
  mul(r: Int32Array, a: Int32Array, b: Int32Array): void;
  /** True if a is p's multiple; the answer is public. */
  isZero(a: Int32Array): boolean;
  /** True if a, as `read` made it, is below p; the answer is public. */
  exceeds(a: Int32Array): boolean;
}

/** `count` new elements, zero. */
export function elementsOf(field: Field, count: number): Int32Array[] {
  const list: Int32Array[] = [];
  while (list.length < count) list.push(field.element());
  return list;
}

/** A new element in Montgomery form: `text` is for `bytesOf`. */
export function constantOf(field: Field, text: string): Int32Array {
  const bytes = bytesOf(text);
  const element = field.read(bytes, 0, bytes.length, false);
  field.enter(element, element);
  return element;
}

/** Overwrites secrets. */
export function wipeAll(elements: Int32Array[]): void {
  for (let i = 0; i < elements.length; i++) elements[i].fill(0);
}

/** The names of a formula's elements, in the order of its list. */
const NAMES = 'xyzuvwXYZkabcde';

/**
 * Computes on the elements of `list`, whose names are, in this order, xyz, uvw, XYZ, k, abcde: `aX+y ` is a = X + y, as `add`
 * does it; so with `-` and `*`; `aX*3 ` is three times X, carried, and `aX*1 ` is X carried. Five characters a statement,
 * the last of them a space.
 */
export function run(field: Field, formula: string, list: Int32Array[]): void {
  const named = (at: number): Int32Array => list[NAMES.indexOf(formula.charAt(at))];
  for (let i = 0; i < formula.length; i += 5) {
    const r = named(i);
    const a = named(i + 1);
    const operator = formula.charAt(i + 2);
    const factor = formula.charCodeAt(i + 3) - 48;
    // Digits come before letters.
    if (factor < 10) field.combine(r, factor, a, 0, a);
    else if (operator === '*') field.mul(r, a, named(i + 3));
    else if (operator === '+') field.add(r, a, named(i + 3));
    else field.sub(r, a, named(i + 3));
  }
}
