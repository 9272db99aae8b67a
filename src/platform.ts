/**
 * What a board gives to the code in src/. Composition roots in boards/ implement these; nothing in src/ knows an engine.
 */

/**
 * One call is one complete SPI frame: chip select falls, header and data are clocked, chip select rises. A port that can
 * only move so much at once may split it into several frames with advancing addresses, and may overwrite `header` for that.
 */
export interface SpiPort {
  /** Clocks out `header` (3 bytes), then reads `length` bytes (1 or more) into `into` from `offset`. */
  read(header: Uint8Array, into: Uint8Array, offset: number, length: number): void;
  /** Clocks out `header` (3 bytes), then `length` bytes (1 or more) of `data` from `offset`. Neither array is kept. */
  write(header: Uint8Array, data: Uint8Array, offset: number, length: number): void;
}

/** Monotonic time in milliseconds (may be fractional), from any origin. */
export interface Clock {
  now(): number;
}

/** Calls back once, later, from the event loop; never from inside `after`. */
export interface Timer {
  after(delayMs: number, callback: () => void): TimerHandle;
  cancel(handle: TimerHandle): void;
}
export type TimerHandle = unknown;

/** Fills `length` bytes of `into` from `offset` with cryptographically secure random bytes. */
export type RandomSource = (into: Uint8Array, offset: number, length: number) => void;

/** Seconds since 1970-01-01T00:00Z, or undefined while nobody knows the time. */
export type UnixTime = () => number | undefined;
