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
import type { Field } from './field.js';
import { bytesOf } from './words.js';

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
  const bytes = bytesOf(text);
  const limbs = new Int32Array(limbCount(8 * bytes.length));
  readLimbs(limbs, bytes, 0, bytes.length, false);
  return limbs;
}

export class Modulus implements Field {
  readonly cost: number;
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
    this.cost = Math.floor((n * n) / 100);
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
    // 2^(22 n) in Montgomery form, from 2 on: a square for each further bit of 22 n, and twice that where the bit is 1.
    const square = new Int32Array(n);
    this.square = square;
    this.scale(square, one, 2);
    let bit = 1;
    while (2 * bit <= 22 * n) bit *= 2;
    while (bit > 1) {
      bit /= 2;
      this.mul(square, square, square);
      if ((22 * n) & bit) this.scale(square, square, 2);
    }
  }

  /** A new element, zero. */
  element(): Int32Array {
    return new Int32Array(this.length);
  }

  /** A new element out of `length` bytes: see `readLimbs`. */
  read(bytes: Uint8Array, offset: number, length: number, littleEndian: boolean): Int32Array {
    const element = this.element();
    readLimbs(element, bytes, offset, length, littleEndian);
    return element;
  }

  write(a: Int32Array, bytes: Uint8Array, littleEndian: boolean): void {
    writeLimbs(a, bytes, bytes.length, littleEndian);
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
    upper.fill(0);
    this.wipe();
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

  /** r = factor * a, as `combine` does it. `factor` below 2^28 in size. */
  scale(r: Int32Array, a: Int32Array, factor: number): void {
    this.combine(r, factor, a, 0, a);
  }

  /** r = i * a + j * b, not reduced, with limbs in 0..2^22-1 but for the last. */
  combine(r: Int32Array, i: number, a: Int32Array, j: number, b: Int32Array): void {
    const last = r.length - 1;
    let carry = 0;
    for (let k = 0; k < last; k++) {
      const t = i * a[k] + j * b[k] + carry;
      const limb = t & MASK;
      r[k] = limb;
      carry = (t - limb) / RADIX;
    }
    r[last] = i * a[last] + j * b[last] + carry;
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

  /** Overwrites what the last multiplication left behind. */
  wipe(): void {
    this.columns.fill(0);
  }
}
