/**
 * The simulated chip's time: link-up, ARP and TCP timeouts, delayed completions. The real clock follows the machine;
 * the virtual one moves only when a test says so.
 */
import type { Clock } from '../../src/platform.js';

/** What `after` answers, for `cancel`. */
export interface ScheduledEvent {
  due: number;
  order: number;
  callback: () => void;
}

export interface SimClock extends Clock {
  /** Runs `callback` once, `delayMs` from now (0 is allowed), never from inside this call. */
  after(delayMs: number, callback: () => void): ScheduledEvent;
  cancel(event: ScheduledEvent): void;
  /** Fires what is already due. The chip calls it at the start of every SPI frame, so that a polling loop sees time pass. */
  runDue(): void;
  /** Forgets every event. */
  close(): void;
}

/** Events in the order in which they are due; equal times keep the order in which they were scheduled. */
class EventList {
  private events: ScheduledEvent[] = [];
  private count = 0;

  add(due: number, callback: () => void): ScheduledEvent {
    const event = { due, order: this.count++, callback };
    const at = this.events.findIndex(other => other.due > due);
    this.events.splice(at < 0 ? this.events.length : at, 0, event);
    return event;
  }

  remove(event: ScheduledEvent): void {
    const at = this.events.indexOf(event);
    if (at >= 0) this.events.splice(at, 1);
  }

  first(): ScheduledEvent | undefined {
    return this.events[0];
  }

  clear(): void {
    this.events = [];
  }
}

export class RealClock implements SimClock {
  private list = new EventList();
  private timeout: NodeJS.Timeout | undefined;
  private closed = false;

  now(): number {
    return performance.now();
  }

  after(delayMs: number, callback: () => void): ScheduledEvent {
    const event = this.list.add(this.now() + delayMs, callback);
    this.arm();
    return event;
  }

  cancel(event: ScheduledEvent): void {
    this.list.remove(event);
    this.arm();
  }

  runDue(): void {
    let event = this.list.first();
    if (event === undefined || event.due > this.now()) return;
    while (event !== undefined && event.due <= this.now()) {
      this.list.remove(event);
      event.callback();
      event = this.list.first();
    }
    this.arm();
  }

  close(): void {
    this.closed = true;
    this.list.clear();
    clearTimeout(this.timeout);
  }

  private arm(): void {
    clearTimeout(this.timeout);
    this.timeout = undefined;
    const event = this.list.first();
    if (event === undefined || this.closed) return;
    this.timeout = setTimeout(
      () => {
        this.runDue();
        this.arm();
      },
      Math.max(0, Math.ceil(event.due - this.now())),
    );
  }
}

export class VirtualClock implements SimClock {
  private list = new EventList();
  private time = 0;

  now(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): ScheduledEvent {
    return this.list.add(this.time + delayMs, callback);
  }

  cancel(event: ScheduledEvent): void {
    this.list.remove(event);
  }

  runDue(): void {
    this.advance(0);
  }

  /** When the next event is due; undefined if there is none. */
  nextDue(): number | undefined {
    return this.list.first()?.due;
  }

  /** Moves time forward by `ms`, firing every event on the way at its own time, also those that events schedule. */
  advance(ms: number): void {
    const end = this.time + ms;
    let event = this.list.first();
    while (event !== undefined && event.due <= end) {
      this.list.remove(event);
      this.time = Math.max(this.time, event.due);
      event.callback();
      event = this.list.first();
    }
    this.time = end;
  }

  close(): void {
    this.list.clear();
  }
}
