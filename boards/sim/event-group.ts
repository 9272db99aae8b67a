/** Scheduled events that end together, such as all timers of one connection. */
import type { ScheduledEvent, SimClock } from './clock.js';

export class EventGroup {
  private readonly events = new Set<ScheduledEvent>();

  constructor(private readonly clock: SimClock) {}

  after(delayMs: number, callback: () => void): ScheduledEvent {
    const event = this.clock.after(delayMs, () => {
      this.events.delete(event);
      callback();
    });
    this.events.add(event);
    return event;
  }

  cancel(event: ScheduledEvent): void {
    this.events.delete(event);
    this.clock.cancel(event);
  }

  clear(): void {
    for (const event of this.events) this.clock.cancel(event);
    this.events.clear();
  }
}
