/**
 * RSA's public operation (RFC 8017 §5.2.2), s^e modulo n, in pieces of four rows of a product: Montgomery's method on limbs
 * of 22 bits, four by four of them in locals, which is less than half of what one by one costs on Espruino. R is 2^22 to as
 * many limbs as there are; a column of 2 * 188 products below 2^44 is below 2^53, so carries wait for the end of a product.
 *
 * Everything here is public. Memory: RSA-2048 3.5 KB, RSA-4096 7 KB.
 */
import { readLimbs, writeLimbs } from './modulus.js';

const RADIX = 4194304;
const MASK = 4194303;

export class RsaPower {
  /** Limbs, a multiple of four. */
  private readonly length: number;
  private readonly modulus: Int32Array;
  /** -1 / n modulo 2^22. */
  private readonly inverse: number;
  private readonly exponent: number;
  /** s, then s * R, then the answer's first factor. */
  private readonly base: Int32Array;
  private readonly power: Int32Array;
  private readonly unit: Int32Array;
  private readonly columns: Float64Array;
  /** Limbs by which `base` is to be moved up yet, to be s * R. */
  private shifts: number;
  /** The bit of the exponent it is at, -1 when only R is to be taken out, -2 in the end. */
  private bit = 31;
  /** True while what is multiplied is the square, and not the factor after it. */
  private squaring = false;
  /** The row the product is at. */
  private row = 0;

  /** `modulus` of 256 to 512 bytes, odd, its first byte not 0, `signature` as long. `exponent` is 3 or more. */
  constructor(modulus: Uint8Array, signature: Uint8Array, exponent: number) {
    const size = modulus.length;
    // At least six bits more than the modulus has.
    const length = 4 * Math.floor((8 * size + 6 + 87) / 88);
    const n = new Int32Array(length);
    const base = new Int32Array(length);
    readLimbs(n, modulus, 0, size, false);
    readLimbs(base, signature, 0, size, false);
    let inverse = 1;
    for (let i = 0; i < 5; i++) inverse = (inverse * (2 - ((inverse * n[0]) & MASK))) & MASK;
    this.length = length;
    this.modulus = n;
    this.inverse = -inverse & MASK;
    this.exponent = exponent;
    this.base = base;
    this.power = new Int32Array(length);
    this.unit = new Int32Array(length);
    this.unit[0] = 1;
    this.columns = new Float64Array(2 * length);
    this.shifts = length;
    while (!this.isSet(this.bit)) this.bit--;
  }

  /** See `Piece`. */
  piece(): number {
    const length = this.length;
    if (this.shifts > 0) {
      this.shift();
      if (--this.shifts === 0) this.begin();
      return 1 + Math.floor(length / 40);
    }
    if (this.bit < -1) return 0;
    const power = this.power;
    this.rows(power, this.bit < 0 ? this.unit : this.squaring ? power : this.base);
    this.row += 4;
    if (this.row === length) {
      this.carry();
      // A factor follows where the exponent has a 1.
      if (this.squaring && this.isSet(this.bit)) this.squaring = false;
      else {
        this.bit--;
        this.squaring = this.bit >= 0;
      }
      this.row = 0;
      this.columns.fill(0);
    }
    return 1 + Math.floor(length / 20);
  }

  /** Fills `into`, as long as the modulus, with the answer, big-endian. */
  write(into: Uint8Array): void {
    writeLimbs(this.power, into, into.length, false);
  }

  private isSet(bit: number): boolean {
    return ((this.exponent >>> bit) & 1) === 1;
  }

  /** The exponent's first bit is done with `power` being the base. */
  private begin(): void {
    const n = this.modulus;
    const base = this.base;
    // What is a little below 0 is above it now.
    let carry = 0;
    for (let i = 0; i < base.length; i++) {
      carry += base[i] + n[i];
      base[i] = carry & MASK;
      carry >>= 22;
    }
    this.power.set(base);
    this.bit--;
    this.squaring = true;
  }

