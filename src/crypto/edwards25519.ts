/**
 * The curve edwards25519 (RFC 8032 §5.1): -x^2 + y^2 = 1 + k x^2 y^2 (there k is d), in projective coordinates (Bernstein,
 * Birkner, Joye, Lange, Peters 2008), whose addition is complete here. Memory: about 1.5 KB; made for one operation, then
 * dropped.
 */
import { field25519 } from './field25519.js';
import { createGroup, type Group, type Point } from './group.js';
import { limbsOf, Modulus, readLimbs } from './modulus.js';

const ADDITION = 'az*w cx*u dy*v Xx+y Yu+v XX*Y XX-c XX-d XX*a Yc+d YY*a ec*d ee*k aa*a ca-e da+e XX*c YY*d Zc*d ';
/** The usual formula with the sign of all three coordinates turned, which is the same point. */
const DOUBLING = 'Xx+y XX*X cx*x dy*y XX-c XX-d Zz*z Yc+d cd-c ZZ+Z dZ-c XX*d YY*c Zc*d ';
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

export function generatorOfEdwards25519(field: Modulus): Point {
  return [
    // 216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a
    field.constant('2fgqgj*4QaeumzLyY[i6Il>B;WwUF=hdA(+V(^Cw'),
    // 6666666666666666666666666666666666666666666666666666666666666658
    field.constant('HuN_lHuN_lHuN_lHuN_lHuN_lHuN_lHuN_lHuN_^'),
    field.one,
  ];
}

/** The negative of the point in `bytes` (32; RFC 8032 §5.1.3, canonical only), or undefined if there is none. */
export function decodeNegative(group: Group, bytes: Uint8Array): Point | undefined {
  const field = group.field;
  const x = field.element();
  const y = field.element();
  const encoded = new Uint8Array(bytes);
  encoded[31] &= 127;
  readLimbs(y, encoded, 0, 32, true);
  if (!field.exceeds(y)) return undefined;
  field.enter(y, y);

  // x^2 = a / b, and its root is a b^3 (a b^7)^((p - 5) / 8), times a root of -1 or not.
  const point = [x, y, field.one];
  const list = point.concat(point, group.registers);
  const c = list[12];
  field.run(FRACTION, list);
  const exponent = field.element();
  exponent[0] = -3;
  exponent[11] = 1024;
  field.scale(exponent, exponent, 1);
  field.power(list[13], c, exponent);
  field.run(ROOT, list);
  if (field.isZero(list[11])) {
    // 2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0
    field.mul(x, x, field.constant('5{d1{A]rvy5uw*:;vCq6784Xc_`?hbg@uXs?l5T|'));
  } else if (!field.isZero(list[14])) return undefined;
  const sign = bytes[31] >> 7;
  if (field.isZero(x)) return sign === 0 ? point : undefined;
  field.leave(c, x);
  if ((c[0] & 1) === sign) field.scale(x, x, -1);
  return point;
}
