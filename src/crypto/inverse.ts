/**
 * Inverses of *public* numbers: Euclid's algorithm with the quotient rounded to the nearest number that a double tells of,
 * about 105 divisions for 256 bits, at a twentieth of what Fermat's power costs. Memory: three elements.
 */
import type { Modulus } from './modulus.js';
import type { Piece } from './pieces.js';

const RADIX = 4194304;
const MASK = 4194303;

/** Makes r = 1 / a modulo the prime `modulus`, not in Montgomery form, between -p and p; `a` (1..p-1) is used up. */
export function inverseOf(modulus: Modulus, r: Int32Array, a: Int32Array): Piece {
  // a * s = u and a * r = v, modulo p; the size of v is the smaller one.
  let u = modulus.element();
  let v = a;
  let s = modulus.element();
  let t = modulus.element();
  u.set(modulus.limbs);
  combine(u, 0, 0, u);
  t[0] = 1;
  let larger = approximately(u);
  let smaller = approximately(v);
  return () => {
    if (smaller === 0) {
      // u is 1 or -1.
      r.fill(0);
      combine(r, larger < 0 ? 1 : -1, 0, s);
      return 0;
    }
    let quotient = larger / smaller;
    let limbs = 0;
    while (quotient > RADIX || quotient < -RADIX) {
      quotient /= RADIX;
      limbs++;
    }
    quotient = Math.floor(quotient + 0.5);
    combine(u, quotient, limbs, v);
    combine(s, quotient, limbs, t);
    larger = approximately(u);
    const size = larger < 0 ? -larger : larger;
    if (size < (smaller < 0 ? -smaller : smaller)) {
      const w = u;
      u = v;
      v = w;
      const x = s;
      s = t;
      t = x;
      const y = larger;
      larger = smaller;
      smaller = y;
    }
    return 1;
  };
}

/** a -= factor * b, moved up by `limbs` limbs; carried, the sign in the last limb. */
function combine(a: Int32Array, factor: number, limbs: number, b: Int32Array): void {
  const last = a.length - 1;
  let carry = 0;
  for (let i = limbs; i < last; i++) {
    carry += a[i] - factor * b[i - limbs];
    const limb = carry & MASK;
    a[i] = limb;
    carry = (carry - limb) / RADIX;
  }
  // Of a negative number moved up the sign falls off: what is left of it are limbs of ones.
  const top = b[last - limbs] - (limbs > 0 && b[last] < 0 ? RADIX : 0);
  a[last] += carry - factor * top;
}

/** About its value: 0 only for 0. */
function approximately(a: Int32Array): number {
  let value = 0;
  for (let i = a.length - 1; i >= 0; i--) value = value * RADIX + a[i];
  return value;
}
