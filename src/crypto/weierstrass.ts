/**
 * Curves y^2 = x^3 - 3x + k of prime order (FIPS 186-5, SP 800-186 §3.2.1; they call k b), with the complete formulas of
 * Renes, Costello and Batina (2016, algorithms 4 and 6) in homogeneous coordinates: the same operations for all points, no
 * exceptions. Memory for P-256: about 1 KB, for P-384 1.5 KB; made for one operation, then dropped.
 *
 * Limbs, in units of 2^22 (`Modulus` says why it matters): coordinates are within -1..2, what is scaled by 3 comes back
 * carried, and no two factors below exceed 4 and 4.
 */
import { constantOf, type Field, run } from './field.js';
import { createGroup, type Group, type Point } from './group.js';
import { limbsOf, Modulus } from './modulus.js';

export interface WeierstrassCurve {
  readonly field: Field;
  readonly group: Group;
  readonly order: Modulus;
  readonly generator: Point;
  /** Bytes of a coordinate, and of a scalar. */
  readonly size: number;
}

const ADDITION =
  'ax*u by*v cz*w dx+y eu+v dd*e dd-a dd-b ey+z Xv+w ee*X ee-b ee-c Xx+z Yu+w YX*Y YY-a YY-c Zk*c XY-Z XX*3 Zb-X ' +
  'Xb+X Yk*Y cc*3 YY-c YY-a YY*3 aa*3 aa-c be*Y ca*Y YX*Z YY+c Xd*X XX-b Ze*Z bd*a ZZ+b ';
const DOUBLING =
  'ax*x by*y cz*z dx*y dd+d Zx*z ZZ+Z Yk*c YY-Z YY*3 Xb-Y Yb+Y YX*Y XX*d cc*3 Zk*Z ZZ-c ZZ-a ZZ*3 aa*3 aa-c aa*Z ' +
  'YY+a ay*z aa+a Za*Z XX-Z bb+b Za*b ZZ+Z ';
/** X = x^3 - 3x + k - y^2, with z = 1. */
const EQUATION = 'az*3 Xx*x XX-a XX*x XX+k ay*y XX-a ';

/** The numbers as `bytesOf` reads them; x and y are the generator's. */
export function weierstrassCurve(field: Field, order: string, k: string, x: string, y: string): WeierstrassCurve {
  return {
    field,
    group: createGroup(field, k, field.element(), ADDITION, DOUBLING),
    order: new Modulus(limbsOf(order)),
    generator: [constantOf(field, x), constantOf(field, y), field.one],
    // Four bytes are five characters.
    size: (order.length / 5) * 4,
  };
}

/** The point in `bytes` (SEC 1 §2.3.4, uncompressed only), or undefined if it is not one of this curve. */
export function decodePoint(curve: WeierstrassCurve, bytes: Uint8Array): Point | undefined {
  const size = curve.size;
  if (bytes.length !== 2 * size + 1 || bytes[0] !== 4) return undefined;
  const field = curve.field;
  const x = field.read(bytes, 1, size, false);
  const y = field.read(bytes, 1 + size, size, false);
  if (!field.exceeds(x) || !field.exceeds(y)) return undefined;
  field.enter(x, x);
  field.enter(y, y);
  const point = [x, y, field.one];
  const registers = curve.group.registers;
  run(field, EQUATION, point.concat(point, registers));
  return field.isZero(registers[0]) ? point : undefined;
}
