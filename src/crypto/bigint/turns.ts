import type { Computation } from '../computation.js';

/**
 * A computation of several stages, each of which is done in turns of about `units` units: a turn answers true when it was its stage's last. Then `answer`
 * is asked once.
 */
export function turns<T>(units: number, stages: Array<() => boolean>, answer: () => T): Computation<T> {
  let stage = 0;
  let value: T;
  return {
    step(budget) {
      do {
        if (stage < stages.length && stages[stage]() && ++stage === stages.length) value = answer();
        budget -= units;
      } while (stage < stages.length && budget > 0);
      return stage === stages.length;
    },
    result: () => value,
  };
}
