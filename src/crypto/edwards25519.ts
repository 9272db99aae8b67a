/**
 * The curve edwards25519 (RFC 8032 §5.1): -x^2 + y^2 = 1 + d x^2 y^2, in projective coordinates (Bernstein, Birkner, Joye,
 * Lange, Peters 2008), whose addition is complete here. Memory: about 1.5 KB; made for one operation, then dropped.
 */
import { field25519 } from './field25519.js';
import type { Group, Point } from './group.js';
import { hexLimbs, Modulus, readLimbs, writeLimbs } from './modulus.js';

export class Edwards25519 implements Group {
  readonly field: Modulus;
  readonly order: Modulus;
  private readonly d: Int32Array;
  private readonly scratch: Int32Array[];

  constructor() {
    const field = field25519();
    this.field = field;
    this.order = new Modulus(hexLimbs('1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed'));
    this.d = this.constant('52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3');
    this.scratch = field.elements(4);
  }

  generator(): Point {
    return {
      x: this.constant('216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a'),
      y: this.constant('6666666666666666666666666666666666666666666666666666666666666658'),
      z: this.field.one,
    };
  }

  neutral(): Point {
    const field = this.field;
    const y = field.element();
    const z = field.element();
    y.set(field.one);
    z.set(field.one);
    return { x: field.element(), y, z };
  }

  add(r: Point, p: Point, q: Point): void {
    const f = this.field;
    const c = this.scratch[0];
    const d = this.scratch[1];
    const e = this.scratch[2];
    const a = this.scratch[3];
    const x = r.x;
    const y = r.y;
    const z = r.z;
    f.mul(a, p.z, q.z);
    f.mul(c, p.x, q.x);
    f.mul(d, p.y, q.y);
    f.add(x, p.x, p.y);
    f.add(y, q.x, q.y);
    f.mul(x, x, y);
    f.sub(x, x, c);
    f.sub(x, x, d);
    f.mul(x, x, a);
    f.add(y, c, d);
    f.mul(y, y, a);
    f.mul(e, c, d);
    f.mul(e, e, this.d);
    f.mul(a, a, a);
    f.sub(c, a, e);
    f.add(d, a, e);
    f.mul(x, x, c);
    f.mul(y, y, d);
    f.mul(z, c, d);
  }

  double(r: Point, p: Point): void {
    const f = this.field;
    const c = this.scratch[0];
    const d = this.scratch[1];
    const x = r.x;
    const y = r.y;
    const z = r.z;
    f.add(x, p.x, p.y);
    f.mul(x, x, x);
    f.mul(c, p.x, p.x);
    f.mul(d, p.y, p.y);
    f.sub(x, x, c);
    f.sub(x, x, d);
    f.mul(z, p.z, p.z);
    f.add(y, c, d);
    f.sub(c, d, c);
    // The usual formula with the sign of all three coordinates turned, which is the same point.
    f.add(z, z, z);
    f.sub(d, z, c);
    f.mul(x, x, d);
    f.mul(y, y, c);
    f.mul(z, c, d);
  }

  /** The negative of the point in `bytes` (32; RFC 8032 §5.1.3, canonical only), or undefined if there is none. */
  decodeNegative(bytes: Uint8Array): Point | undefined {
    const f = this.field;
    const y = f.element();
    const encoded = new Uint8Array(bytes);
    encoded[31] &= 127;
    readLimbs(y, encoded, 0, 32, true);
    if (!f.exceeds(y)) return undefined;
    f.enter(y, y);

    // x^2 = u / v = (y^2 - 1) / (d y^2 + 1), and its root is u v^3 (u v^7)^((p - 5) / 8), times a root of -1 or not.
    const u = this.scratch[0];
    const v = this.scratch[1];
    const t = this.scratch[2];
    const root = this.scratch[3];
    const x = f.element();
    f.mul(u, y, y);
    f.mul(v, u, this.d);
    f.sub(u, u, f.one);
    f.add(v, v, f.one);
    f.mul(t, v, v);
    f.mul(x, t, v);
    f.mul(t, t, t);
    f.mul(x, x, u);
    f.mul(t, t, x);
    const exponent = f.element();
    exponent[0] = -3;
    exponent[11] = 1024;
    f.scale(exponent, exponent, 1);
    f.power(root, t, exponent);
    f.mul(x, x, root);
    f.mul(t, x, x);
    f.mul(t, t, v);
    f.add(v, t, u);
    if (f.isZero(v)) {
      f.mul(x, x, this.constant('2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0'));
    } else {
      f.sub(v, t, u);
      if (!f.isZero(v)) return undefined;
    }
    const sign = bytes[31] >> 7;
    if (f.isZero(x)) {
      if (sign === 1) return undefined;
    } else {
      f.leave(t, x);
      if ((t[0] & 1) === sign) f.scale(x, x, -1);
    }
    return { x, y, z: f.one };
  }

  /** Writes the 32 bytes of RFC 8032 §5.1.2; overwrites p. */
  encode(p: Point, into: Uint8Array): void {
    const f = this.field;
    const inverse = this.scratch[0];
    f.invert(inverse, p.z);
    f.mul(p.x, p.x, inverse);
    f.mul(p.y, p.y, inverse);
    f.leave(p.x, p.x);
    f.leave(p.y, p.y);
    writeLimbs(p.y, into, 32, true);
    into[31] |= (p.x[0] & 1) << 7;
  }

  private constant(hex: string): Int32Array {
    const limbs = hexLimbs(hex);
    this.field.enter(limbs, limbs);
    return limbs;
  }
}
