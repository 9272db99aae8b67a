/**
 * RSA signing (RFC 8017 §5.2.1, with the Chinese remainder theorem) on the limbs of rsa-modulus.ts. No branch and no index depends on a
 * secret, and each prime is multiplied with a random number of 22 bits that is odd, so that what is computed is another number every time.
 * All that is secret is overwritten in the end. Memory while it runs: RSA-2048 7 KB, RSA-4096 14 KB.
 */
import type { RandomSource } from '../platform.js';
import type { Computation } from './computation.js';
import { wipeAll } from './field.js';
import { readLimbs, writeLimbs } from './modulus.js';
import { inPieces, type Piece } from './pieces.js';
import { rsaPower } from './rsa.js';
import { RsaModulus } from './rsa-modulus.js';
import { rsaPkcs1SignerOf, rsaPssSignerOf } from './rsa-signer.js';

const RADIX = 4194304;
const MASK = 4194303;

function secretPower(
  _modulus: Uint8Array,
  _exponent: Uint8Array,
  secrets: ReadonlyArray<Uint8Array>,
  base: Uint8Array,
  random: RandomSource,
): Computation<Uint8Array> {
  const size = base.length;
  const p = secrets[1];
  const q = secrets[2];
  // At least six bits more than the longer prime and the factor in front of it.
  const length = 4 * Math.floor((8 * (p.length > q.length ? p.length : q.length) + 22 + 6 + 87) / 88);
  const kept: Int32Array[] = [];
  const limbs = (bytes?: Uint8Array): Int32Array => {
    const array = new Int32Array(length);
    kept.push(array);
    if (bytes) readLimbs(array, bytes, 0, bytes.length, false);
    return array;
  };
  const unit = limbs();
  unit[0] = 1;
  const table: Int32Array[] = [];
  while (table.length < 16) table.push(limbs());
  const chosen = limbs();
  const digits = new Int32Array(2 * length);
  readLimbs(digits, base, 0, size, false);
  const signature = new Uint8Array(size);

  /** Makes `r` = base^exponent modulo `prime` times a random number. */
  const powerModulo = (prime: Uint8Array, exponent: Uint8Array, r: Int32Array): Piece[] => {
    const modulus = new RsaModulus(masked(limbs(prime), random));
    return [
      enter(modulus, table[0], unit, length),
      enter(modulus, table[1], digits, length),
      fillTable(modulus, table),
      raiseTo(modulus, r, exponent, prime.length, table, chosen),
      product(modulus, r, r, unit),
    ];
  };

  const modulus = new RsaModulus(limbs(p));
  const m = limbs();
  const h = limbs();
  const inverse = limbs();
  const other = limbs();
  const parts = powerModulo(p, secrets[3], h).concat(powerModulo(q, secrets[4], m), [
    // h = (h - m) / q modulo p; the inverse goes in twice, so that the product of `unit` takes R out.
    enter(modulus, inverse, limbs(secrets[5]), 2 * length),
    product(modulus, h, h, inverse),
    product(modulus, other, m, inverse),
    () => {
      for (let i = 0; i < length; i++) h[i] += modulus.limbs[i] - other[i];
      modulus.raise(h);
      return 0;
    },
    product(modulus, h, h, unit),
    () => {
      addProduct(digits, m, h, limbs(q));
      writeLimbs(digits, signature, size, false);
      wipeAll(kept);
      digits.fill(0);
      return 0;
    },
  ]);
  return inPieces(parts, () => signature);
}

/** prime times a random odd number of 22 bits. */
function masked(prime: Int32Array, random: RandomSource): Int32Array {
  const drawn = new Uint8Array(3);
  random(drawn, 0, 3);
  const factor = (((drawn[0] << 16) | (drawn[1] << 8) | drawn[2]) & MASK) | (RADIX >> 1) | 1;
  let carry = 0;
  for (let i = 0; i < prime.length; i++) {
    carry += prime[i] * factor;
    const limb = carry & MASK;
    prime[i] = limb;
    carry = (carry - limb) / RADIX;
  }
  return prime;
}

/** Makes a = digits * 2^(22 more) modulo n. */
function enter(modulus: RsaModulus, a: Int32Array, digits: Int32Array, more: number): Piece {
  let left = digits.length + more;
  return () => {
    if (left === 0) return 0;
    if (left === digits.length + more) a.fill(0);
    left--;
    modulus.shift(a, left < more ? 0 : digits[left - more]);
    if (left === 0) modulus.raise(a);
    return 1 + Math.floor(modulus.limbs.length / 40);
  };
}

/** Makes r = a * b / R. */
function product(modulus: RsaModulus, r: Int32Array, a: Int32Array, b: Int32Array): Piece {
  let running = true;
  return () => {
    if (!running) return 0;
    running = !modulus.multiply(r, a, b);
    return cost(modulus);
  };
}

/** Makes powers 2 to 15 of the second element, the first being 1. */
function fillTable(modulus: RsaModulus, table: Int32Array[]): Piece {
  let at = 2;
  return () => {
    if (at === 16) return 0;
    if (modulus.multiply(table[at], table[at - 1], table[1])) at++;
    return cost(modulus);
  };
}

/** Makes `r` the power whose base `table` is of, four bits of the exponent at a time: it is that of a number of `size` bytes. */
function raiseTo(
  modulus: RsaModulus,
  r: Int32Array,
  exponent: Uint8Array,
  size: number,
  table: Int32Array[],
  chosen: Int32Array,
): Piece {
  // Where the exponent begins among `size` bytes.
  const start = size - exponent.length;
  let digit = 0;
  let squares = 0;
  return () => {
    if (digit === 2 * size) return 0;
    if (digit + squares === 0) r.set(table[0]);
    if (squares < 4) {
      if (modulus.multiply(r, r, r) && ++squares === 4) {
        const at = (digit >> 1) - start;
        choose(chosen, table, at < 0 ? 0 : (exponent[at] >> (4 - 4 * (digit & 1))) & 15);
      }
    } else if (modulus.multiply(r, r, chosen)) {
      squares = 0;
      digit++;
    }
    return cost(modulus);
  };
}

/** r = table[index], having read the whole table. */
function choose(r: Int32Array, table: Int32Array[], index: number): void {
  r.fill(0);
  for (let i = 0; i < 16; i++) {
    const mask = ((i ^ index) - 1) >> 31;
    const from = table[i];
    for (let j = 0; j < r.length; j++) r[j] |= from[j] & mask;
  }
}

/** r = m + h * q, twice as many limbs. */
function addProduct(r: Int32Array, m: Int32Array, h: Int32Array, q: Int32Array): void {
  const length = m.length;
  let sum = 0;
  for (let i = 0; i < r.length; i++) {
    if (i < length) sum += m[i];
    for (let j = i < length ? 0 : i - length + 1; j <= i && j < length; j++) sum += h[j] * q[i - j];
    const limb = sum & MASK;
    r[i] = limb;
    sum = (sum - limb) / RADIX;
  }
}

function cost(modulus: RsaModulus): number {
  return 1 + Math.floor(modulus.limbs.length / 20);
}

export const rsaPkcs1Signer = rsaPkcs1SignerOf(secretPower, rsaPower);
export const rsaPssSigner = rsaPssSignerOf(secretPower, rsaPower);
