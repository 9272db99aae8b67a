/**
 * Takes records out of the receive window, RFC 8446 §5. A record is opened in place as soon as it is whole, across the end
 * of the ring as two spans; its content is then taken in pieces of any size, and every piece frees its room in the ring.
 *
 *   window   [ header | content ............ | type | 00 00 padding | tag ]
 *   opened            [ content ............ | trailer                    ]     header discarded
 *   taken                       [ .......... | trailer                    ]     what was taken discarded
 *
 * A record longer than the ring, which must have a backlog then, is opened a chunk at a time (long-record.ts): `next` goes on
 * to its next chunk as to a record of its own. Allocates nothing per record.
 */
import type { ReceiveWindow } from '../bytes/byte-ring.js';
import { Noted, note, type Recorder } from '../recorder.js';
import { ContentType, Size } from './constants.js';
import { badRecordMac, tlsError, unexpectedMessage } from './errors.js';
import { LongRecord } from './long-record.js';
import type { RecordProtection } from './record-protection.js';

export class RecordReader {
  /** Of the opened record: that of the TLSInnerPlaintext if it was protected. */
  contentType: number;
  /** Bytes of its content, or of a chunk of it, not yet taken. */
  remaining: number;
  /** Undefined as long as the peer sends plaintext. */
  protection: RecordProtection | undefined;
  /** The largest TLSInnerPlaintext: 2^14 + 1, or what record_size_limit agreed (RFC 8449 §4). */
  limit: number;
  tape: Recorder | undefined;
  private readonly receiveWindow: ReceiveWindow;
  private readonly recordHeader: Uint8Array;
  private readonly tag: Uint8Array;
  /** Bytes behind the content that belong to the record. */
  private trailer: number;
  private readonly long: LongRecord | undefined;

  constructor(input: ReceiveWindow) {
    this.receiveWindow = input;
    this.recordHeader = new Uint8Array(Size.RecordHeader);
    this.tag = new Uint8Array(Size.Tag);
    this.protection = undefined;
    this.limit = Size.MaxFragment + 1;
    this.long = input.backlog && new LongRecord(input, input.backlog);
    this.contentType = this.remaining = this.trailer = 0;
  }

  /** Bytes of the record's content not yet taken, those of further chunks included. */
  get unread(): number {
    return this.remaining + (this.long ? this.long.content : 0);
  }

  /** Opens the next record, or chunk; false while it is not whole. Only when nothing of the last one remains. */
  next(): boolean {
    const input = this.receiveWindow;
    const header = this.recordHeader;
    const long = this.long;
    if (long && long.rest > 0) {
      if (long.content > 0) return this.nextChunk(long);
      if (!long.drop()) return false;
    }
    if (input.length < Size.RecordHeader) return false;
    input.copy(0, header, 0, Size.RecordHeader);
    const type = header[0];
    const length = (header[3] << 8) | header[4];
    const protection = type === ContentType.ChangeCipherSpec ? undefined : this.protection;
    this.checkHeader(type, length, protection);
    if (long && Size.RecordHeader + length > input.capacity) {
      if (!long.begin(header, length, protection)) return false;
      this.checkContent(long.contentType, long.content, protection);
      return long.content === 0 || this.nextChunk(long);
    }
    if (input.length < Size.RecordHeader + length) return false;
    this.contentType = type;
    const content = protection ? this.open(protection, length - Size.Tag) : length;
    this.checkContent(this.contentType, content, protection);
    this.remaining = content;
    this.trailer = length - content;
    input.discard(Size.RecordHeader);
    // What is empty has nothing to take, so it is given up as a whole here.
    if (!content) input.discard(length);
    return true;
  }

  /** Moves `length` bytes (at most `remaining`) of content to `into` at `offset`. */
  take(into: Uint8Array, offset: number, length: number): void {
    this.receiveWindow.copy(0, into, offset, length);
    this.skip(length);
  }

  /** Gives up `length` bytes of content, at most `remaining`. */
  skip(length: number): void {
    this.remaining -= length;
    this.receiveWindow.discard(this.remaining === 0 ? length + this.trailer : length);
  }

  /** Takes down where reading has stopped. */
  noteFailure(): void {
    this.note(Noted.Failed, this.recordHeader[0], this.receiveWindow.length);
  }

  private note(kind: Noted, type: number, length: number): void {
    const header = this.recordHeader;
    note(this.tape, kind, type, (header[3] << 8) | header[4], length);
  }

  private nextChunk(long: LongRecord): boolean {
    this.remaining = long.open();
    this.trailer = 0;
    return this.remaining > 0;
  }

  private checkHeader(type: number, length: number, protection: RecordProtection | undefined): void {
    const input = this.receiveWindow;
    const backlog = input.backlog;
    const capacity = input.capacity + (backlog ? backlog.capacity : 0);
    const whole = length + Size.RecordHeader;
    // Every AEAD of TLS 1.3 here adds 16 bytes, so the limit on the plaintext is one on the ciphertext.
    const limit = protection ? this.limit + Size.Tag : Size.MaxFragment;
    if (type < ContentType.ChangeCipherSpec || type > ContentType.ApplicationData) {
      unexpectedMessage('record type ' + type + ': is this a TLS server?');
    }
    if (type !== ContentType.ChangeCipherSpec && (type === ContentType.ApplicationData) !== !!protection) {
      unexpectedMessage((protection ? 'plaintext' : 'protected') + ' record');
    }
    if (length > limit) {
      tlsError('RECORD_OVERFLOW', 'a record is longer than ' + limit);
    }
    if (whole > capacity) {
      const chip = backlog ? `${input.capacity} and ${backlog.capacity} in the chip` : capacity;
      tlsError('RECORD_TOO_LARGE', `a record needs ${whole} bytes of ${chip}: enlarge receiveBuffer`);
    }
    if (protection && length < Size.Tag) badRecordMac();
  }

  /** Decrypts `inner` bytes in place, verifies, and finds the content type behind the padding (RFC 8446 §5.4). Answers the length of the content. */
  private open(protection: RecordProtection, inner: number): number {
    const input = this.receiveWindow;
    const tag = this.tag;
    protection.start(this.recordHeader, inner);
    protection.cross(input, Size.RecordHeader, inner, false);
    input.copy(Size.RecordHeader + inner, tag, 0, Size.Tag);
    if (!protection.aead.verify(tag, 0)) badRecordMac();
    let type = 0;
    while (inner > 0 && type === 0) type = input.byteAt(Size.RecordHeader + --inner);
    this.contentType = type;
    return inner;
  }

  /** RFC 8446 §5.1, §5.4: inside a protected record there is no change_cipher_spec, and only application data may be empty. */
  private checkContent(type: number, content: number, protection: RecordProtection | undefined): void {
    if (protection && (type < ContentType.Alert || type > ContentType.ApplicationData)) {
      unexpectedMessage('inner content type');
    }
    if (!content && type !== ContentType.ApplicationData) unexpectedMessage('empty record');
    this.contentType = type;
    this.note(Noted.RecordIn, type, content);
  }
}
