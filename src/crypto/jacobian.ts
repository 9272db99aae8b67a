/**
 * a * P + b * Q for *public* numbers and points on y^2 = x^3 - 3x + k, what ECDSA verification needs: in Jacobian coordinates
 * (x / z^2, y / z^3), whose formulas have exceptions, which a branch finds. Signed digits of four bits, one in five of them
 * not zero (FIPS 186-5 has no algorithm for this; see Hankerson, Menezes, Vanstone: Guide to ECC §3.3.1, Möller 2001), so
 * 256 doublings of 4 products and 4 squares, and about 104 additions of 12 and 4, for P-256.
 *
 * Written for primes that are -1 modulo 2^22, as those of P-256 and P-384 are. Memory: 34 elements, 514 or 770 bytes of digits.
 */
import { elementsOf, type Field } from './field.js';
import type { Point } from './group.js';

export class JacobianSum {
  /** The sum so far, unless `infinite`. */
  readonly point: Point;
  infinite = true;
  private readonly field: Field;
  /** Four odd multiples of P and of Q: 1, 3, 5, 7. */
  private readonly tables: Point[][];
  private readonly digits: Int8Array[];
  private readonly registers: Int32Array[];
  private readonly zero: Int32Array;
  /** 2 P or 2 Q while their multiples are made. */
  private twice: Point | undefined;
  /** The digit it is at, and what is to do for it: 2 to double, 0 and 1 to add from a table. */
  private at: number;
  private todo = 2;

  /** `a` and `b`: as many bytes as a coordinate has, big-endian. P and Q with z = 1. */
  constructor(field: Field, a: Uint8Array, p: Point, b: Uint8Array, q: Point) {
    this.field = field;
    this.point = elementsOf(field, 3);
    this.registers = elementsOf(field, 5);
    this.zero = field.element();
    this.tables = [[p], [q]];
    this.digits = [digitsOf(a), digitsOf(b)];
    this.at = this.digits[0].length - 1;
  }

  /** See `Piece`. */
  piece(): number {
    for (let i = 0; i < 2; i++) {
      const table = this.tables[i];
      if (table.length < 4) return this.extend(table);
    }
    while (this.at >= 0) {
      const todo = this.todo;
      if (todo === 2) {
        this.todo = 0;
        if (this.infinite) continue;
        this.double(this.point);
        return 8 * this.field.cost;
      }
      const digit = this.digits[todo][this.at];
      if (todo === 0) this.todo = 1;
      else {
        this.todo = 2;
        this.at--;
      }
      if (digit === 0) continue;
      const q = this.tables[todo][(digit < 0 ? -digit : digit) >> 1];
      const negative = this.registers[4];
      if (digit < 0) this.field.sub(negative, this.zero, q[1]);
      this.add(this.point, digit < 0 ? [q[0], negative, q[2]] : q);
      return 16 * this.field.cost;
    }
    return 0;
  }

  /** The next odd multiple: the last one and twice the first. */
  private extend(table: Point[]): number {
    let twice = this.twice;
    if (!twice) {
      twice = this.copy(table[0]);
      this.double(twice);
      this.twice = twice;
    }
    const next = this.copy(table[table.length - 1]);
    this.infinite = false;
    this.add(next, twice);
    this.infinite = true;
    if (table.push(next) === 4) this.twice = undefined;
    return 20 * this.field.cost;
  }

  private copy(p: Point): Point {
    const copy = elementsOf(this.field, 3);
    for (let i = 0; i < 3; i++) copy[i].set(p[i]);
    return copy;
  }

  /** p = 2 p. There is no point of order 2. */
  private double(p: Point): void {
    const f = this.field;
    const x = p[0];
    const y = p[1];
    const z = p[2];
    const a = this.registers[0];
    const b = this.registers[1];
    const c = this.registers[2];
    const d = this.registers[3];
    f.mul(a, z, z);
    f.mul(b, y, y);
    f.mul(z, y, z);
    f.add(z, z, z);
    // a = 3 (x - z^2) (x + z^2), which is the slope's numerator; c = x y^2.
    f.add(c, x, a);
    f.combine(a, 3, x, -3, a);
    f.mul(a, a, c);
    f.mul(c, x, b);
    f.mul(x, a, a);
    f.mul(b, b, b);
    // x = a^2 - 8 c, y = a (4 c - x) - 8 y^4.
    f.combine(d, 12, c, -1, x);
    f.combine(x, 1, x, -8, c);
    f.mul(d, a, d);
    f.combine(y, 1, d, -8, b);
  }

  /** p = p + q; p may be infinite and may become so. */
  private add(p: Point, q: Point): void {
    const f = this.field;
    const x = p[0];
    const y = p[1];
    const z = p[2];
    const w = q[2];
    if (this.infinite) {
      for (let i = 0; i < 3; i++) p[i].set(q[i]);
      this.infinite = false;
      return;
    }
    const a = this.registers[0];
    const b = this.registers[1];
    const c = this.registers[2];
    f.mul(a, z, z);
    f.mul(b, w, w);
    f.mul(c, q[0], a);
    f.mul(a, a, z);
    f.mul(a, a, q[1]);
    f.mul(x, x, b);
    f.mul(b, b, w);
    f.mul(y, y, b);
    // With both over the same denominator: c is how far the x are apart, a the y.
    f.sub(c, c, x);
    f.sub(a, a, y);
    // A multiple of p here is at most 3 p in size, so its lowest limb is as small; few other numbers' are.
    if (((c[0] + 4) & 4194303) < 9 && f.isZero(c)) {
      this.infinite = !f.isZero(a);
      for (let i = 0; i < 3; i++) p[i].set(q[i]);
      if (!this.infinite) this.double(p);
      return;
    }
    f.mul(z, z, w);
    f.mul(z, z, c);
    f.mul(b, c, c);
    f.mul(c, c, b);
    f.mul(x, x, b);
    // The new x is a^2 - c^3 - 2 x c^2, the new y what a makes of x c^2 less that, less y c^3.
    f.mul(b, a, a);
    f.sub(b, b, c);
    f.combine(b, 1, b, -2, x);
    f.sub(x, x, b);
    f.mul(x, x, a);
    f.mul(y, y, c);
    f.sub(y, x, y);
    x.set(b);
  }
}

/** Digits -7..7, odd or 0, the lowest first: the sum of digit i times 2^i is `scalar`. */
function digitsOf(scalar: Uint8Array): Int8Array {
  const bits = 8 * scalar.length;
  const digits = new Int8Array(bits + 1);
  const window = (at: number): number => {
    const i = scalar.length - 1 - (at >> 3);
    const low = i >= 0 ? scalar[i] : 0;
    const high = i >= 1 ? scalar[i - 1] : 0;
    return ((low | (high << 8)) >> (at & 7)) & 15;
  };
  let carry = 0;
  for (let at = 0; at <= bits; ) {
    const value = window(at) + carry;
    if ((value & 1) === 0) {
      // The carry has made of a 1 a 0 that carries on, or is none.
      at++;
      continue;
    }
    digits[at] = value > 8 ? value - 16 : value;
    carry = value > 8 ? 1 : 0;
    at += 4;
  }
  return digits;
}
