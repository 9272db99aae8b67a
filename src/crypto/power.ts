/**
 * Powers with a public exponent, four bits of it at a time: inverses modulo a prime (Fermat), and roots. No branch and no
 * index depends on the base. Memory: 15 elements.
 */
import { type Field, wipeAll } from './field.js';
import type { Piece } from './pieces.js';

/** Makes r = a to the power of `exponent` (big-endian, not zero). `r` is another array than `a`. */
export function power(field: Field, r: Int32Array, a: Int32Array, exponent: Uint8Array): Piece {
  const table = [a];
  let at = 0;
  let started = false;
  return () => {
    if (table.length < 15) {
      const next = field.element();
      field.mul(next, table[table.length - 1], a);
      table.push(next);
      return field.cost;
    }
    if (at === 2 * exponent.length) {
      wipeAll(table.slice(1));
      return 0;
    }
    const digit = (exponent[at >> 1] >> (4 - 4 * (at & 1))) & 15;
    at++;
    if (started) for (let i = 0; i < 4; i++) field.mul(r, r, r);
    if (digit > 0) {
      if (started) field.mul(r, r, table[digit - 1]);
      else r.set(table[digit - 1]);
      started = true;
    }
    return 4 * field.cost;
  };
}
