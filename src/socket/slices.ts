/**
 * The engine's long computations, a slice at a time. How much is computed in a slice is learnt from how long the slices before have taken: doubled
 * while they are shorter than half of what is wanted, halved when they are longer.
 */
import type { Clock } from '../platform.js';
import type { TlsClient } from '../tls/client.js';
import type { Progress } from './events.js';

export class Slices {
  private readonly tls: TlsClient;
  private readonly clock: Clock;
  private readonly sliceMs: number;
  /** In units of crypto/computation.ts: of a slice, and of the computation so far. */
  private budget: number;
  private units: number;
  private step: number;

  constructor(tls: TlsClient, clock: Clock, sliceMs: number) {
    this.tls = tls;
    this.clock = clock;
    this.sliceMs = sliceMs;
    this.budget = 1;
    this.units = this.step = 0;
  }

  /** Computes for about so long, if there is anything to compute; answers where that has led. */
  next(): Progress | undefined {
    const tls = this.tls;
    const clock = this.clock;
    const step = tls.computing;
    if (step < 0) return undefined;
    if (step !== this.step) this.units = 0;
    this.step = step;
    this.units += this.budget;
    const before = clock.now();
    tls.compute(this.budget);
    const took = clock.now() - before;
    // The last slice of a computation says nothing.
    if (tls.computing === step) {
      if (took * 2 < this.sliceMs) this.budget *= 2;
      else if (took > this.sliceMs && this.budget > 1) this.budget /= 2;
    }
    return { step: STEPS[step], done: step, total: 4, units: this.units };
  }
}

const STEPS = ['key share', 'shared secret', 'certificates', 'CertificateVerify'];
