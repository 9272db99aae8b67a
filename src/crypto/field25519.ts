/** The field of Curve25519 and Ed25519: the numbers modulo 2^255 - 19 (RFC 7748 §4.1). */
import { multiply25519, square25519 } from './arithmetic25519.js';
import { PrimeField } from './prime-field.js';

export function field25519(): PrimeField {
  return new PrimeField([-19, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32768], multiply25519, square25519);
}
