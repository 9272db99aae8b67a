/**
 * Numbers modulo 2^255 - 19 or the prime of P-256, with multiplication written out for that prime: elements are 11 signed
 * limbs of 24 bits in Montgomery form, R = 2^264. Memory: 44 bytes an element, five of them for a field.
 *
 * The rules that keep every sum below 2^53:
 *
 *   - `mul` and `combine` give limbs within -2^23..2^23-1, the last one follows from the value; `mul`'s value is between
 *     -p and 2 p as long as those of its factors are below a * p and b * p in size with a * b <= 256;
 *   - what `read` made counts as two such limbs, sums and differences as the sum of their parts; the factors of `mul` may be
 *     a and b of them as long as a * b <= 11.
 *
 * No branch and no index depends on the value of an element, except where a method says so. That an engine multiplies,
 * and boxes, all numbers in the same time is more than an interpreter can promise.
 */
import type { Field } from './field.js';

const RADIX = 16777216;
const MASK = 16777215;
const HALF = 8388608;

export class PrimeField implements Field {
  readonly cost = 1;
  readonly one: Int32Array;
  private readonly prime: Int32Array;
  private readonly multiply: (r: Int32Array, a: Int32Array, b: Int32Array) => void;
  private readonly square: (r: Int32Array, a: Int32Array) => void;
  /** The number 1 itself. */
  private readonly unit: Int32Array;
  /** R * R modulo p. */
  private readonly entry: Int32Array;

  /** `prime`: 11 limbs, signed. */
  constructor(
    prime: number[],
    multiply: (r: Int32Array, a: Int32Array, b: Int32Array) => void,
    square: (r: Int32Array, a: Int32Array) => void,
  ) {
    this.prime = new Int32Array(prime);
    this.multiply = multiply;
    this.square = square;
    this.unit = this.element();
    this.unit[0] = 1;
    // R less as many p as its last limb fits in.
    const one = this.element();
    for (let i = 0; i < 10; i++) one[i] = (-RADIX / prime[10]) * prime[i];
    this.one = one;
    // 2^264 in Montgomery form, 264 being 2 * 2 * 2 * (2 * 2 * 2 * 2 * 2 + 1).
    const entry = this.element();
    this.entry = entry;
    this.add(entry, one, one);
    for (let i = 0; i < 8; i++) {
      if (i === 5) this.add(entry, entry, entry);
      square(entry, entry);
    }
  }

  element(): Int32Array {
    return new Int32Array(11);
  }

  read(bytes: Uint8Array, offset: number, length: number, littleEndian: boolean): Int32Array {
    const a = this.element();
    // Three bytes a limb.
    for (let i = 0; i < length; i++)
      a[(i / 3) | 0] |= bytes[littleEndian ? offset + i : offset + length - 1 - i] << (8 * (i % 3));
    return a;
  }

  write(a: Int32Array, bytes: Uint8Array, littleEndian: boolean): void {
    const length = bytes.length;
    for (let i = 0; i < length; i++) bytes[littleEndian ? i : length - 1 - i] = a[(i / 3) | 0] >> (8 * (i % 3));
  }

  enter(r: Int32Array, a: Int32Array): void {
    this.multiply(r, a, this.entry);
  }

  leave(r: Int32Array, a: Int32Array): void {
    // From a negative number the reduction ends below p, so nothing is left to subtract.
    this.combine(r, 1, a, -4, this.prime);
    this.multiply(r, r, this.unit);
    let carry = 0;
    for (let i = 0; i < 11; i++) {
      carry += r[i];
      r[i] = carry & MASK;
      carry >>= 24;
    }
  }

  add(r: Int32Array, a: Int32Array, b: Int32Array): void {
    for (let i = 0; i < 11; i++) r[i] = a[i] + b[i];
  }

  sub(r: Int32Array, a: Int32Array, b: Int32Array): void {
    for (let i = 0; i < 11; i++) r[i] = a[i] - b[i];
  }

  combine(r: Int32Array, i: number, a: Int32Array, j: number, b: Int32Array): void {
    let sum = 0;
    let limb = 0;
    for (let n = 0; n < 10; n++) {
      sum += i * a[n] + j * b[n];
      limb = ((sum + HALF) & MASK) - HALF;
      r[n] = limb;
      sum = (sum - limb) / RADIX;
    }
    r[10] = sum + i * a[10] + j * b[10];
  }

  mul(r: Int32Array, a: Int32Array, b: Int32Array): void {
    if (a === b) this.square(r, a);
    else this.multiply(r, a, b);
  }

  isZero(a: Int32Array): boolean {
    const number = this.element();
    this.leave(number, a);
    let bits = 0;
    for (let i = 0; i < 11; i++) bits |= number[i];
    return bits === 0;
  }

  exceeds(a: Int32Array): boolean {
    const difference = this.element();
    this.combine(difference, 1, a, -1, this.prime);
    // The sign is that of the last limb that is not zero.
    let at = 10;
    while (at > 0 && difference[at] === 0) at--;
    return difference[at] < 0;
  }

  /** p - 2, big-endian: the exponent that inverts. */
  inverting(): Uint8Array {
    const number = new Int32Array(this.prime);
    number[0] -= 2;
    let carry = 0;
    for (let i = 0; i < 11; i++) {
      carry += number[i];
      number[i] = carry & MASK;
      carry >>= 24;
    }
    const bytes = new Uint8Array(32);
    this.write(number, bytes, false);
    return bytes;
  }
}
