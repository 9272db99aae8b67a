/**
 * Arithmetic modulo one odd number, for all of x25519, ECDSA, ECDH, Ed25519 and RSA: Montgomery's method on limbs of 22
 * bits. Memory: 4 bytes a limb for an element, about 36 bytes a limb for the modulus itself (P-256: 12 limbs, RSA-4096: 187).
 *
 * Why 22 bits: a column of 2 * 187 products below 2^44 is below 2^53, so a multiplication carries once, at its end. And why
 * an element is an Int32Array of *signed* limbs: sums and differences need no carry and no reduction. The rules that keep
 * this exact, with p the modulus of n limbs, and R = 2^(22 n) at least 64 p:
 *
 *   - `mul` gives limbs in 0..2^22-1 (the last one may be negative) and a value above -p/2 and below 3p/2;
 *   - its factors may have limbs of up to a * 2^22 and b * 2^22 in size as long as a * b * n < 500 for curves (sparse p);
 *     for a dense p of RSA size only `mul`'s own results and what `readLimbs` made are allowed;
 *   - their values may be up to a * p and b * p in size as long as 2 * a * b < R / p;
 *   - `leave` and `isZero` take values below 4 p.
 *
 * No branch and no index depends on the value of an element, except where a method says so. That an engine multiplies,
 * and boxes, all numbers in the same time is more than an interpreter can promise.
 */
import { storeWord, wordsOf } from './words.js';

const RADIX = 4194304;
const MASK = 4194303;

/** The number of limbs for a modulus of `bits` bits: six bits more than it, at least. */
export function limbCount(bits: number): number {
  return Math.floor((bits + 27) / 22);
}

/** Sets `limbs` to the number in `length` bytes of `bytes` at `offset`, big-endian unless `littleEndian`. It must fit. */
export function readLimbs(
  limbs: Int32Array,
  bytes: Uint8Array,
  offset: number,
  length: number,
  littleEndian: boolean,
): void {
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < length; i++) {
    bits |= bytes[littleEndian ? offset + i : offset + length - 1 - i] << held;
    held += 8;
    if (held >= 22) {
      limbs[at++] = bits & MASK;
      bits >>= 22;
      held -= 22;
    }
  }
  while (at < limbs.length) {
    limbs[at++] = bits;
    bits = 0;
  }
}

/** Writes the lowest `length` bytes of `limbs` (each in 0..2^22-1) to `bytes`, big-endian unless `littleEndian`. */
export function writeLimbs(limbs: Int32Array, bytes: Uint8Array, length: number, littleEndian: boolean): void {
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < length; i++) {
    if (held < 8) {
      if (at < limbs.length) bits |= limbs[at++] << held;
      held += 22;
    }
    bytes[littleEndian ? i : length - 1 - i] = bits;
    bits >>= 8;
    held -= 8;
  }
}

/** The limbs of the number that `text` spells for `wordsOf`, as many as a modulus of its length has. */
export function limbsOf(text: string): Int32Array {
  const words = wordsOf(text);
  const length = 4 * words.length;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 4) storeWord(bytes, i, words[i >> 2]);
  const limbs = new Int32Array(limbCount(8 * length));
  readLimbs(limbs, bytes, 0, length, false);
  return limbs;
}

/** The names of a formula's elements, in the order of its list. */
const NAMES = 'xyzuvwXYZkabcde';

export class Modulus {
  /** Limbs of an element. */
  readonly length: number;
  /** The modulus, as given. */
  readonly limbs: Int32Array;
  /** 1 in Montgomery form: R modulo p. */
  readonly one: Int32Array;
  /** The number 1 itself. */
  private readonly unit: Int32Array;
  /** R * R modulo p. */
  private readonly square: Int32Array;
  /** The limbs that are not zero: with a sparse p the reduction is a few additions. */
  private readonly terms: number[] = [];
  /** -1 / p modulo 2^22. */
  private readonly inverse: number;
  private readonly columns: Float64Array;

