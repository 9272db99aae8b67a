/**
 * The emulated board's time: processor cycles become nanoseconds at the frequency that the firmware has set, and whatever
 * happens later (a timer, the end of an SPI byte, a USB packet) is an alarm in a list ordered by time.
 */
import type { RP2040 } from 'rp2040js';

const NANOSECONDS_PER_MS = 1e6;

type RpClock = RP2040['clock'];
type Alarm = ReturnType<RpClock['createAlarm']>;

class TimedAlarm implements Alarm {
  next: TimedAlarm | undefined;
  due = 0;
  private scheduled = false;

  constructor(
    private readonly list: AlarmClock,
    readonly callback: () => void,
  ) {}

  schedule(nanoseconds: number): void {
    this.cancel();
    this.due = this.list.nanos + nanoseconds;
    this.scheduled = true;
    this.list.add(this);
  }

  cancel(): void {
    if (this.scheduled) this.list.remove(this);
    this.scheduled = false;
  }

  fire(): void {
    this.scheduled = false;
    this.callback();
  }
}

class AlarmClock implements RpClock {
  first: TimedAlarm | undefined;

  constructor(public nanos: number) {}

  createAlarm(callback: () => void): TimedAlarm {
    return new TimedAlarm(this, callback);
  }

  /** Equal times keep the order in which they were scheduled. */
  add(alarm: TimedAlarm): void {
    let before: TimedAlarm | undefined;
    let after = this.first;
    while (after !== undefined && after.due <= alarm.due) {
      before = after;
      after = after.next;
    }
    alarm.next = after;
    if (before === undefined) this.first = alarm;
    else before.next = alarm;
  }

  remove(alarm: TimedAlarm): void {
    if (this.first === alarm) this.first = alarm.next;
    else {
      let before = this.first;
      while (before !== undefined && before.next !== alarm) before = before.next;
      if (before !== undefined) before.next = alarm.next;
    }
    alarm.next = undefined;
  }

  advance(nanoseconds: number): void {
    const end = this.nanos + nanoseconds;
    if (this.first === undefined || this.first.due > end) this.nanos = end;
    else this.fireUpTo(end);
  }

  private fireUpTo(end: number): void {
    while (this.first !== undefined && this.first.due <= end) {
      const alarm = this.first;
      this.first = alarm.next;
      alarm.next = undefined;
      if (alarm.due > this.nanos) this.nanos = alarm.due;
      alarm.fire();
    }
    this.nanos = end;
  }
}

export class EmulatedTime {
  private readonly alarms: AlarmClock;
  private readonly wake: TimedAlarm;
  private nanosecondsPerCycle = 8;

  /** A board that starts again goes on at `sinceMs`. `onWake` is what `wakeAfter` brings about. */
  constructor(sinceMs: number, onWake: () => void) {
    this.alarms = new AlarmClock(sinceMs * NANOSECONDS_PER_MS);
    this.wake = this.alarms.createAlarm(onWake);
  }

  /** What an RP2040 wants to be made with. */
  get clock(): RpClock {
    return this.alarms;
  }

  get milliseconds(): number {
    return this.alarms.nanos / NANOSECONDS_PER_MS;
  }

  /** Cycles are as long as this processor's clock makes them. */
  follow(mcu: RP2040): void {
    const take = (hertz: number) => {
      this.nanosecondsPerCycle = 1e9 / hertz;
    };
    take(mcu.clkSys);
    mcu.addClockListener(take);
  }

  /** So many cycles have gone by. */
  pass(cycles: number): void {
    this.alarms.advance(cycles * this.nanosecondsPerCycle);
  }

  /** To the next alarm, or to `endMs` if that is earlier. */
  sleep(endMs: number): void {
    const next = this.alarms.first === undefined ? Number.POSITIVE_INFINITY : this.alarms.first.due - this.alarms.nanos;
    const end = endMs * NANOSECONDS_PER_MS - this.alarms.nanos;
    this.alarms.advance(Math.max(this.nanosecondsPerCycle, Math.min(next, end)));
  }

  /** Replaces the wake-up that was asked for before. */
  wakeAfter(delayMs: number): void {
    this.wake.schedule(delayMs * NANOSECONDS_PER_MS);
  }
}
