/**
 * The seed of every random choice in the tests, printed before the first: `SEED=n npm test` repeats a run,
 * `SEED=random npm test` looks somewhere new. Without it every run is the same, so that a failure is always the change's.
 */
import fc from 'fast-check';

const given = process.env['SEED'] ?? '1';

/** A whole number from 1 to 2^31 - 1. */
export const SEED = given === 'random' ? 1 + Math.floor(Math.random() * (2 ** 31 - 1)) : Number(given);

if (!Number.isInteger(SEED) || SEED < 1 || SEED >= 2 ** 31) {
  throw new Error('SEED: a whole number from 1 to 2147483647, or "random"');
}
console.log(`SEED=${SEED}`);
fc.configureGlobal({ seed: SEED });
