/** The curve P-256 (SP 800-186 §3.2.1.3), secp256r1 in TLS. A new one for each operation, so that its memory is free after. */
import { multiplyP256, squareP256 } from './arithmetic-p256.js';
import { PrimeField } from './prime-field.js';
import { type WeierstrassCurve, weierstrassCurve } from './weierstrass.js';

/** ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551, for `bytesOf`. */
export const P256_ORDER = 'z?^4((((((z?^4(z?^4(dd[.t]cix_vDC*cy1x+T';

export function p256(): WeierstrassCurve {
  return weierstrassCurve(
    // 2^256 - 2^224 + 2^192 + 2^96 - 1
    new PrimeField([-1, 0, 0, 0, 1, 0, 0, 0, 1, -256, 65536], multiplyP256, squareP256),
    P256_ORDER,
    // 5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
    'E6pNW^dOG3an<B0N1u*zHRA|ai`{iE;:myW4ksIx',
    // 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296
    'JK`JopGPBjwx<iUH*0IcN=C?L6hN:jv])@=m\\7VH',
    // 4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5
    'AaMl+y`n@\\Uw*f*Or9lh6.dxWJNI6GiP7aS9uy<f',
  );
}
