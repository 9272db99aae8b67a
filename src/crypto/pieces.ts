import type { Computation } from './computation.js';

/** Does a little, and answers what it cost in units of work (see `Computation`), or 0 once nothing is left to do. */
export type Piece = () => number;

/** A computation out of `parts`, each of them called until it answers 0; then `result` tells the answer. */
export function inPieces<T>(parts: Piece[], result: () => T): Computation<T> {
  let part = 0;
  return {
    step(budget: number): boolean {
      while (part < parts.length) {
        const cost = parts[part]();
        if (cost === 0) part++;
        budget -= cost;
        if (cost > 0 && budget <= 0) break;
      }
      return part === parts.length;
    },
    result,
  };
}
