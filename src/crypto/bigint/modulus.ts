/**
 * Arithmetic modulo any number by Barrett's method: the quotient is estimated by two shifts and a multiplication with the modulus's inverse, which
 * has 32 bits more than needed, so that the rest is that of a division but for a few bits at either end of the range.
 */
import { big, ONE, ZERO } from './integers.js';

export interface Modulus {
  readonly modulus: bigint;
  /** What `reduce` works with, for who writes it out: value - (((value >> low) * inverse) >> high) * modulus. */
  readonly inverse: bigint;
  readonly low: bigint;
  readonly high: bigint;
  /**
   * A number congruent to `value` and above -p / 1000 and below p + p / 1000, where p is the modulus; `value` is of any sign and of size up to 4096 p * p.
   * No branch depends on it.
   */
  reduce(value: bigint): bigint;
  /** `value`, which has been reduced, as the number from 0 to p - 1. */
  residue(value: bigint): bigint;
}

/** `bits`: those of the modulus. */
export function createModulus(modulus: bigint, bits: number): Modulus {
  const shift = big(2 * bits + 32);
  const low = big(bits - 32);
  const high = big(bits + 64);
  // Newton's iteration, from a first guess that is right in its first bit, on to where it stays.
  let inverse = ONE << big(bits + 32);
  for (let known = 1; known < bits + 64; known *= 2) {
    inverse = (inverse << ONE) - ((inverse * inverse * modulus) >> shift);
  }
  const reduce = (value: bigint): bigint => value - (((value >> low) * inverse) >> high) * modulus;
  return {
    modulus,
    inverse,
    low,
    high,
    reduce,
    residue(value) {
      value += modulus * big(value < ZERO);
      return value - modulus * big(value >= modulus);
    },
  };
}

/** Bits of a long exponent that are multiplied by at once. */
const WINDOW = 4;

/** A stage that computes base^exponent, one to four bits of the public exponent a turn, and gives it to `done`. */
export function powerStage(
  reduce: (value: bigint) => bigint,
  base: () => bigint,
  exponent: bigint,
  done: (power: bigint) => void,
): () => boolean {
  const bits = exponent.toString(2);
  // Fifteen powers of the base, which a short exponent (RSA's has 17 bits) would not be worth.
  const window = bits.length > 64 ? WINDOW : 1;
  const powers: bigint[] = [];
  let power = ONE;
  let at = 0;
  return () => {
    if (at === 0) for (let i = 1; i < 1 << window; i++) powers[i] = i > 1 ? reduce(powers[i - 1] * powers[1]) : base();
    let digit = 0;
    // The first turn takes what is left over by the others.
    for (let i = (bits.length - at - 1) & (window - 1); i >= 0; i--) {
      power = reduce(power * power);
      digit = 2 * digit + (bits[at++] === '1' ? 1 : 0);
    }
    if (digit > 0) power = reduce(power * powers[digit]);
    if (at < bits.length) return false;
    done(power);
    return true;
  };
}
