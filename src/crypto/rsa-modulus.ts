/**
 * Montgomery's method for RSA's numbers, in pieces of four rows of a product: limbs of 22 bits, four by four of them in locals, which
 * is less than half of what one by one costs on Espruino. R is 2^22 to as many limbs as there are; a column of 2 * 188 products
 * below 2^44 is below 2^53, so carries wait for the end of a product. The rule, with n the modulus and R at least 64 n: factors of
 * `multiply` have limbs in 0..2^22-1 and are a * n and b * n in size with a * b < 32; then its answer is below 3 n / 2.
 *
 * No branch and no index depends on the value of a number, but for how many limbs the modulus has.
 * Memory: 20 bytes a limb; RSA-2048 has 96 limbs, one of its primes 48.
 */
const RADIX = 4194304;
const MASK = 4194303;

export class RsaModulus {
  readonly limbs: Int32Array;
  /** -1 / n modulo 2^22. */
  private readonly inverse: number;
  private readonly columns: Float64Array;
  /** The row the product is at. */
  private row = 0;

  /** `limbs`: of an odd number that has six bits less than they hold, or fewer; a multiple of four limbs; kept. */
  constructor(limbs: Int32Array) {
    let inverse = 1;
    for (let i = 0; i < 5; i++) inverse = (inverse * (2 - ((inverse * limbs[0]) & MASK))) & MASK;
    this.limbs = limbs;
    this.inverse = -inverse & MASK;
    this.columns = new Float64Array(2 * limbs.length);
  }

  /** Four more rows of r = a * b / R; true with the last ones. `r` may be `a` or `b`. */
  multiply(r: Int32Array, a: Int32Array, b: Int32Array): boolean {
    this.rows(a, b);
    this.row += 4;
    if (this.row < this.limbs.length) return false;
    this.carry(r);
    this.row = 0;
    this.columns.fill(0);
    return true;
  }

  /** a = a * 2^22 + `digit` (a limb) modulo n, about: it may be a very little below 0 or above n. The sign is in the last limb. */
  shift(a: Int32Array, digit: number): void {
    const n = this.limbs;
    const last = n.length - 1;
    let top = last;
    while (n[top] === 0) top--;
    let value = 0;
    for (let i = last; i >= top - 2; i--) value = value * RADIX + a[i];
    const quotient = Math.floor((value / ((n[top] * RADIX + n[top - 1]) * RADIX + n[top - 2])) * RADIX);
    const moved = a[last] * RADIX;
    let carry = 0;
    let below = digit;
    for (let i = 0; i <= last; i++) {
      carry += below - quotient * n[i];
      if (i === last) carry += moved;
      below = a[i];
      const limb = i < last ? carry & MASK : carry;
      a[i] = limb;
      carry = (carry - limb) / RADIX;
    }
  }

  /** a = a + n, carried: what is a little below 0 is above it then. */
  raise(a: Int32Array): void {
    const n = this.limbs;
    let carry = 0;
    for (let i = 0; i < a.length; i++) {
      carry += a[i] + n[i];
      a[i] = carry & MASK;
      carry >>= 22;
    }
  }

  /** columns += a's four limbs from `row` on, times b, and the multiple of n that makes the lowest four columns zero. */
  private rows(a: Int32Array, b: Int32Array): void {
    const t = this.columns;
    const n = this.limbs;
    const inverse = this.inverse;
    const length = n.length;
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

  /** r = the upper half of the columns. */
  private carry(r: Int32Array): void {
    const t = this.columns;
    let sum = 0;
    for (let i = 0; i < r.length; i++) {
      sum += t[r.length + i];
      const limb = sum & MASK;
      r[i] = limb;
      sum = (sum - limb) / RADIX;
    }
  }
}
