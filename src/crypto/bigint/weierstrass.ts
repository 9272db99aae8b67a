/** The curves P-256 and P-384 (SP 800-186 §3.2.1.3, §3.2.1.4), y^2 = x^3 - 3x + b. What is added up on them: public-sum.ts, and for secrets secret-sum.ts. */
import { big, ONE, parseInteger, readInteger, ZERO } from './integers.js';
import { createModulus, type Modulus } from './modulus.js';

/** x, y and z, each reduced; z is 1. */
export type Point = bigint[];

export interface Curve {
  readonly field: Modulus;
  readonly order: Modulus;
  readonly generator: Point;
  readonly b: bigint;
  /** Bytes of a coordinate, and of a scalar. */
  readonly size: number;
  /** The point in `bytes` (SEC 1 §2.3.4, uncompressed only), or undefined if it is not one of this curve. */
  decode(bytes: Uint8Array): Point | undefined;
}

/** Prime, order, b, and x and y of the generator, as `parseInteger` reads them. */
function createCurve(size: number, texts: string[]): Curve {
  const numbers = texts.map(parseInteger);
  const field = createModulus(numbers[0], 8 * size);
  const reduce = field.reduce;
  const b = numbers[2];
  const three = big(3);
  return {
    field,
    order: createModulus(numbers[1], 8 * size),
    generator: [numbers[3], numbers[4], ONE],
    b,
    size,
    decode(bytes) {
      if (bytes.length !== 2 * size + 1 || bytes[0] !== 4) return undefined;
      const x = readInteger(bytes, 1, size);
      const y = readInteger(bytes, 1 + size, size);
      if (x >= field.modulus || y >= field.modulus) return undefined;
      const difference = reduce(reduce(x * x - three) * x + b - y * y);
      return field.residue(difference) === ZERO ? [x, y, ONE] : undefined;
    },
  };
}

const P256 = [
  // ffffffff00000001000000000000000000000000ffffffffffffffffffffffff
  'iSiv;ypCGTtuOQqVV>3/rvoc-h6PQ^\\VbxE^@eK)',
  // ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
  'iSiv;ypCGTtuOQqVV>3/_GCW8]JcxoJa_rBVZGXh',
  // 5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
  '?;\\@C<;zxy4*NHH3)?5S:](I6v|en-QYSX+6wIz=',
  // 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296
  'CJZp.-_g++o95KR>sS;R|1(YsnSjYDD>UlmJWM:`',
  // 4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5
  '<Ml*RIE(8mOC*aoV8ZWm7-to5h8CYiPU=O()iSyY',
];
const P384 = [
  // fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff
  'aT(YBMCB2NqUw_6JNbEvd+vsz,ZXJUI6u`rBP{Y/m>/.)|8yot.O+m`wdHo|',
  // ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973
  'aT(YBMCB2NqUw_6JNbEvd+vsz,ZXJU9d[3@fG3m4hL(jsut,o1Rq9czLIg?5',
  // b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef
  'P>53YHph3.WvqNh3`z1:k>|cbG;FtUxVkgA\\:l4,;:YB.@l8xKCqP^S)9{G7',
  // aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7
  'NBfWu({wi4EVFO-67mNPHR,PvXtHx+ghB<Yk)@Ce\\ZbCu1O-(qY4|=mkZ[K4',
  // 3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f
  '45,ddZ,|61r@lig`@>^S<;g7lMj_\\J9+tA@@*Vv\\Q+.F7eMuyw<h0Ns{=7BL',
];

let curve256: Curve | undefined;
let curve384: Curve | undefined;

export function p256(): Curve {
  if (!curve256) curve256 = createCurve(32, P256);
  return curve256;
}

export function p384(): Curve {
  if (!curve384) curve384 = createCurve(48, P384);
  return curve384;
}
