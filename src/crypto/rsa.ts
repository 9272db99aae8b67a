/** RSA verification (RFC 8017) on the limbs of modulus.ts. Memory while it runs: RSA-2048 5 KB, RSA-4096 10 KB. */
import { type Computation, done } from './computation.js';
import { limbCount, Modulus, readLimbs, writeLimbs } from './modulus.js';
import { rsaPkcs1Verifier, rsaPssVerifier } from './rsa-encoding.js';

function power(modulus: Uint8Array, exponent: Uint8Array, base: Uint8Array): Computation<Uint8Array | undefined> {
  const size = modulus.length;
  const e = new Int32Array(2);
  readLimbs(e, exponent, 0, exponent.length, false);
  const limbs = new Int32Array(limbCount(8 * size));
  readLimbs(limbs, modulus, 0, size, false);
  const n = new Modulus(limbs);
  const s = n.read(base, 0, size, false);
  if (!n.exceeds(s)) return done(undefined);
  const m = n.element();
  n.enter(s, s);
  let started = false;
  for (let bit = 31; bit >= 0; bit--) {
    if (started) n.mul(m, m, m);
    if (((bit < 22 ? e[0] >> bit : e[1] >> (bit - 22)) & 1) === 0) continue;
    if (started) n.mul(m, m, s);
    else m.set(s);
    started = true;
  }
  n.leave(m, m);
  const encoded = new Uint8Array(size);
  writeLimbs(m, encoded, size, false);
  return done(encoded);
}

export const rsaPkcs1 = rsaPkcs1Verifier(power);
export const rsaPss = rsaPssVerifier(power);
