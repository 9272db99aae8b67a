/**
 * Takes records out of the receive window, RFC 8446 §5. A record is opened in place as soon as it is whole, across the end
 * of the ring as two spans; its content is then taken in pieces of any size, and every piece frees its room in the ring.
 *
 *   window   [ header | content ............ | type | 00 00 padding | tag ]
 *   opened            [ content ............ | trailer                    ]     header discarded
 *   taken                       [ .......... | trailer                    ]     what was taken discarded
 *
 * A record longer than the ring, which must have a backlog then, lies with its front in the ring and its rest in the backlog.
 * Nothing of it is decrypted where it stays, and nothing is handed over, before all of it has been authenticated:
 *
 *   first pass    chunk by chunk through `scratch`: the MAC over the ciphertext, which stays as it is, with a mark after every
 *                 chunk; the last chunk, with the inner content type at its end, is decrypted in `scratch`; then the tag
 *   second pass   the ring moves on over the record; each chunk is decrypted in the ring, and its mark compared with that of
 *                 the first pass before a byte of it is handed over. A chunk that is the last is compared by the tag.
 *
 * `next` goes on to its next chunk as to a record of its own; padding and tag behind the content are given up as they come.
 *
 * Memory: 768 bytes from the first record on that is longer than the ring. Allocates nothing per record.
 */
import type { ReceiveWindow } from '../bytes/byte-ring.js';
import { equalConstantTime } from '../bytes/constant-time.js';
import { ringletError } from '../errors.js';
import { Noted, note, type Recorder } from '../recorder.js';
import { ContentType, Size } from './constants.js';
import { badRecordMac, tlsError, unexpectedMessage } from './errors.js';
import { cross, type RecordKeys } from './record-protection.js';

