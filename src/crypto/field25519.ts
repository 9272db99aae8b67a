/** The field of Curve25519 and Ed25519: the numbers modulo 2^255 - 19 (RFC 7748 §4.1). Memory: 0.5 KB. */
import { Modulus } from './modulus.js';

export function field25519(): Modulus {
  return new Modulus(new Int32Array([-19, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8192]));
}
