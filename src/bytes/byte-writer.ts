/** A bounds-checked big-endian cursor for writing into caller's memory; what does not fit throws what `overflow` makes. */
import { copyBytes } from './copy-bytes.js';

export class ByteWriter {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;
  private readonly overflow: (needed: number) => Error;

  constructor(bytes: Uint8Array, offset: number, length: number, overflow: (needed: number) => Error) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = offset + length;
    this.overflow = overflow;
  }

  /** Skips `length` bytes and answers the offset where they start. */
  reserve(length: number): number {
    const at = this.offset;
    if (length > this.end - at) throw this.overflow(at + length - this.end);
    this.offset = at + length;
    return at;
  }

  writeUint8(value: number): void {
    this.bytes[this.reserve(1)] = value;
  }

  writeUint16(value: number): void {
    const at = this.reserve(2);
    this.bytes[at] = value >> 8;
    this.bytes[at + 1] = value;
  }

  writeUint32(value: number): void {
    this.put(this.reserve(4) + 4, value, 4);
  }

  append(bytes: Uint8Array, offset: number, length: number): void {
    copyBytes(this.bytes, this.reserve(length), bytes, offset, length);
  }

  /** `text` as one byte a character; only for ASCII. */
  ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.writeUint8(text.charCodeAt(i));
  }

  /** Leaves room for a length of `lengthBytes` (1, 2 or 3); give the answer to `closeVector` when the vector is written. */
  openVector(lengthBytes: number): number {
    return this.reserve(lengthBytes) + lengthBytes;
  }

  /** Back-patches the length of the vector whose content starts at `start`. */
  closeVector(start: number, lengthBytes: number): void {
    this.put(start, this.offset - start, lengthBytes);
  }

  /** The last `size` bytes in front of `end`. */
  private put(end: number, value: number, size: number): void {
    for (let i = 1; i <= size; i++) {
      this.bytes[end - i] = value;
      value >>= 8;
    }
  }
}
