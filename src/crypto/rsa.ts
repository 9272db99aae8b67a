/** RSA verification (RFC 8017) on the limbs of rsa-power.ts. Memory while it runs: RSA-2048 4 KB, RSA-4096 8 KB. */
import { type Computation, done } from './computation.js';
import { inPieces } from './pieces.js';
import { rsaPkcs1Verifier, rsaPssVerifier } from './rsa-encoding.js';
import { RsaPower } from './rsa-power.js';

export function rsaPower(
  modulus: Uint8Array,
  exponent: Uint8Array,
  base: Uint8Array,
): Computation<Uint8Array | undefined> {
  const size = modulus.length;
  let e = 0;
  for (let i = 0; i < exponent.length; i++) e = e * 256 + exponent[i];
  let i = 0;
  while (i < size && base[i] === modulus[i]) i++;
  if (i === size || base[i] > modulus[i]) return done<Uint8Array | undefined>(undefined);
  const running = new RsaPower(modulus, base, e);
  return inPieces([() => running.piece()], () => {
    const encoded = new Uint8Array(size);
    running.write(encoded);
    return encoded;
  });
}

export const rsaPkcs1 = rsaPkcs1Verifier(rsaPower);
export const rsaPss = rsaPssVerifier(rsaPower);
