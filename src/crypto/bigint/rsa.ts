/** RSA verification (RFC 8017). Memory while it runs: RSA-2048 2 KB, RSA-4096 4 KB. */
import { type Computation, done } from '../computation.js';
import { bitLength, rsaPkcs1Verifier, rsaPssVerifier } from '../rsa-encoding.js';
import { readInteger, writeInteger } from './integers.js';
import { createModulus, powerStage } from './modulus.js';
import { turns } from './turns.js';

export function rsaPower(
  modulus: Uint8Array,
  exponent: Uint8Array,
  base: Uint8Array,
): Computation<Uint8Array | undefined> {
  const size = modulus.length;
  const number = readInteger(base, 0, size);
  const n = createModulus(readInteger(modulus, 0, size), bitLength(modulus));
  if (number >= n.modulus) return done(undefined);
  const bytes = new Uint8Array(size);
  return turns(
    (size * size) >> 9,
    [
      powerStage(
        n.reduce,
        () => number,
        readInteger(exponent, 0, exponent.length),
        answer => writeInteger(n.residue(answer), bytes, 0, size),
      ),
    ],
    () => bytes,
  );
}

export const rsaPkcs1 = rsaPkcs1Verifier(rsaPower);
export const rsaPss = rsaPssVerifier(rsaPower);