  /** `limbs`: `limbCount` of them, little-endian, signed (2^96 - 1 may be -1 and 2^8 in limb 4), of size 2^22 at most. */
  constructor(limbs: Int32Array) {
    const n = limbs.length;
    this.length = n;
    this.limbs = limbs;
    this.columns = new Float64Array(2 * n);
    this.unit = new Int32Array(n);
    this.unit[0] = 1;
    for (let i = 0; i < n; i++) if (limbs[i] !== 0) this.terms.push(i);
    let inverse = 1;
    for (let i = 0; i < 5; i++) inverse = (inverse * (2 - ((inverse * limbs[0]) & MASK))) & MASK;
    this.inverse = -inverse & MASK;

    // R less as many moduli as its leading limbs say it holds: below p but for the rounding, and that will do.
    const top = limbs[n - 1] + (limbs[n - 2] + limbs[n - 3] / RADIX) / RADIX;
    const quotient = Math.floor(RADIX / top);
    const one = new Int32Array(n);
    this.one = one;
    this.scale(one, limbs, -quotient);
    one[n - 1] += RADIX;
    const two = new Int32Array(n);
    this.scale(two, one, 2);
    this.square = new Int32Array(n);
    const exponent = new Int32Array(n);
    exponent[0] = 22 * n;
    this.power(this.square, two, exponent);
  }

  /** A new element, zero. */
  element(): Int32Array {
    return new Int32Array(this.length);
  }

  /** `count` new elements, zero. */
  elements(count: number): Int32Array[] {
    const list: Int32Array[] = [];
    while (list.length < count) list.push(this.element());
    return list;
  }

  /** A new element out of `length` bytes: see `readLimbs`. */
  read(bytes: Uint8Array, offset: number, length: number, littleEndian: boolean): Int32Array {
    const element = this.element();
    readLimbs(element, bytes, offset, length, littleEndian);
    return element;
  }

  /** A new element in Montgomery form: see `limbsOf`. */
  constant(text: string): Int32Array {
    const element = limbsOf(text);
    this.enter(element, element);
    return element;
  }

  /**
   * Computes on the elements of `list`, whose names are, in this order, xyz, uvw, XYZ, k, abcde: `aX+y ` is a = X + y, as `add`
   * does it; so with `-` and `*`, and `aX*3 ` is `scale`. Five characters a statement, the last of them a space.
   */
  run(formula: string, list: Int32Array[]): void {
    const named = (at: number): Int32Array => list[NAMES.indexOf(formula.charAt(at))];
    for (let i = 0; i < formula.length; i += 5) {
      const r = named(i);
      const a = named(i + 1);
      const operator = formula.charAt(i + 2);
      if (formula.charAt(i + 3) === '3') this.scale(r, a, 3);
      else if (operator === '*') this.mul(r, a, named(i + 3));
      else if (operator === '+') this.add(r, a, named(i + 3));
      else this.sub(r, a, named(i + 3));
    }
  }

  /** r = a in Montgomery form; `a` as `readLimbs` made it, below R (then r is below 5p/2) or below 2^5 p (below 3p/2). */
  enter(r: Int32Array, a: Int32Array): void {
    this.mul(r, a, this.square);
  }

  /** r = a out of Montgomery form, the one number in 0..p-1; its limbs are what `writeLimbs` wants. */
  leave(r: Int32Array, a: Int32Array): void {
    // From a negative number the reduction ends below p, so nothing is left to subtract.
    const p = this.limbs;
    for (let i = 0; i < p.length; i++) r[i] = a[i] - 4 * p[i];
    this.mul(r, r, this.unit);
  }

  /** The number in `bytes` (33 to 66, little-endian) modulo p, in 0..p-1, for a modulus of 12 limbs. */
  reduce(bytes: Uint8Array): Int32Array {
    // In two parts, cut at R = 2^264: entering the upper one a second time multiplies it by R.
    const r = this.read(bytes, 0, 33, true);
    const upper = this.read(bytes, 33, bytes.length - 33, true);
    this.enter(r, r);
    this.enter(upper, upper);
    this.enter(upper, upper);
    this.add(r, r, upper);
    this.leave(r, r);
    this.wipe([upper]);
    return r;
  }

