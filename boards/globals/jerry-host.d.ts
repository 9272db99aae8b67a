/** The global of hil/sim/jerry-host.c; print, setTimeout and clearTimeout are as Espruino's. */
declare const host: {
  /** Monotonic milliseconds. */
  now(): number;
  random(into: Uint8Array, offset: number, length: number): void;
  crc32(text: string): number;
  /** Bytes of heap; -1 if the engine does not count them. */
  free(): number;
  spiSend(data: Uint8Array, length: number): void;
  /** Waits for all of them. */
  spiReceive(into: Uint8Array, offset: number, length: number): void;
};
