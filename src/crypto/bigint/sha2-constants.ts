/**
 * The constants of SHA-2 (FIPS 180-4 §4.2.3, §5.3), computed where they come from, because as text they are 900 bytes: 64 bits behind the point of the roots of
 * the first primes. SHA-256's are the upper halves of SHA-512's.
 */
import { big, ONE } from './integers.js';

const TWO_TO_50 = 1125899906842624;

/** `root` is the square (`power` 2) or cube root (3) of `prime` as a double; the answer is exact. */
function fraction(prime: number, root: number, power: number): bigint {
  // Newton's correction of the first 50 bits: what it leaves out is 2^-35 of the last bit that is wanted.
  const guess = big(Math.floor(root * TWO_TO_50)) << big(14);
  const raised = power > 2 ? guess * guess : guess;
  const rest = (big(prime) << big(64 * power)) - raised * guess;
  const exact = guess + big(Math.floor(Number(rest) / (power * Number(raised))));
  return exact & ((ONE << big(64)) - ONE);
}

/**
 * K of the first `rounds` rounds, then the fractions of the square roots of the first 16 primes: H of SHA-512 and SHA-256, then of SHA-384. Who
 * needs them keeps them in his own form: 80 such numbers are 2 KB of a small heap.
 */
export function makeConstants(rounds: number): bigint[] {
  const roundConstants: bigint[] = [];
  const initialValues: bigint[] = [];
  for (let n = 2; roundConstants.length < rounds; n++) {
    let divisor = 2;
    while (n % divisor > 0) divisor++;
    if (divisor < n) continue;
    let root = 2;
    for (let i = 0; i < 9; i++) root += (n / (root * root) - root) / 3;
    roundConstants.push(fraction(n, root, 3));
    if (initialValues.length < 16) initialValues.push(fraction(n, Math.sqrt(n), 2));
  }
  return roundConstants.concat(initialValues);
}