  /** r = a + b, limb by limb. */
  add(r: Int32Array, a: Int32Array, b: Int32Array): void {
    for (let i = 0; i < r.length; i++) r[i] = a[i] + b[i];
  }

  /** r = a - b, limb by limb. */
  sub(r: Int32Array, a: Int32Array, b: Int32Array): void {
    for (let i = 0; i < r.length; i++) r[i] = a[i] - b[i];
  }

  /** r = factor * a, not reduced, with limbs in 0..2^22-1 but for the last. `factor` below 2^28 in size. */
  scale(r: Int32Array, a: Int32Array, factor: number): void {
    const last = r.length - 1;
    let carry = 0;
    for (let i = 0; i < last; i++) {
      const t = factor * a[i] + carry;
      const limb = t & MASK;
      r[i] = limb;
      carry = (t - limb) / RADIX;
    }
    r[last] = factor * a[last] + carry;
  }

  /** r = a * b / R. `r` may be `a` or `b`. */
  mul(r: Int32Array, a: Int32Array, b: Int32Array): void {
    const n = this.length;
    const last = n - 1;
    const t = this.columns;
    const p = this.limbs;
    const terms = this.terms;
    const count = terms.length;
    const inverse = this.inverse;
    let sum = 0;
    // A square has every product twice, but for the one in the middle of an even column.
    const square = a === b;
    for (let i = 0; i < 2 * n; i++) {
      const end = square ? (i + 1) >> 1 : i < n ? i + 1 : n;
      sum = 0;
      for (let j = i < n ? 0 : i - last; j < end; j++) sum += a[j] * b[i - j];
      if (square) {
        sum *= 2;
        if (i % 2 === 0) sum += a[end] * a[end];
      }
      t[i] = sum;
    }
    // What is added makes the lowest column a multiple of 2^22, so it moves up without a remainder.
    for (let i = 0; i < n; i++) {
      const m = ((t[i] & MASK) * inverse) & MASK;
      for (let j = 0; j < count; j++) {
        const k = terms[j];
        t[i + k] += m * p[k];
      }
      t[i + 1] += t[i] / RADIX;
    }
    for (let i = 0; i < last; i++) {
      sum = t[n + i];
      const limb = sum & MASK;
      r[i] = limb;
      t[n + i + 1] += (sum - limb) / RADIX;
    }
    r[last] = t[n + last];
  }

  /** r = a to the power of `exponent` (limbs in 0..2^22-1, not zero), which is public; `r` is another array than `a`. */
  power(r: Int32Array, a: Int32Array, exponent: Int32Array): void {
    let started = false;
    for (let i = exponent.length - 1; i >= 0; i--) {
      for (let bit = 21; bit >= 0; bit--) {
        if (started) this.mul(r, r, r);
        if (((exponent[i] >> bit) & 1) === 0) continue;
        if (started) this.mul(r, r, a);
        else r.set(a);
        started = true;
      }
    }
  }

  /** r = 1 / a for a prime modulus (Fermat), or 0 for 0; `r` is another array than `a`. */
  invert(r: Int32Array, a: Int32Array): void {
    const exponent = this.element();
    exponent.set(this.limbs);
    exponent[0] -= 2;
    this.scale(exponent, exponent, 1);
    this.power(r, a, exponent);
  }

  /** True if a is p's multiple; the answer is public. */
  isZero(a: Int32Array): boolean {
    const number = this.element();
    this.leave(number, a);
    let bits = 0;
    for (let i = 0; i < number.length; i++) bits |= number[i];
    return bits === 0;
  }

  /** True if a, as `readLimbs` made it, is below p; the answer is public. */
  exceeds(a: Int32Array): boolean {
    const difference = this.element();
    this.sub(difference, a, this.limbs);
    this.scale(difference, difference, 1);
    return difference[this.length - 1] < 0;
  }

  /** Overwrites `elements`, and what the last multiplication left behind. */
  wipe(elements: Int32Array[]): void {
    this.columns.fill(0);
    for (let i = 0; i < elements.length; i++) elements[i].fill(0);
  }
}
