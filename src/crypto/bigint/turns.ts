import type { Computation } from '../computation.js';

/** At most so many holes are filled while there is something to compute: 3 KB. */
const HOLES = 256;

/**
 * A computation of several stages, each of which is done in turns of about `units` units: a turn answers true when it was its stage's last. Then `answer`
 * is asked once.
 *
 * JerryScript searches its list of free memory from its beginning whenever a big number is made, and in a heap that has been in use there are a hundred pieces in
 * front that are too small for any: they were a third of the time. Numbers with a fraction take 8 bytes each, so they fill them, for as long as a step takes.
 */
export function turns<T>(units: number, stages: Array<() => boolean>, answer: () => T): Computation<T> {
  let stage = 0;
  let value: T;
  return {
    step(budget) {
      const filling: number[] = new Array(HOLES);
      for (let i = 0; i < HOLES; i++) filling[i] = i + 0.5;
      do {
        if (stage < stages.length && stages[stage]() && ++stage === stages.length) value = answer();
        budget -= units;
      } while (stage < stages.length && budget > 0);
      for (let i = 0; i < HOLES; i++) filling[i] = 0;
      return stage === stages.length;
    },
    result: () => value,
  };
}
