/** The curve P-384 (SP 800-186 §3.2.1.4), secp384r1 in TLS. A new one for each operation, so that its memory is free after. */
import { Modulus } from './modulus.js';
import { type WeierstrassCurve, weierstrassCurve } from './weierstrass.js';

export function p384(): WeierstrassCurve {
  return weierstrassCurve(
    // 2^384 - 2^128 - 2^96 + 2^32 - 1
    new Modulus(new Int32Array([-1, 1024, 0, 0, -256, -262144, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1024])),
    // ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973
    'z?^4(z?^4(z?^4(z?^4(z?^4(z?^4(h/,owvQcHaDBo_Z?Fm)Ct4N\\0im0*W',
    // b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef
    'aZD39pdjWkY*]Ejq>r9K/gm3hykkFQ(|0+,AfZ\\mggE1aTK(BP5``{9l1QYX',
    // aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7
    '^lcfGe<L5YUq=]Nv3{6^KI8mQTs:-:Dui<FQsM:aCCKfzeQ|f(:gRLMLjxm(',
    // 3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f
    '9Hi;IX=u6+F/YM|W1;[Sx)3[F5,8p{s5Yq1bPJdH+DS4h1PgY8OA-e*VXtCf',
  );
}
