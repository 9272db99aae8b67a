/**
 * The curve edwards25519 (RFC 8032 §5.1): -x^2 + y^2 = 1 + k x^2 y^2 (there k is d), in projective coordinates (Bernstein,
 * Birkner, Joye, Lange, Peters 2008), whose addition is complete here. Memory: about 1.5 KB; made for one operation, then
 * dropped.
 */
import { constantOf, type Field, run } from './field.js';
import { field25519 } from './field25519.js';
import { createGroup, type Group, type Point } from './group.js';
import { limbsOf, Modulus } from './modulus.js';
import type { Piece } from './pieces.js';
import { power } from './power.js';

const ADDITION = 'az*w cx*u dy*v Xx+y Yu+v XX*Y XX-c XX-d XX*a Yc+d YY*a ec*d ee*k aa*a ca-e da+e XX*c YY*d Zc*d ';
/** The usual formula with the sign of all three coordinates turned, which is the same point. */
const DOUBLING = 'Xx+y XX*X cx*x dy*y XX-c XX-d Zz*z Yc+d cd-c ZZ+Z dZ-c dd*1 XX*d YY*c Zc*d ';
/** a = y^2 - 1 and b = k y^2 + 1; x = a b^3, c = a b^7. Here z is 1. */
const FRACTION = 'ay*y ba*k aa-z bb+z cb*b xc*b cc*c xx*a cc*x ';
/** x *= d; b and e are 0 if x^2 is -a / b or a / b. */
const ROOT = 'xx*d cx*x cc*b bc+a ec-a ';

export function edwards25519(): Group {
  const field = field25519();
  // 52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3
  return createGroup(field, 'BFSi.5y`L5U<u96NIyKE(3y@E<zh6/MtKjL.:[Y[', field.one, ADDITION, DOUBLING);
}

/** The order of the generator. */
export function orderOfEdwards25519(): Modulus {
  // 1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed
  return new Modulus(limbsOf('-40c8(((((((((((((((.d6aI\\H/96DB*1eErXZ<'));
}

export function generatorOfEdwards25519(field: Field): Point {
  return [
    // 216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a
    constantOf(field, '2fgqgj*4QaeumzLyY[i6Il>B;WwUF=hdA(+V(^Cw'),
    // 6666666666666666666666666666666666666666666666666666666666666658
    constantOf(field, 'HuN_lHuN_lHuN_lHuN_lHuN_lHuN_lHuN_lHuN_^'),
    field.one,
  ];
}

/** The negative of the point in `bytes` (32; RFC 8032 §5.1.3, canonical only), in pieces. */
export class NegativePoint {
  readonly point: Point;
  readonly parts: Piece[];
  /** Whether there is one, in the end. */
  exists = false;

  constructor(group: Group, bytes: Uint8Array) {
    const field = group.field;
    const encoded = new Uint8Array(bytes);
    encoded[31] &= 127;
    const x = field.element();
    const y = field.read(encoded, 0, 32, true);
    this.point = [x, y, field.one];
    this.parts = [];
    if (!field.exceeds(y)) return;
    field.enter(y, y);

    // x^2 = a / b, and its root is a b^3 (a b^7)^((p - 5) / 8), times a root of -1 or not.
    const list = this.point.concat(this.point, group.registers);
    run(field, FRACTION, list);
    const exponent = new Uint8Array(32);
    exponent.fill(255);
    exponent[0] = 15;
    exponent[31] = 253;
    this.parts = [
      power(field, list[13], list[12], exponent),
      () => {
        this.exists = this.takeRoot(field, list, bytes[31] >> 7);
        return 0;
      },
    ];
  }

  private takeRoot(field: Field, list: Int32Array[], sign: number): boolean {
    const x = list[0];
    const c = list[12];
    run(field, ROOT, list);
    if (field.isZero(list[11])) {
      // 2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0
      field.mul(x, x, constantOf(field, '5{d1{A]rvy5uw*:;vCq6784Xc_`?hbg@uXs?l5T|'));
    } else if (!field.isZero(list[14])) return false;
    if (field.isZero(x)) return sign === 0;
    field.leave(c, x);
    if ((c[0] & 1) === sign) field.combine(x, -1, x, 0, x);
    return true;
  }
}
