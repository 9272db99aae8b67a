/**
 * Whether this engine's numbers can be trusted, before anything depends on them: known answers of every operation that this folder uses, on operands where a
 * faulty one shows (carries through all digits, zero digits, negative numbers, a top bit at the end of a digit), and one multiplication modulo a prime.
 */
import { ringletError } from '../../errors.js';
import { big, ONE, parseInteger, readInteger, writeInteger, ZERO } from './integers.js';
import { createModulus, type Modulus } from './modulus.js';

/** The operations that are tested, to be replaced by tests of this test. */
export interface Operations {
  add(a: bigint, b: bigint): bigint;
  subtract(a: bigint, b: bigint): bigint;
  multiply(a: bigint, b: bigint): bigint;
  and(a: bigint, b: bigint): bigint;
  or(a: bigint, b: bigint): bigint;
  xor(a: bigint, b: bigint): bigint;
  left(a: bigint, n: bigint): bigint;
  right(a: bigint, n: bigint): bigint;
  less(a: bigint, b: bigint): boolean;
}

const engine: Operations = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  left: (a, n) => a << n,
  right: (a, n) => a >> n,
  less: (a, b) => a < b,
};

/** Throws ERR_CRYPTO_BIGINT if there is no BigInt, or if it is wrong. About 50 operations a size. */
export function checkBigInt(operations?: Operations): void {
  if (typeof ONE !== 'bigint' || !identitiesHold(operations || engine)) {
    throw ringletError('ERR_CRYPTO_BIGINT', "This engine's BigInt is missing or wrong: choose the portable algorithms");
  }
}

function identitiesHold(o: Operations): boolean {
  for (let bits = 31; bits < 700; bits = bits + bits + 1) {
    for (let extra = 0; extra < 3; extra++) {
      const n = big(bits + extra);
      const power = o.left(ONE, n);
      const mask = o.subtract(power, ONE);
      const square = o.multiply(mask, mask);
      const half = o.right(mask, ONE);
      const negative = o.subtract(ZERO, mask);
      // (2^n - 1)^2 = 2^2n - 2^(n+1) + 1
      if (square !== o.add(o.subtract(o.left(power, n), o.left(power, ONE)), ONE)) return false;
      if (o.add(mask, ONE) !== power || o.right(power, n) !== ONE || o.or(power, mask) !== o.add(power, mask))
        return false;
      if (o.and(square, mask) !== ONE || o.right(square, n) !== o.subtract(mask, ONE)) return false;
      if (o.xor(square, mask) !== o.subtract(o.add(square, mask), o.left(o.and(square, mask), ONE))) return false;
      if (o.add(o.add(half, half), ONE) !== mask || o.multiply(power, half) !== o.left(half, n)) return false;
      if (o.and(o.add(power, mask), mask) !== mask) return false;
      // Shifts of negative numbers round down, and masks of them are as in two's complement.
      if (o.right(negative, n) !== o.subtract(ZERO, ONE) || o.and(negative, mask) !== ONE) return false;
      if (o.right(o.subtract(ZERO, square), n) !== o.subtract(ZERO, mask)) return false;
      if (!o.less(negative, ZERO) || !o.less(mask, power) || o.less(power, mask) || o.less(mask, mask)) return false;
    }
  }
  return conversionsHold() && modulusHolds(createModulus(parseInteger(PRIME), 256));
}

function conversionsHold(): boolean {
  const bytes = new Uint8Array(40);
  for (let i = 0; i < 40; i++) bytes[i] = 255 - 7 * i;
  const value = readInteger(bytes, 0, 40);
  const copy = new Uint8Array(40);
  writeInteger(value, copy, 0, 40);
  for (let i = 0; i < 40; i++) if (copy[i] !== bytes[i]) return false;
  return true;
}

/** 2^96 - 1 and its like leave the long runs of zeros and ones where JerryScript's division goes wrong. */
function modulusHolds(field: Modulus): boolean {
  const p = field.modulus;
  for (let i = 0; i < 256; i += 15) {
    const a = ONE << big(i);
    const b = p - a;
    // -a * -a = a * a, and one is the square of itself.
    if (field.residue(field.reduce(b * b)) !== field.residue(field.reduce(a * a))) return false;
    if (field.residue(field.reduce(b * p + a)) !== a || field.residue(field.reduce(a - p * p)) !== a) return false;
  }
  return true;
}

/** ffffffff00000001000000000000000000000000ffffffffffffffffffffffff */
const PRIME = 'iSiv;ypCGTtuOQqVV>3/rvoc-h6PQ^\\VbxE^@eK)';