  /** base = base * 2^22 modulo n, about: it may be a very little below 0 or above n. The sign is in the last limb. */
  private shift(): void {
    const a = this.base;
    const n = this.modulus;
    const last = this.length - 1;
    let top = last;
    while (n[top] === 0) top--;
    let value = 0;
    for (let i = last; i >= top - 2; i--) value = value * RADIX + a[i];
    const quotient = Math.floor((value / ((n[top] * RADIX + n[top - 1]) * RADIX + n[top - 2])) * RADIX);
    const moved = a[last] * RADIX;
    let carry = 0;
    let below = 0;
    for (let i = 0; i <= last; i++) {
      carry += below - quotient * n[i];
      if (i === last) carry += moved;
      below = a[i];
      const limb = i < last ? carry & MASK : carry;
      a[i] = limb;
      carry = (carry - limb) / RADIX;
    }
  }

  /** columns += a's four limbs from `row` on, times b, and the multiple of n that makes the lowest four columns zero. */
  private rows(a: Int32Array, b: Int32Array): void {
    const t = this.columns;
    const n = this.modulus;
    const inverse = this.inverse;
    const length = this.length;
    let at = this.row;
    const a0 = a[at];
    const a1 = a[at + 1];
    const a2 = a[at + 2];
    const a3 = a[at + 3];
    let b0 = b[0];
    let b1 = b[1];
    let b2 = b[2];
    let b3 = b[3];
    let n0 = n[0];
    let n1 = n[1];
    let n2 = n[2];
    let n3 = n[3];
    let sum = t[at] + a0 * b0;
    const m0 = ((sum & MASK) * inverse) & MASK;
    sum = (sum + m0 * n0) / RADIX + t[at + 1] + a0 * b1 + a1 * b0 + m0 * n1;
    const m1 = ((sum & MASK) * inverse) & MASK;
    sum = (sum + m1 * n0) / RADIX + t[at + 2] + a0 * b2 + a1 * b1 + a2 * b0 + m0 * n2 + m1 * n1;
    const m2 = ((sum & MASK) * inverse) & MASK;
    sum = (sum + m2 * n0) / RADIX + t[at + 3] + a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + m0 * n3 + m1 * n2 + m2 * n1;
    const m3 = ((sum & MASK) * inverse) & MASK;
    at += 4;
    t[at] += (sum + m3 * n0) / RADIX + a1 * b3 + a2 * b2 + a3 * b1 + m1 * n3 + m2 * n2 + m3 * n1;
    t[at + 1] += a2 * b3 + a3 * b2 + m2 * n3 + m3 * n2;
    t[at + 2] += a3 * b3 + m3 * n3;
    for (let j = 4; j < length; j += 4) {
      b0 = b[j];
      b1 = b[j + 1];
      b2 = b[j + 2];
      b3 = b[j + 3];
      n0 = n[j];
      n1 = n[j + 1];
      n2 = n[j + 2];
      n3 = n[j + 3];
      t[at] += a0 * b0 + m0 * n0;
      t[at + 1] += a0 * b1 + a1 * b0 + m0 * n1 + m1 * n0;
      t[at + 2] += a0 * b2 + a1 * b1 + a2 * b0 + m0 * n2 + m1 * n1 + m2 * n0;
      t[at + 3] += a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + m0 * n3 + m1 * n2 + m2 * n1 + m3 * n0;
      at += 4;
      t[at] += a1 * b3 + a2 * b2 + a3 * b1 + m1 * n3 + m2 * n2 + m3 * n1;
      t[at + 1] += a2 * b3 + a3 * b2 + m2 * n3 + m3 * n2;
      t[at + 2] += a3 * b3 + m3 * n3;
    }
  }

  /** power = the upper half of the columns. */
  private carry(): void {
    const t = this.columns;
    const r = this.power;
    let sum = 0;
    for (let i = 0; i < r.length; i++) {
      sum += t[r.length + i];
      const limb = sum & MASK;
      r[i] = limb;
      sum = (sum - limb) / RADIX;
    }
  }
}
