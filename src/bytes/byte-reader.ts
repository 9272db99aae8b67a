/**
 * A bounds-checked big-endian cursor over part of an array. What lies outside throws the error made by `malformed`, so
 * each protocol gets its own code: a message is decode_error, a DNS answer is something else.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  offset: number;
  end: number;
  private readonly malformed: (what: string) => Error;

  constructor(bytes: Uint8Array, offset: number, length: number, malformed: (what: string) => Error) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = offset + length;
    this.malformed = malformed;
  }

  get bytesLeft(): number {
    return this.end - this.offset;
  }

  fail(what: string): never {
    throw this.malformed(what);
  }

  /** `size` bytes, at most 6. */
  readUint(size: number): number {
    const end = this.advance(size) + size;
    let value = 0;
    for (let at = end - size; at < end; at++) value = value * 256 + this.bytes[at];
    return value;
  }

  readUint8(): number {
    return this.readUint(1);
  }

  readUint16(): number {
    return this.readUint(2);
  }

  /** Skips `length` bytes and answers the offset in `bytes` where they start. */
  advance(length: number): number {
    const at = this.offset;
    if (length < 0 || length > this.end - at) this.fail('ends early');
    this.offset = at + length;
    return at;
  }

  /** A view of the next `length` bytes; it lives as long as the memory under it is not reused. */
  view(length: number): Uint8Array {
    const at = this.advance(length);
    return this.bytes.subarray(at, at + length);
  }

  /** A reader over the next `length` bytes, which this one skips. */
  slice(length: number): ByteReader {
    return new ByteReader(this.bytes, this.advance(length), length, this.malformed);
  }

  /** A view of all that is left. */
  rest(): Uint8Array {
    return this.view(this.bytesLeft);
  }

  /** `opaque<floor..>`, at most what a length of `lengthBytes` (1, 2 or 3) in front of it can say, RFC 8446 §3.4. */
  vector(lengthBytes: number, floor: number): ByteReader {
    const length = this.readUint(lengthBytes);
    if (length < floor) this.fail('has a vector of ' + length + ' bytes');
    return this.slice(length);
  }

  /** Everything must have been read. */
  expectEnd(): void {
    if (this.offset !== this.end) this.fail('has ' + (this.end - this.offset) + ' bytes too many');
  }
}
