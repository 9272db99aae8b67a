/**
 * Whether this engine's numbers can be trusted, before anything depends on them: known answers of every operation that this folder uses, on operands where a
 * faulty one shows (carries through all digits, zero digits, negative numbers, a top bit at the end of a digit), and one multiplication modulo a prime.
 */
import { ringletError } from '../../errors.js';
import { big, ONE, parseInteger, readInteger, writeInteger, ZERO } from './integers.js';
import { createModulus, type Modulus } from './modulus.js';

/** The operations that are tested. */
export const enum Operation {
  Add,
  Subtract,
  Multiply,
  And,
  Or,
  Xor,
  Left,
  Right,
  /** 1 or 0. */
  Less,
}

/** Replaced by tests of this test. One function, because nine of them take a KB of Kaluma's heap. */
export type Calculate = (operation: Operation, a: bigint, b: bigint) => bigint;

const calculate: Calculate = (operation, a, b) => {
  if (operation < Operation.And) {
    if (operation === Operation.Multiply) return a * b;
    return operation === Operation.Add ? a + b : a - b;
  }
  if (operation < Operation.Left) {
    if (operation === Operation.Xor) return a ^ b;
    return operation === Operation.And ? a & b : a | b;
  }
  if (operation === Operation.Less) return big(a < b);
  return operation === Operation.Left ? a << b : a >> b;
};

/** Throws ERR_CRYPTO_BIGINT if there is no BigInt, or if it is wrong. About 50 operations a size. */
export function checkBigInt(replaced?: Calculate): void {
  if (typeof ONE !== 'bigint' || !identitiesHold(replaced || calculate)) {
    throw ringletError('ERR_CRYPTO_BIGINT', "This engine's BigInt is missing or wrong: choose the portable algorithms");
  }
}

function identitiesHold(o: Calculate): boolean {
  for (let bits = 31; bits < 700; bits = bits + bits + 1) {
    for (let extra = 0; extra < 3; extra++) {
      const n = big(bits + extra);
      const power = o(Operation.Left, ONE, n);
      const mask = o(Operation.Subtract, power, ONE);
      const square = o(Operation.Multiply, mask, mask);
      const half = o(Operation.Right, mask, ONE);
      const negative = o(Operation.Subtract, ZERO, mask);
      // (2^n - 1)^2 = 2^2n - 2^(n+1) + 1
      if (
        square !==
        o(Operation.Add, o(Operation.Subtract, o(Operation.Left, power, n), o(Operation.Left, power, ONE)), ONE)
      )
        return false;
      if (
        o(Operation.Add, mask, ONE) !== power ||
        o(Operation.Right, power, n) !== ONE ||
        o(Operation.Or, power, mask) !== o(Operation.Add, power, mask)
      )
        return false;
      if (o(Operation.And, square, mask) !== ONE || o(Operation.Right, square, n) !== o(Operation.Subtract, mask, ONE))
        return false;
      if (
        o(Operation.Xor, square, mask) !==
        o(Operation.Subtract, o(Operation.Add, square, mask), o(Operation.Left, o(Operation.And, square, mask), ONE))
      )
        return false;
      if (
        o(Operation.Add, o(Operation.Add, half, half), ONE) !== mask ||
        o(Operation.Multiply, power, half) !== o(Operation.Left, half, n)
      )
        return false;
      if (o(Operation.And, o(Operation.Add, power, mask), mask) !== mask) return false;
      // Shifts of negative numbers round down, and masks of them are as in two's complement.
      if (
        o(Operation.Right, negative, n) !== o(Operation.Subtract, ZERO, ONE) ||
        o(Operation.And, negative, mask) !== ONE
      )
        return false;
      if (o(Operation.Right, o(Operation.Subtract, ZERO, square), n) !== o(Operation.Subtract, ZERO, mask))
        return false;
      if (
        o(Operation.Less, negative, ZERO) !== ONE ||
        o(Operation.Less, mask, power) !== ONE ||
        o(Operation.Less, power, mask) !== ZERO ||
        o(Operation.Less, mask, mask) !== ZERO
      )
        return false;
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