const enum Chunk {
  Length = 512,
  /** A mark is 8 bytes. */
  PerMarkByte = 64,
}

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
  private readonly receiveWindow: ReceiveWindow;
  private readonly recordHeader: Uint8Array;
  /** A tag, or a mark. */
  private readonly check: Uint8Array;
  /** Bytes behind the content that belong to the record. */
  private trailer: number;
  // Of a record longer than the ring:
  private scratch?: Uint8Array;
  /** After every chunk but the last. */
  private marks?: Uint8Array;
  private protectionOfLong?: RecordKeys;
  /** Bytes of the plaintext as it is encrypted. */
  private inner: number;
  /** Bytes of content in chunks that are not opened yet. */
  private ahead: number;
  /** Those, and the padding and tag behind them; 0 when the record is over. */
  private rest: number;

  constructor(input: ReceiveWindow) {
    this.receiveWindow = input;
    this.recordHeader = new Uint8Array(Size.RecordHeader);
    this.check = new Uint8Array(Size.Tag);
    this.limit = Size.MaxFragment + 1;
    this.contentType = this.remaining = this.trailer = this.inner = this.ahead = this.rest = 0;
  }

  /** Bytes of the record's content not yet taken, those of further chunks included. */
  get unread(): number {
    return this.remaining + this.ahead;
  }

  /** Opens the next record, or chunk; false while it is not whole. Only when nothing of the last one remains. */
  next(): boolean {
    const input = this.receiveWindow;
    const header = this.recordHeader;
    const backlog = input.backlog;
    if (this.ahead > 0) return this.openChunk();
    this.drop();
    if (this.rest > 0 || input.length < Size.RecordHeader) return false;
    input.copy(0, header, 0, Size.RecordHeader);
    const type = header[0];
    const length = (header[3] << 8) | header[4];
    const whole = Size.RecordHeader + length;
    let protection = this.protection;
    const nonce = protection && protection.explicitNonce;
    if (!nonce && type === ContentType.ChangeCipherSpec) protection = undefined;
    const front = Size.RecordHeader + (nonce ? nonce.length : 0);
    const inner = whole - front - (protection ? Size.Tag : 0);
    const behind = backlog && whole > input.capacity ? backlog : undefined;
    this.checkHeader(type, whole, inner, protection);
    if (input.length + (behind ? behind.length : 0) < whole) {
      // Never whole: it is given up as it comes, so that whoever fills the ring meets the end, or what was the reason.
      if (behind && behind.ended) {
        this.rest = whole;
        this.drop();
      } else if (behind) behind.makeRoom();
      return false;
    }
    let content = inner;
    this.contentType = type;
    if (protection) {
      if (nonce && nonce.length) input.copy(Size.RecordHeader, nonce, 0, nonce.length);
      protection.start(header, inner);
      content = behind ? this.firstPass(protection, front, inner) : this.open(protection, front, inner);
    }
    this.checkContent(content, protection);
    input.discard(front);
    if (behind) {
      this.protectionOfLong = protection;
      this.inner = inner;
      this.ahead = content;
      this.rest = whole - front;
      return !content || this.openChunk();
    }
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
    const backlog = input.backlog;
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
  private open(protection: RecordKeys, front: number, inner: number): number {
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
  private isTagRight(protection: RecordKeys, at: number): boolean {
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

  /** Answers the length of the content, negative if no content type was met. */
  private firstPass(protection: RecordKeys, front: number, inner: number): number {
    const header = this.recordHeader;
    let content = this.authenticate(protection, front, inner, false);
    if (content < 0) {
      // Nothing but padding in the last chunk: the content's end is looked for in all of them.
      protection.restart(header, inner);
      content = this.authenticate(protection, front, inner, true);
    }
    protection.restart(header, inner);
    return content;
  }

  /** With `all` every chunk is decrypted in `scratch`, otherwise only the last. Sets `contentType`. */
  private authenticate(protection: RecordKeys, front: number, inner: number, all: boolean): number {
    const scratch = (this.scratch = this.scratch || new Uint8Array(Chunk.Length));
    const marks = (this.marks = this.marks || new Uint8Array(Size.MaxFragment / Chunk.PerMarkByte));
    const aead = protection.aead;
    const hidesType = !protection.explicitNonce;
    let content = hidesType ? -1 : inner;
    if (hidesType) this.contentType = 0;
    for (let at = 0; at < inner; at += Chunk.Length) {
      let length = chunkAt(at, inner);
      const last = at + length === inner;
      this.receiveWindow.copy(front + at, scratch, 0, length);
      if (all || last) {
        aead.open(scratch, 0, length);
        while (length > 0 && scratch[length - 1] === 0) length--;
        if (hidesType && length > 0) {
          content = at + length - 1;
          this.contentType = scratch[length - 1];
        }
      } else aead.authenticate(scratch, 0, length);
      if (!last) aead.mark(marks, at / Chunk.PerMarkByte);
    }
    if (!this.isTagRight(protection, front + inner)) {
      if (all) changed();
      badRecordMac();
    }
    return content;
  }

  /** The second pass, over the next chunk: false while it is not in the ring. */
  private openChunk(): boolean {
    const input = this.receiveWindow;
    const protection = this.protectionOfLong;
    const inner = this.inner;
    const at = inner + (protection ? Size.Tag : 0) - this.rest;
    const length = chunkAt(at, inner);
    const last = at + length === inner;
    if (input.length < (last ? this.rest : length)) return false;
    if (protection) {
      const check = this.check;
      cross(protection.aead, input, 0, length, false);
      if (last) {
        if (!this.isTagRight(protection, length)) changed();
      } else {
        protection.aead.mark(check, 0);
        if (!equalConstantTime(check, 0, this.marks as Uint8Array, at / Chunk.PerMarkByte, 8)) changed();
      }
    }
    this.remaining = this.ahead < length ? this.ahead : length;
    this.trailer = 0;
    this.ahead -= this.remaining;
    this.rest -= this.remaining;
    return true;
  }

  /** Gives up what has come of the rest. */
  private drop(): void {
    const input = this.receiveWindow;
    const length = input.length < this.rest ? input.length : this.rest;
    input.discard(length);
    this.rest -= length;
  }
}

function chunkAt(at: number, inner: number): number {
  return inner - at < Chunk.Length ? inner - at : Chunk.Length;
}

/** Neither the peer's fault nor of anybody on the way: what was authentic has become something else here. */
function changed(): never {
  throw ringletError('ERR_CHIP_MEMORY', 'Received bytes changed: check wiring and SPI clock');
}
