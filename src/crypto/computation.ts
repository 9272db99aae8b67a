/** Computations that may take seconds or minutes on an interpreter, and are therefore done in slices. */

/** A long computation in slices. */
export interface Computation<T> {
  /** Goes on for about `budget` units of work (one unit: about one multiplication modulo a 256-bit number), at least one. True when the result is there, and ever after. */
  step(budget: number): boolean;
  /** True while `step` cannot get on before something happens elsewhere; missing: never. Then there is no use in calling it at once again. */
  waiting?(): boolean;
  /** The answer; only once `step` has answered true. */
  result(): T;
}

/** One that is finished. */
export function done<T>(value: T): Computation<T> {
  return { step: () => true, result: () => value };
}

/** One of a single step, which is `run`. */
export function once<T>(run: () => T): Computation<T> {
  let answers: T[] | undefined;
  return {
    step() {
      answers = answers ?? [run()];
      return true;
    },
    result: () => (answers as T[])[0],
  };
}

/** Runs one to its end and answers its result. */
export function finish<T>(computation: Computation<T>): T {
  while (!computation.step(1 << 20));
  return computation.result();
}
