/** Node's clock and event loop as the platform interfaces of src/. */
import type { Clock, Timer, TimerHandle } from '../../src/platform.js';

export const nodeClock: Clock = { now: () => performance.now() };

export const nodeTimer: Timer = {
  // setTimeout(0) waits a whole millisecond; "as soon as possible" is setImmediate, which also lets I/O happen first.
  after(delayMs: number, callback: () => void): TimerHandle {
    return delayMs > 0 ? setTimeout(callback, delayMs) : setImmediate(callback);
  },
  cancel(handle: TimerHandle): void {
    clearTimeout(handle as NodeJS.Timeout);
    clearImmediate(handle as NodeJS.Immediate);
  },
};

export function nodeUnixTime(): number {
  return Math.floor(Date.now() / 1000);
}
