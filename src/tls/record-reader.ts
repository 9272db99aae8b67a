/**
 * Takes records out of the receive window, RFC 8446 §5. A record is opened in place as soon as it is whole, across the end
 * of the ring as two spans; its content is then taken in pieces of any size, and every piece frees its room in the ring.
 *
 *   window   [ header | content ............ | type | 00 00 padding | tag ]
 *   opened            [ content ............ | trailer                    ]     header discarded
 *   taken                       [ .......... | trailer                    ]     what was taken discarded
 *
 * Records longer than the ring are for long-records.ts, where a profile lists it.
 *
 * Memory: 21 bytes. Allocates nothing per record.
 */
import type { ReceiveWindow } from '../bytes/byte-ring.js';
import type { MakeBuffer } from '../bytes/make-buffer.js';
import { Noted, note, type Recorder } from '../recorder.js';
import { ContentType, Size } from './constants.js';
import { badRecordMac, tlsError, unexpectedMessage } from './errors.js';
import type { LongRecords } from './profile.js';
import { cross, type RecordKeys } from './record-protection.js';

export class RecordReader {
  /** Of the opened record: that of the TLSInnerPlaintext if it was protected. */
  contentType: number;
  /** Bytes of its content, or of a chunk of it, not yet taken. */
  remaining: number;
  /** Undefined as long as the peer sends plaintext. */
  protection?: RecordKeys;
  /** The largest plaintext as it is encrypted: in TLS 1.3 2^14 + 1, or what record_size_limit agreed (RFC 8449 §4). */
  limit: number;
  tape?: Recorder;
  readonly receiveWindow: ReceiveWindow;
  readonly recordHeader: Uint8Array;
  /** A tag, or a mark. */
  readonly check: Uint8Array;
  /** Bytes behind the content that belong to the record. */
  trailer: number;
  private readonly long?: LongRecords;

  constructor(
    input: ReceiveWindow,
    long?: (reader: RecordReader, makeBuffer?: MakeBuffer) => LongRecords,
    makeBuffer?: MakeBuffer,
  ) {
    this.receiveWindow = input;
    this.recordHeader = new Uint8Array(Size.RecordHeader);
    this.check = new Uint8Array(Size.Tag);
    this.limit = Size.MaxFragment + 1;
    this.contentType = this.remaining = this.trailer = 0;
    this.long = long && long(this, makeBuffer);
  }

  /** Bytes of the record's content not yet taken, those of further chunks included. */
  get unread(): number {
    return this.remaining + (this.long ? this.long.ahead : 0);
  }

  /** Opens the next record, or chunk; false while it is not whole. Only when nothing of the last one remains. */
  next(): boolean {
    const input = this.receiveWindow;
    const header = this.recordHeader;
    const long = this.long;
    if (long) {
      if (long.ahead > 0) return long.next();
      if (long.drop() > 0) return false;
    }
    if (input.length < Size.RecordHeader) return false;
    input.copy(0, header, 0, Size.RecordHeader);
    const type = header[0];
    const length = (header[3] << 8) | header[4];
    const whole = Size.RecordHeader + length;
    let protection = this.protection;
    const nonce = protection && protection.explicitNonce;
    if (!nonce && type === ContentType.ChangeCipherSpec) protection = undefined;
    const front = Size.RecordHeader + (nonce ? nonce.length : 0);
    const inner = whole - front - (protection ? Size.Tag : 0);
    const beyond = whole > input.capacity ? long : undefined;
    this.checkHeader(type, whole, inner, protection);
    if (beyond ? !beyond.isHere(whole) : input.length < whole) return false;
    let content = inner;
    this.contentType = type;
    if (protection) {
      if (nonce && nonce.length) input.copy(Size.RecordHeader, nonce, 0, nonce.length);
      protection.start(header, inner);
      content = (beyond || this).open(protection, front, inner);
    }
    this.checkContent(content, protection);
    input.discard(front);
    if (beyond) return beyond.begin(protection, content, inner);
    this.remaining = content;
    this.trailer = whole - front - content;
    // What is empty has nothing to take, so it is given up as a whole here.
    if (!content) input.discard(this.trailer);
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

  private checkHeader(type: number, whole: number, inner: number, protection: RecordKeys | undefined): void {
    const input = this.receiveWindow;
    const backlog = this.long && input.backlog;
    const capacity = input.capacity + (backlog ? backlog.capacity : 0);
    const limit = protection ? this.limit : Size.MaxFragment;
    const hidesType = protection && !protection.explicitNonce;
    if (type < ContentType.ChangeCipherSpec || type > ContentType.ApplicationData) {
      unexpectedMessage('record type ' + type + ': is this a TLS server?');
    }
    if (hidesType ? type !== ContentType.ApplicationData : !protection && type === ContentType.ApplicationData) {
      unexpectedMessage((protection ? 'plaintext' : 'protected') + ' record');
    }
    // Every AEAD here adds as much to each record, so the limit on the plaintext is one on the ciphertext.
    if (inner > limit) {
      tlsError('RECORD_OVERFLOW', 'a record is longer than ' + limit);
    }
    if (whole > capacity) {
      const chip = backlog ? `${input.capacity} and ${backlog.capacity} in the chip` : capacity;
      tlsError('RECORD_TOO_LARGE', `a record needs ${whole} bytes of ${chip}: enlarge receiveBuffer`);
    }
    if (inner < 0) badRecordMac();
  }

  /** Decrypts `inner` bytes in place, verifies, and finds the content type behind the padding (RFC 8446 §5.4). Answers the length of the content. */
  open(protection: RecordKeys, front: number, inner: number): number {
    const input = this.receiveWindow;
    let type = 0;
    cross(protection.aead, input, front, inner, false);
    if (!this.isTagRight(protection, front + inner)) badRecordMac();
    if (protection.explicitNonce) return inner;
    while (inner > 0 && type === 0) type = input.byteAt(front + --inner);
    this.contentType = type;
    return inner;
  }

  /** The tag is the record's last 16 bytes, at `at` of the window. */
  isTagRight(protection: RecordKeys, at: number): boolean {
    this.receiveWindow.copy(at, this.check, 0, Size.Tag);
    return protection.aead.verify(this.check, 0);
  }

  /** RFC 8446 §5.1, §5.4: only application data may be empty, and no change_cipher_spec is hidden in a record. */
  private checkContent(content: number, protection: RecordKeys | undefined): void {
    const type = this.contentType;
    if (protection && !protection.explicitNonce && (type < ContentType.Alert || type > ContentType.ApplicationData)) {
      unexpectedMessage('inner content type');
    }
    if (!content && type !== ContentType.ApplicationData) unexpectedMessage('empty record');
    this.note(Noted.RecordIn, type, content);
  }
}
