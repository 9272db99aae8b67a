import type { Computation } from '../computation.js';

/** At most so many holes are filled while there is something to compute: 8 KB. */
const HOLES = 512;

/**
 * A computation of several stages, each of which is done in turns of about `units` units: a turn answers true when it was its stage's last. Then `answer`
 * is asked once.
 *
 * JerryScript searches its list of free memory from its beginning whenever a big number is made, and in a heap that has been in use there are a hundred pieces in
 * front that are too small for any: they were a third of the time. Numbers with a fraction take 8 bytes each, so they fill them, until the computation is over.
 */
export function turns<T>(units: number, stages: Array<() => boolean>, answer: () => T): Computation<T> {
  let stage = 0;
  let value: T;
  let filling: number[] | undefined;
  return {
    step(budget) {
      if (!filling) {
        filling = new Array(HOLES);
        for (let i = 0; i < HOLES; i++) filling[i] = i + 0.5;
      }
      do {
        if (stage < stages.length && stages[stage]() && ++stage === stages.length) value = answer();
        budget -= units;
      } while (stage < stages.length && budget > 0);
      if (stage < stages.length) return false;
      filling = [];
      return true;
    },
    result: () => value,
  };
}
