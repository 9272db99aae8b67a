/** The global of firmware-glue/jerryscript/ringlet-module.c, which says what is checked; setTimeout and clearTimeout are as Espruino's. */
declare const ringletNative: {
  /** See NativeCode of src/crypto/native. */
  call(entry: number, a: number, b: number, c: number, d: number): number;
  addressOf(array: Uint8Array): number;
  /** One complete SPI frame: see SpiPort. */
  read(header: Uint8Array, into: Uint8Array, offset: number, length: number): void;
  write(header: Uint8Array, data: Uint8Array, offset: number, length: number): void;
  /** Monotonic milliseconds. */
  now(): number;
  /** False if there is no randomness. */
  random(into: Uint8Array, offset: number, length: number): boolean;
  /** Fills 8 bytes. */
  uniqueId(into: Uint8Array): void;
};
