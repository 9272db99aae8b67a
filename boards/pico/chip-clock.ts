/** Emulated time for the simulated chip and its LAN: their timeouts run with the processor's, whatever the desktop's clock does. */
import { type ScheduledEvent, type SimClock, VirtualClock } from '../sim/clock.js';

/** Asks to be called back `delayMs` of emulated time from now; a later request replaces an earlier one. */
export type Wake = (delayMs: number) => void;

export class ChipClock implements SimClock {
  private readonly events = new VirtualClock();

  constructor(
    private readonly emulatedMs: () => number,
    private readonly wake: Wake,
  ) {}

  now(): number {
    return this.emulatedMs();
  }

  after(delayMs: number, callback: () => void): ScheduledEvent {
    const event = this.events.after(this.now() - this.events.now() + delayMs, callback);
    this.arm();
    return event;
  }

  cancel(event: ScheduledEvent): void {
    this.events.cancel(event);
  }

  /** Fires what is due. To be called when the wake-up that was asked for comes; also safe at any other time. */
  runDue(): void {
    this.events.advance(Math.max(0, this.now() - this.events.now()));
    this.arm();
  }

  close(): void {
    this.events.close();
  }

  private arm(): void {
    const due = this.events.nextDue();
    if (due !== undefined) this.wake(Math.max(0, due - this.now()));
  }
}
