/** The global of hil/sim/jerry-host.c; print, setTimeout and clearTimeout are as Espruino's. */
declare const host: {
  crc32(text: string): number;
  /** Bytes of heap; -1 if the engine does not count them. */
  free(): number;
  /** SPI frames so far. */
  frames(): number;
};
