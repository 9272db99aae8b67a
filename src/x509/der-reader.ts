/**
 * A strict cursor over DER (X.690 §8, §10): definite, minimal lengths below 64 KB, one-byte tags, no rest left behind.
 * What is wrong throws ERR_CERT_MALFORMED. Readers share the caller's memory; nothing is copied.
 */
import { malformed } from './certificate-errors.js';

export const enum Tag {
  Boolean = 0x01,
  Integer = 0x02,
  BitString = 0x03,
  OctetString = 0x04,
  ObjectIdentifier = 0x06,
  UtcTime = 0x17,
  GeneralizedTime = 0x18,
  Sequence = 0x30,
  Set = 0x31,
  /** Context-specific, primitive: add the number. */
  Context = 0x80,
  /** Context-specific, constructed: add the number. */
  Explicit = 0xa0,
}

export class DerReader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;

  /** Reads `bytes` from `offset` up to, not including, `end`, which must lie within it. */
  constructor(bytes: Uint8Array, offset: number, end: number) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  /** The tag of the next element, or -1 at the end. */
  peek(): number {
    return this.offset < this.end ? this.bytes[this.offset] : -1;
  }

  /** Skips the next element, which must have `tag`, and answers a reader of its contents. */
  enter(tag: number): DerReader {
    const b = this.bytes;
    const end = this.end;
    let at = this.offset + 2;
    // As `peek` has it, without a call: this is most of what reading a certificate costs.
    if (at > end + 1 || b[at - 2] !== tag || (tag & 31) === 31) malformed('element');
    if (at > end) malformed('end');
    let length = b[at - 1];
    if (length >= 0x80) {
      // Two bytes of length are enough for every certificate that a TLS client can hold.
      const lengthBytes = length - 0x80;
      if (lengthBytes < 1 || lengthBytes > 2 || lengthBytes > end - at) malformed('length');
      length = b[at++];
      if (lengthBytes === 2) length = (length << 8) | b[at++];
      if (length < (lengthBytes === 1 ? 0x80 : 0x100)) malformed('length');
    }
    if (length > end - at) malformed('end');
    this.offset = at + length;
    return new DerReader(b, at, at + length);
  }

  /** The contents of the next element, which must have `tag`. */
  view(tag: number): Uint8Array {
    const content = this.enter(tag);
    return this.bytes.subarray(content.offset, content.end);
  }

  /** The next element, which must be a SEQUENCE, with its tag and length. */
  whole(): Uint8Array {
    const start = this.offset;
    this.enter(Tag.Sequence);
    return this.bytes.subarray(start, this.offset);
  }

  /** Everything must have been read. */
  finish(): void {
    if (this.offset !== this.end) malformed('end');
  }
}

/** A reader of the one SEQUENCE that `der` must be. */
export function readSequence(der: Uint8Array): DerReader {
  const reader = new DerReader(der, 0, der.length);
  const content = reader.enter(Tag.Sequence);
  reader.finish();
  return content;
}
