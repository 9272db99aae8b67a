/**
 * Curves y^2 = x^3 - 3x + b of prime order (FIPS 186-5, SP 800-186 §3.2.1), with the complete formulas of Renes, Costello
 * and Batina (2016, algorithms 4 and 6) in homogeneous coordinates: the same operations for all points, no exceptions.
 * Memory for P-256: about 1 KB, for P-384 1.5 KB; made for one operation, then dropped.
 *
 * Limbs, in units of 2^22 (`Modulus` says why it matters): coordinates are within -1..2, what is scaled by 3 comes back
 * carried, and no two factors below exceed 4 and 4.
 */
import type { Group, Point } from './group.js';
import { hexLimbs, Modulus, readLimbs } from './modulus.js';

export class WeierstrassCurve implements Group {
  readonly field: Modulus;
  readonly order: Modulus;
  readonly generator: Point;
  /** Bytes of a coordinate, and of a scalar. */
  readonly size: number;
  private readonly b: Int32Array;
  private readonly scratch: Int32Array[];

  /** `prime` in sparse signed limbs; order, b, x and y of the generator in hexadecimal. */
  constructor(prime: number[], order: string, b: string, x: string, y: string) {
    const field = new Modulus(new Int32Array(prime));
    this.field = field;
    this.order = new Modulus(hexLimbs(order));
    this.size = order.length / 2;
    this.b = hexLimbs(b);
    field.enter(this.b, this.b);
    this.scratch = field.elements(5);
    this.generator = { x: hexLimbs(x), y: hexLimbs(y), z: field.one };
    field.enter(this.generator.x, this.generator.x);
    field.enter(this.generator.y, this.generator.y);
  }

  neutral(): Point {
    const field = this.field;
    const y = field.element();
    y.set(field.one);
    return { x: field.element(), y, z: field.element() };
  }

  /** The point in `bytes` (SEC 1 §2.3.4, uncompressed only), or undefined if it is not one of this curve. */
  decode(bytes: Uint8Array): Point | undefined {
    const size = this.size;
    if (bytes.length !== 2 * size + 1 || bytes[0] !== 4) return undefined;
    const f = this.field;
    const x = f.element();
    const y = f.element();
    readLimbs(x, bytes, 1, size, false);
    readLimbs(y, bytes, 1 + size, size, false);
    if (!f.exceeds(x) || !f.exceeds(y)) return undefined;
    f.enter(x, x);
    f.enter(y, y);
    // x^3 - 3x + b - y^2
    const t = this.scratch[0];
    const u = this.scratch[1];
    f.mul(t, x, x);
    f.scale(u, f.one, 3);
    f.sub(t, t, u);
    f.mul(t, t, x);
    f.add(t, t, this.b);
    f.mul(u, y, y);
    f.sub(t, t, u);
    return f.isZero(t) ? { x, y, z: f.one } : undefined;
  }

  add(r: Point, p: Point, q: Point): void {
    const f = this.field;
    const t = this.scratch;
    const t0 = t[0];
    const t1 = t[1];
    const t2 = t[2];
    const t3 = t[3];
    const t4 = t[4];
    const x = r.x;
    const y = r.y;
    const z = r.z;
    f.mul(t0, p.x, q.x);
    f.mul(t1, p.y, q.y);
    f.mul(t2, p.z, q.z);
    f.add(t3, p.x, p.y);
    f.add(t4, q.x, q.y);
    f.mul(t3, t3, t4);
    f.sub(t3, t3, t0);
    f.sub(t3, t3, t1);
    f.add(t4, p.y, p.z);
    f.add(x, q.y, q.z);
    f.mul(t4, t4, x);
    f.sub(t4, t4, t1);
    f.sub(t4, t4, t2);
    f.add(x, p.x, p.z);
    f.add(y, q.x, q.z);
    f.mul(y, x, y);
    f.sub(y, y, t0);
    f.sub(y, y, t2);
    f.mul(z, this.b, t2);
    f.sub(x, y, z);
    f.scale(x, x, 3);
    f.sub(z, t1, x);
    f.add(x, t1, x);
    f.mul(y, this.b, y);
    f.scale(t2, t2, 3);
    f.sub(y, y, t2);
    f.sub(y, y, t0);
    f.scale(y, y, 3);
    f.scale(t0, t0, 3);
    f.sub(t0, t0, t2);
    f.mul(t1, t4, y);
    f.mul(t2, t0, y);
    f.mul(y, x, z);
    f.add(y, y, t2);
    f.mul(x, t3, x);
    f.sub(x, x, t1);
    f.mul(z, t4, z);
    f.mul(t1, t3, t0);
    f.add(z, z, t1);
  }

  double(r: Point, p: Point): void {
    const f = this.field;
    const t = this.scratch;
    const t0 = t[0];
    const t1 = t[1];
    const t2 = t[2];
    const t3 = t[3];
    const x = r.x;
    const y = r.y;
    const z = r.z;
    f.mul(t0, p.x, p.x);
    f.mul(t1, p.y, p.y);
    f.mul(t2, p.z, p.z);
    f.mul(t3, p.x, p.y);
    f.add(t3, t3, t3);
    f.mul(z, p.x, p.z);
    f.add(z, z, z);
    f.mul(y, this.b, t2);
    f.sub(y, y, z);
    f.scale(y, y, 3);
    f.sub(x, t1, y);
    f.add(y, t1, y);
    f.mul(y, x, y);
    f.mul(x, x, t3);
    f.scale(t2, t2, 3);
    f.mul(z, this.b, z);
    f.sub(z, z, t2);
    f.sub(z, z, t0);
    f.scale(z, z, 3);
    f.scale(t0, t0, 3);
    f.sub(t0, t0, t2);
    f.mul(t0, t0, z);
    f.add(y, y, t0);
    f.mul(t0, p.y, p.z);
    f.add(t0, t0, t0);
    f.mul(z, t0, z);
    f.sub(x, x, z);
    f.add(t1, t1, t1);
    f.mul(z, t0, t1);
    f.add(z, z, z);
  }

  /** Overwrites what the last operations left behind. */
  wipe(): void {
    this.field.wipe(this.scratch);
  }
}
