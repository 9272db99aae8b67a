/** RSA verification (RFC 8017) with a power that is computed at once: on the limbs of modulus.ts, or by native code. Memory while it runs: RSA-2048 5 KB, RSA-4096 10 KB, with the portable power. */
import { once } from './computation.js';
import { limbCount, Modulus, readLimbs, writeLimbs } from './modulus.js';
import type { SignatureVerifier } from './provider.js';
import { bitLength, type RsaPower, rsaPkcs1Verifier, rsaPssVerifier } from './rsa-encoding.js';

/**
 * RSAVP1 (RFC 8017 §5.2.2): `signature` to the power of `exponent` (a 32-bit integer, maybe negative for one above 2^31) modulo
 * `modulus`, as long as both; undefined if `signature` is not below `modulus`.
 */
export type PublicPower = (modulus: Uint8Array, signature: Uint8Array, exponent: number) => Uint8Array | undefined;

function atOnce(power: PublicPower): RsaPower {
  return (modulus, exponent, base) => {
    let e = 0;
    for (let i = 0; i < exponent.length; i++) e = (e << 8) | exponent[i];
    return once(() => power(modulus, base, e));
  };
}

function portablePower(modulus: Uint8Array, signature: Uint8Array, exponent: number): Uint8Array | undefined {
  const size = modulus.length;
  const limbs = new Int32Array(limbCount(bitLength(modulus)));
  readLimbs(limbs, modulus, 0, size, false);
  const n = new Modulus(limbs);
  const s = n.read(signature, 0, size, false);
  if (!n.exceeds(s)) return undefined;
  const m = n.element();
  n.enter(s, s);
  const e = [exponent & 4194303, exponent >>> 22];
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
  return encoded;
}

export const createRsaPkcs1 = (power: PublicPower): SignatureVerifier => rsaPkcs1Verifier(atOnce(power));
export const createRsaPss = (power: PublicPower): SignatureVerifier => rsaPssVerifier(atOnce(power));

export const rsaPkcs1 = createRsaPkcs1(portablePower);
export const rsaPss = createRsaPss(portablePower);
