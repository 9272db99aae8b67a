/** The engine globals of Espruino that its boards use; the only place where they are declared. */
declare interface EspruinoPin {
  write(value: boolean | 0 | 1): void;
  mode(mode: string): void;
}
declare interface EspruinoSpi {
  setup(options: { sck: EspruinoPin; miso: EspruinoPin; mosi: EspruinoPin; baud: number; mode: number }): void;
  /** Sends, and answers as many bytes as were sent; `cs` is low meanwhile. Nested arrays are flattened, views honoured. */
  send(data: ReadonlyArray<Uint8Array>, cs: EspruinoPin): Uint8Array;
  /** Sends without receiving; `cs` is low meanwhile. */
  write(header: Uint8Array, data: Uint8Array, cs: EspruinoPin): void;
}
declare const SPI1: EspruinoSpi;
declare const D16: EspruinoPin;
declare const D17: EspruinoPin;
declare const D18: EspruinoPin;
declare const D19: EspruinoPin;
declare const D20: EspruinoPin;
declare interface EspruinoFile {
  /** Characters are bytes. */
  write(data: string): void;
  /** Waits for all of `length` where the file is a pipe. */
  read(length: number): string;
}
declare interface EspruinoStorage {
  /** The file where it lies in flash, or undefined. */
  read(name: string): string | undefined;
  /** Names have 28 characters at most. False, or an exception, if there is no room. */
  write(name: string, data: Uint8Array): boolean;
  /** Also of a file that is not there. */
  erase(name: string): void;
}
declare interface EspruinoAesLibrary {
  /** Whole blocks. */
  encrypt(message: Uint8Array, key: Uint8Array, options: { mode: string }): ArrayBuffer;
}
/** Builds have some of these. */
declare interface EspruinoCryptoLibrary {
  SHA256(message: Uint8Array): ArrayBuffer;
  SHA384(message: Uint8Array): ArrayBuffer;
  SHA512(message: Uint8Array): ArrayBuffer;
  AES: EspruinoAesLibrary;
}
declare function require(name: 'Storage'): EspruinoStorage;
declare function require(name: 'crypto'): EspruinoCryptoLibrary;
declare const E: {
  hwRand(): number;
  CRC32(text: string): number;
  /** Files of a FAT system or, on a desktop, of the machine. */
  openFile(path: string, mode: 'r' | 'w'): EspruinoFile;
  /** One flat string of all bytes of the arguments. */
  toString(first: Uint8Array, second?: Uint8Array): string;
  toUint8Array(text: string): Uint8Array;
  /** Of the string's own memory, no copy. */
  toArrayBuffer(text: string): ArrayBuffer;
  /** With `flat`: of the data of a string or typed array, 0 if they are not in one piece. */
  getAddressOf(value: string | Uint8Array, flat: boolean): number;
  /** A function that calls machine code at `address` (bit 0: Thumb). At most four arguments. */
  nativeCall(address: number, signature: string): (a: number, b: number, c: number, d: number) => number;
};
declare interface EngineProcess {
  memory(): { free: number; blocksize?: number };
}
declare const process: EngineProcess;
declare function print(text: string): void;
declare function getTime(): number;
declare function getSerial(): string;
declare function setTimeout(callback: () => void, ms: number): number;
declare function clearTimeout(id: number): void;
