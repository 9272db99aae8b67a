/**
 * The engine's long computations, a slice at a time. How much is computed in a slice is learnt from how long the slices before have taken: doubled
 * while they are shorter than half of what is wanted, halved when they are longer.
 */
import type { Clock } from '../platform.js';
import type { Progress } from './events.js';

/** What a TlsClient has of it. */
interface Sliced {
  /** The number of what is to be computed, -1 if there is nothing. */
  readonly computing: number;
  compute(budget: number): void;
}

/** For a board whose computations leave room for others: Board.slices. */
export interface Slices {
  /** Milliseconds that they may take at a time, about. */
  readonly ms: number;
  /** Makes a function that computes for so long, if there is anything to compute, and answers where that has led. */
  begin(tls: Sliced, clock: Clock): () => Progress | undefined;
}

export const slices = (ms: number): Slices => ({ ms, begin: (tls, clock) => slicesOf(tls, clock, ms) });

function slicesOf(tls: Sliced, clock: Clock, sliceMs: number): () => Progress | undefined {
  /** In units of crypto/computation.ts: of a slice, and of the computation so far. */
  let budget = 1;
  let units = 0;
  let last = -1;
  let done = -1;

  return () => {
    const step = tls.computing;
    if (step < 0) return undefined;
    if (step !== last) {
      units = 0;
      // TLS 1.2 has them in another order, and may have one more.
      if (step > 3) done = step;
      else if (done < 3) done++;
    }
    last = step;
    units += budget;
    const before = clock.now();
    tls.compute(budget);
    const took = clock.now() - before;
    // The last slice of a computation says nothing.
    if (tls.computing === step) {
      if (took * 2 < sliceMs) budget *= 2;
      else if (took > sliceMs && budget > 1) budget /= 2;
    }
    return { step: STEPS.split(',')[step], done, total: step < 4 ? 4 : 5, units };
  };
}

const STEPS = 'key share,shared secret,certificates,CertificateVerify,signature';
