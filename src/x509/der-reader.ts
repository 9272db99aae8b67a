/**
 * A strict cursor over DER (X.690 §8, §10): definite, minimal lengths of at most 64 KB, one-byte tags, no rest left behind.
 * What is wrong throws ERR_CERT_MALFORMED. Readers share the caller's memory; nothing is copied.
 */
import { ringletError } from '../errors.js';

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

/** Throws ERR_CERT_MALFORMED. */
export function malformed(what: string): never {
  throw ringletError('ERR_CERT_MALFORMED', 'The certificate is malformed: ' + what);
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
    let at = this.offset + 2;
    if (this.peek() !== tag || (tag & 31) === 31) malformed('not the expected element');
    if (at > this.end) malformed('ends early');
    let length = b[at - 1];
    if (length >= 0x80) {
      // Two or three bytes of length: no certificate in a TLS message that we could hold needs more.
      const lengthBytes = length - 0x80;
      if (lengthBytes < 1 || lengthBytes > 2 || lengthBytes > this.end - at) malformed('bad length');
      length = b[at];
      if (lengthBytes === 2) length = (length << 8) | b[at + 1];
      if (length < (lengthBytes === 1 ? 0x80 : 0x100)) malformed('length not minimal');
      at += lengthBytes;
    }
    if (length > this.end - at) malformed('ends early');
    this.offset = at + length;
    return new DerReader(b, at, at + length);
  }

  /** The contents of the next element, which must have `tag`. */
  view(tag: number): Uint8Array {
    const content = this.enter(tag);
    return this.bytes.subarray(content.offset, content.end);
  }

  /** The next element, which must have `tag`, with its tag and length. */
  whole(tag: number): Uint8Array {
    const start = this.offset;
    this.enter(tag);
    return this.bytes.subarray(start, this.offset);
  }

  /** Everything must have been read. */
  finish(): void {
    if (this.offset !== this.end) malformed('bytes too many');
  }

  /** `BOOLEAN DEFAULT FALSE`. DER leaves out a FALSE; old issuers spell it, and it means the same, so it is let pass. */
  optionalBoolean(): boolean {
    if (this.peek() !== Tag.Boolean) return false;
    const content = this.enter(Tag.Boolean);
    const value = content.bytes[content.offset];
    if (content.end - content.offset !== 1 || (value !== 0 && value !== 0xff)) malformed('bad BOOLEAN');
    return value === 0xff;
  }

  /** An INTEGER, two's complement, big-endian, minimal. */
  integer(): Uint8Array {
    const value = this.view(Tag.Integer);
    if (value.length === 0) malformed('bad INTEGER');
    if (value.length > 1 && ((value[0] === 0 && value[1] < 0x80) || (value[0] === 0xff && value[1] >= 0x80))) {
      malformed('INTEGER not minimal');
    }
    return value;
  }

  /** An INTEGER greater than 0, big-endian, without the leading zero. */
  positiveInteger(): Uint8Array {
    const value = this.integer();
    if (value[0] >= 0x80 || (value.length === 1 && value[0] === 0)) malformed('INTEGER not positive');
    return value[0] === 0 ? value.subarray(1) : value;
  }

  /** A BIT STRING of whole bytes. */
  octetsInBitString(): Uint8Array {
    const value = this.view(Tag.BitString);
    if (value.length === 0 || value[0] !== 0) malformed('bad BIT STRING');
    return value.subarray(1);
  }

  /** The first byte of a BIT STRING of named bits (bit 0 is 0x80), 0 if it is empty. */
  namedBits(): number {
    const value = this.view(Tag.BitString);
    const last = value.length - 1;
    const unused = last < 0 ? 8 : value[0];
    if (unused > 7 || (last === 0 && unused > 0) || value[last] & (last > 0 ? (1 << unused) - 1 : 0)) {
      malformed('bad BIT STRING');
    }
    return last > 0 ? value[1] : 0;
  }

  /** An OBJECT IDENTIFIER: its contents in hexadecimal, to be compared with those of oids.ts. */
  oid(): string {
    const value = this.view(Tag.ObjectIdentifier);
    let afterLast = true;
    for (let i = 0; i < value.length; i++) {
      if (afterLast && value[i] === 0x80) malformed('bad OBJECT IDENTIFIER');
      afterLast = value[i] < 0x80;
    }
    if (value.length === 0 || !afterLast) malformed('bad OBJECT IDENTIFIER');
    return toHex(value);
  }
}

/** A reader of the one SEQUENCE that `der` must be. */
export function readSequence(der: Uint8Array): DerReader {
  const reader = new DerReader(der, 0, der.length);
  const content = reader.enter(Tag.Sequence);
  reader.finish();
  return content;
}

/** Two lower-case digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += (bytes[i] < 16 ? '0' : '') + bytes[i].toString(16);
  return text;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
