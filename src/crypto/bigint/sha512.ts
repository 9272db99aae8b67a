/** SHA-384 and SHA-512, FIPS 180-4 §6.4, §6.5. For rotations a word stands twice in a row. */
import type { HashAlgorithm, HashName } from '../provider.js';
import { big, ONE, readInteger, writeInteger } from './integers.js';
import { sha2 } from './sha2.js';
import { makeConstants } from './sha2-constants.js';

const WORD = big(64);
const MASK = (ONE << WORD) - ONE;
const TWICE = (ONE << WORD) + ONE;
const SHIFTS = [1, 8, 7, 19, 61, 6, 14, 18, 41, 28, 34, 39].map(big);

const schedule: bigint[] = [];
/** K, then the initial values of both; empty until they are needed. */
let constants: bigint[] = [];

function compress(state: bigint[], bytes: Uint8Array, offset: number): void {
  const w = schedule;
  const k = constants;
  const m = MASK;
  const t = TWICE;
  const sigma = (word: bigint, i: number): bigint => {
    const twice = word * t;
    return (twice >> SHIFTS[i]) ^ (twice >> SHIFTS[i + 1]) ^ ((i < 6 ? word : twice) >> SHIFTS[i + 2]);
  };
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 80; i++) {
    w[i] =
      i < 16
        ? readInteger(bytes, offset + 8 * i, 8)
        : (w[i - 16] + sigma(w[i - 15], 0) + w[i - 7] + sigma(w[i - 2], 3)) & m;
    const sum = h + sigma(e, 6) + (g ^ (e & (f ^ g))) + k[i] + w[i];
    h = g;
    g = f;
    f = e;
    e = (d + sum) & m;
    d = c;
    c = b;
    b = a;
    // Here b, c, d are what FIPS 180-4 calls a, b, c.
    a = (sum + sigma(b, 9) + ((b & c) | (d & (b | c)))) & m;
  }
  const sums = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) state[i] = (state[i] + sums[i]) & m;
}

function hash(name: HashName, digestLength: number, first: number): HashAlgorithm {
  const initial = (): bigint[] => {
    if (constants.length === 0) constants = makeConstants(80);
    return constants.slice(first, first + 8);
  };
  const write = (state: bigint[], into: Uint8Array, offset: number): void => {
    for (let i = 0; i < digestLength; i += 8) writeInteger(state[i >> 3], into, offset + i, 8);
  };
  return sha2(name, digestLength, 128, initial, compress, write);
}

export const sha384 = hash('sha384', 48, 88);
export const sha512 = /*@__PURE__*/ hash('sha512', 64, 80);
