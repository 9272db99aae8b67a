/** INTn, W5500 §4.1 (INTLEVEL): active low; after a rising edge it stays high for a time before it may fall again. */
import type { ScheduledEvent, SimClock } from './clock.js';
import type { Faults } from './faults.js';

/** INTLEVEL counts (n + 1) times 4 cycles of 150 MHz. */
const UNIT_MS = 4 / 150000;

export class InterruptPin {
  level: 0 | 1 = 1;
  /** Called on every edge that is not lost. */
  onEdge: ((level: 0 | 1) => void) | undefined;
  private asserted = false;
  private mayFallAt = Number.NEGATIVE_INFINITY;
  private holdOff: ScheduledEvent | undefined;

  constructor(
    private readonly clock: SimClock,
    private readonly faults: Faults,
  ) {}

  update(asserted: boolean, interruptLevel: number): void {
    this.asserted = asserted;
    if (!asserted) {
      if (this.level === 1) return;
      this.mayFallAt = interruptLevel === 0 ? 0 : this.clock.now() + (interruptLevel + 1) * UNIT_MS;
      this.set(1);
    } else if (this.level === 1 && this.holdOff === undefined) this.fallWhenAllowed();
  }

  private fallWhenAllowed(): void {
    const wait = this.mayFallAt - this.clock.now();
    if (wait <= 0) {
      this.set(0);
      return;
    }
    this.holdOff = this.clock.after(wait, () => {
      this.holdOff = undefined;
      if (this.asserted && this.level === 1) this.set(0);
    });
  }

  private set(level: 0 | 1): void {
    this.level = level;
    if (level === 0 && this.faults.interruptEdgesLost > 0) this.faults.interruptEdgesLost--;
    else this.onEdge?.(level);
  }
}
