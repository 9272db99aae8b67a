/**
 * The sum of two multiples of points, for verification: everything is public, so branches and time depend on it. Jacobian coordinates (x = X / Z^2, y = Y / Z^3), doubled by
 * dbl-2001-b (but Z is 2 Y Z) and added by add-1998-cmo-2 of the Explicit-Formulas Database; scalars as signed odd digits of four bits (non-adjacent form), so that there is one
 * addition in five bits of each. Points are changed where they are: what an interpreter throws away, it has to find again.
 *
 * Memory: 1.5 KB for P-256.
 */
import { big, ONE, ZERO } from './integers.js';
import type { Curve } from './weierstrass.js';

/** X, Y and Z; of a point that is added often, and has a Z that is not 1, also Z^2 and Z^3. Z is 0 at infinity. */
type Jacobian = bigint[];

/** A stage that takes two bits a turn and gives `done` X, Y and Z of a * p + b * q; p and q are affine, a and b big-endian and as long as the curve's order. */
export function publicSumStage(
  curve: Curve,
  p: bigint[],
  q: bigint[],
  a: Uint8Array,
  b: Uint8Array,
  done: (x: bigint, y: bigint, z: bigint) => void,
): () => boolean {
  const modulus = curve.field.modulus;
  const inverse = curve.field.inverse;
  const low = curve.field.low;
  const high = curve.field.high;
  const zero = ZERO;
  const one = ONE;
  const two = big(2);
  const three = big(3);
  const scalars = [a, b];
  const digits: Int8Array[] = [];
  const tables: Jacobian[][] = [];
  const sum = [one, one, zero];
  let at = 8 * curve.size;

  /** Reductions are `Modulus.reduce`, without the call. */
  function double(s: Jacobian): void {
    const m = modulus;
    const n = inverse;
    const l = low;
    const h = high;
    const o = one;
    const x = s[0];
    const y = s[1];
    let z = s[2];
    if (z === zero) return;
    let d = z * z;
    d -= (((d >> l) * n) >> h) * m;
    let g = y * y;
    g -= (((g >> l) * n) >> h) * m;
    let e = x * g;
    e -= (((e >> l) * n) >> h) * m;
    e = e << two;
    d = three * (x - d) * (x + d);
    d -= (((d >> l) * n) >> h) * m;
    z = (y * z) << o;
    s[2] = z - (((z >> l) * n) >> h) * m;
    z = d * d - (e << o);
    z -= (((z >> l) * n) >> h) * m;
    s[0] = z;
    g = g << o;
    z = d * (e - z) - ((g * g) << o);
    s[1] = z - (((z >> l) * n) >> h) * m;
  }

  function add(s: Jacobian, t: Jacobian, negative: boolean): void {
    const m = modulus;
    const n = inverse;
    const l = low;
    const h = high;
    let x = s[0];
    let y = s[1];
    let z = s[2];
    if (z === zero) {
      s[0] = t[0];
      s[1] = negative ? m - t[1] : t[1];
      s[2] = t[2];
      return;
    }
    let u = z * z;
    u -= (((u >> l) * n) >> h) * m;
    let v = z * u;
    v -= (((v >> l) * n) >> h) * m;
    v *= t[1];
    v -= (((v >> l) * n) >> h) * m;
    if (negative) v = m - v;
    u *= t[0];
    u -= (((u >> l) * n) >> h) * m;
    if (t.length > 3) {
      x *= t[3];
      x -= (((x >> l) * n) >> h) * m;
      y *= t[4];
      y -= (((y >> l) * n) >> h) * m;
      z *= t[2];
      z -= (((z >> l) * n) >> h) * m;
    }
    u -= x;
    v -= y;
    z *= u;
    z -= (((z >> l) * n) >> h) * m;
    if (z === zero || z === m) {
      // The x are equal: either the points are, or one is the other's opposite.
      v -= (((v >> l) * n) >> h) * m;
      if (v === zero || v === m) double(s);
      else s[2] = zero;
      return;
    }
    s[2] = z;
    z = u * u;
    z -= (((z >> l) * n) >> h) * m;
    x *= z;
    x -= (((x >> l) * n) >> h) * m;
    u *= z;
    u -= (((u >> l) * n) >> h) * m;
    z = v * v - u - (x << one);
    z -= (((z >> l) * n) >> h) * m;
    s[0] = z;
    z = v * (x - z) - y * u;
    s[1] = z - (((z >> l) * n) >> h) * m;
  }

  function withPowers(s: Jacobian): void {
    const reduce = curve.field.reduce;
    s[3] = reduce(s[2] * s[2]);
    s[4] = reduce(s[3] * s[2]);
  }

  /** 1, 3, 5 and 7 times an affine point. */
  function oddMultiples(point: bigint[]): Jacobian[] {
    const table = [[point[0], point[1], one]];
    const twice = table[0].slice();
    double(twice);
    withPowers(twice);
    for (let i = 0; i < 3; i++) {
      const next = table[i].slice(0, 3);
      add(next, twice, false);
      withPowers(next);
      table.push(next);
    }
    return table;
  }

  return () => {
    if (tables.length < 2) {
      digits.push(signedDigits(scalars[tables.length]));
      tables.push(oddMultiples(tables.length > 0 ? q : p));
      return false;
    }
    for (let i = 0; i < 2 && at >= 0; i++) {
      double(sum);
      for (let j = 0; j < 2; j++) {
        const digit = digits[j][at];
        if (digit > 0) add(sum, tables[j][digit >> 1], false);
        else if (digit < 0) add(sum, tables[j][-digit >> 1], true);
      }
      at--;
    }
    if (at >= 0) return false;
    done(sum[0], sum[1], sum[2]);
    return true;
  };
}

/** Digits 0, ±1, ±3, ±5, ±7 of the number in `bytes`, the lowest first, one for each bit and one more; of four in a row at most one is not 0. */
function signedDigits(bytes: Uint8Array): Int8Array {
  const bits = 8 * bytes.length;
  const digits = new Int8Array(bits + 1);
  // The next four bits and what earlier digits have left to them: 16 at most.
  let rest = bytes[bytes.length - 1] & 15;
  for (let i = 0; i <= bits; i++) {
    if (rest & 1) {
      const digit = rest & 8 ? rest - 16 : rest;
      digits[i] = digit;
      rest -= digit;
    }
    const next = i + 4;
    rest >>= 1;
    if (next < bits) rest += ((bytes[bytes.length - 1 - (next >> 3)] >> (next & 7)) & 1) << 3;
  }
  return digits;
}
