/**
 * Numbers of any size as the engine has them (ECMAScript's BigInt), for this folder only. What JerryScript 3.0 gets wrong is not used anywhere
 * here: `%`, `/` and BigInt.asUintN. Reductions are multiplications, masks and shifts. No literals: the language is ES2015.
 *
 * No branch and no index below depends on a secret where it says so, and that is as much as an interpreter can promise: the engine itself takes
 * less time for shorter numbers, and numbers cannot be wiped, only forgotten.
 */
/** A number, out of a whole one. Where there is no BigInt it is the number itself, which the self-test finds out. */
export const big =
  typeof BigInt === 'function' ? BigInt : (value: number | string | boolean) => value as unknown as bigint;

export const ZERO = big(0);
export const ONE = big(1);
export const EIGHT = big(8);
const BASE = big(85);

/** The number in `length` bytes at `offset`, big-endian unless `littleEndian`. */
export function readInteger(bytes: Uint8Array, offset: number, length: number, littleEndian?: boolean): bigint {
  const eight = EIGHT;
  const toBig = big;
  let value = ZERO;
  for (let i = 0; i < length; i++) {
    value = (value << eight) | toBig(bytes[offset + (littleEndian ? length - 1 - i : i)]);
  }
  return value;
}

/** Writes the lowest `length` bytes of `value` to `bytes` at `offset`, big-endian unless `littleEndian`. */
export function writeInteger(
  value: bigint,
  bytes: Uint8Array,
  offset: number,
  length: number,
  littleEndian?: boolean,
): void {
  const mask = big(255);
  const eight = EIGHT;
  const toNumber = Number;
  for (let i = 0; i < length; i++) {
    bytes[offset + (littleEndian ? i : length - 1 - i)] = toNumber(value & mask);
    value >>= eight;
  }
}

/** The number whose digits in base 85, the highest first, are the characters of `text` from 40, `(`, on. */
export function parseInteger(text: string): bigint {
  let value = ZERO;
  for (let i = 0; i < text.length; i++) value = value * BASE + big(text.charCodeAt(i) - 40);
  return value;
}
