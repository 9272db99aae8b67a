/** The engine globals of Kaluma that its boards use; setTimeout and clearTimeout are declared with Espruino's. */
declare interface KalumaSpi {
  /** Sends the whole buffer behind `data`, whatever part of it `data` is. */
  send(data: Uint8Array): number;
  /** Sends zeros; the answer's memory is not the engine's heap and comes back when the engine collects garbage. */
  recv(length: number): Uint8Array;
}
declare interface KalumaSpiModule {
  SPI: new (
    bus: number,
    options: { mode: number; baudrate: number; sck: number; miso: number; mosi: number },
  ) => KalumaSpi;
}
/** What the module rp2 is made of. */
declare interface KalumaRp2Binding {
  /** 128 bits of the Pico SDK's generator. */
  randomBigInt(): { toString(radix: number): string };
}
/** What reads stored text (tools/stored-overlays.mjs) uses. */
declare interface TextDecoder {
  decode(bytes: Uint8Array): string;
}
declare interface EngineProcess {
  memoryUsage(): { heapTotal: number; heapUsed: number };
  binding(name: 'rp2'): KalumaRp2Binding;
}
declare interface KalumaFsModule {
  exists(path: string): boolean;
  readFile(path: string): Uint8Array;
  /** What was there stays until all of the new is. */
  writeFile(path: string, data: Uint8Array): void;
}
declare function require(name: 'fs'): KalumaFsModule;
declare function require(name: 'spi'): KalumaSpiModule;
declare const board: { uid: string };
declare const OUTPUT: number;
declare function pinMode(pin: number, mode: number): void;
declare function digitalWrite(pin: number, value: 0 | 1): void;
/** Since the start; the others, Date.now() too, are always 0. */
declare function millis(): number;
declare function micros(): number;
declare const console: { log(text: string): void };
