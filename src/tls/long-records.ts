/**
 * Records longer than the ring: one lies with its front in the ring and its rest in the backlog (bytes/backlog.ts). Nothing of it is decrypted where it
 * stays, and nothing is handed over, before all of it has been authenticated:
 *
 *   first pass    chunk by chunk through `scratch`: the MAC over the ciphertext, which stays as it is, with a mark after every
 *                 chunk; the last chunk, with the inner content type at its end, is decrypted in `scratch`; then the tag
 *   second pass   the ring moves on over the record; each chunk is decrypted in the ring, and its mark compared with that of
 *                 the first pass before a byte of it is handed over. A chunk that is the last is compared by the tag.
 *
 * The reader goes on to the next chunk as to a record of its own; padding and tag behind the content are given up as they come.
 *
 * Memory: 768 bytes from the first such record on. Allocates nothing per record.
 */
import type { Backlog } from '../bytes/backlog.js';
import { equalConstantTime } from '../bytes/constant-time.js';
import { ringletError } from '../errors.js';
import { Size } from './constants.js';
import { badRecordMac } from './errors.js';
import type { LongRecords } from './profile.js';
import { cross, type RecordKeys } from './record-protection.js';
import type { RecordReader } from './record-reader.js';

const enum Chunk {
  Length = 512,
  /** A mark is 8 bytes. */
  PerMarkByte = 64,
}

/** Where the window of `reader` has a backlog. */
export const longRecords = (reader: RecordReader): LongRecords => new LongRecord(reader);

class LongRecord implements LongRecords {
  ahead: number;
  private readonly reader: RecordReader;
  private scratch?: Uint8Array;
  /** After every chunk but the last. */
  private marks?: Uint8Array;
  private protection?: RecordKeys;
  /** Bytes of the plaintext as it is encrypted. */
  private inner: number;
  /** Bytes that are `ahead`, and the padding and tag behind them; 0 when the record is over. */
  private rest: number;

  constructor(reader: RecordReader) {
    this.reader = reader;
    this.inner = this.ahead = this.rest = 0;
  }

  isHere(whole: number): boolean {
    const input = this.reader.receiveWindow;
    const behind = input.backlog as Backlog;
    if (input.length + behind.length >= whole) return true;
    // Never whole: it is given up as it comes, so that whoever fills the ring meets the end, or what was the reason.
    if (behind.ended) {
      this.rest = whole;
      this.drop();
    } else behind.makeRoom();
    return false;
  }

  open(protection: RecordKeys, front: number, inner: number): number {
    const header = this.reader.recordHeader;
    let content = this.authenticate(protection, front, inner, false);
    if (content < 0) {
      // Nothing but padding in the last chunk: the content's end is looked for in all of them.
      protection.restart(header, inner);
      content = this.authenticate(protection, front, inner, true);
    }
    protection.restart(header, inner);
    return content;
  }

  begin(protection: RecordKeys | undefined, content: number, inner: number): boolean {
    this.protection = protection;
    this.inner = inner;
    this.ahead = content;
    this.rest = inner + (protection ? Size.Tag : 0);
    return !content || this.next();
  }

  next(): boolean {
    const reader = this.reader;
    const input = reader.receiveWindow;
    const protection = this.protection;
    const inner = this.inner;
    const at = inner + (protection ? Size.Tag : 0) - this.rest;
    const length = chunkAt(at, inner);
    const last = at + length === inner;
    if (input.length < (last ? this.rest : length)) return false;
    if (protection) {
      const check = reader.check;
      cross(protection.aead, input, 0, length, false);
      if (last) {
        if (!reader.isTagRight(protection, length)) changed();
      } else {
        protection.aead.mark(check, 0);
        if (!equalConstantTime(check, 0, this.marks as Uint8Array, at / Chunk.PerMarkByte, 8)) changed();
      }
    }
    reader.remaining = this.ahead < length ? this.ahead : length;
    reader.trailer = 0;
    this.ahead -= reader.remaining;
    this.rest -= reader.remaining;
    return true;
  }

  drop(): number {
    const input = this.reader.receiveWindow;
    const length = input.length < this.rest ? input.length : this.rest;
    input.discard(length);
    return (this.rest -= length);
  }

  /** With `all` every chunk is decrypted in `scratch`, otherwise only the last. Sets `contentType`. Answers the length of the content, negative if no content type was met. */
  private authenticate(protection: RecordKeys, front: number, inner: number, all: boolean): number {
    const reader = this.reader;
    const scratch = (this.scratch = this.scratch || new Uint8Array(Chunk.Length));
    const marks = (this.marks = this.marks || new Uint8Array(Size.MaxFragment / Chunk.PerMarkByte));
    const aead = protection.aead;
    const hidesType = !protection.explicitNonce;
    let content = hidesType ? -1 : inner;
    if (hidesType) reader.contentType = 0;
    for (let at = 0; at < inner; at += Chunk.Length) {
      let length = chunkAt(at, inner);
      const last = at + length === inner;
      reader.receiveWindow.copy(front + at, scratch, 0, length);
      if (all || last) {
        aead.open(scratch, 0, length);
        while (length > 0 && scratch[length - 1] === 0) length--;
        if (hidesType && length > 0) {
          content = at + length - 1;
          reader.contentType = scratch[length - 1];
        }
      } else aead.authenticate(scratch, 0, length);
      if (!last) aead.mark(marks, at / Chunk.PerMarkByte);
    }
    if (!reader.isTagRight(protection, front + inner)) {
      if (all) changed();
      badRecordMac();
    }
    return content;
  }
}

function chunkAt(at: number, inner: number): number {
  return inner - at < Chunk.Length ? inner - at : Chunk.Length;
}

/** Neither the peer's fault nor of anybody on the way: what was authentic has become something else here. */
function changed(): never {
  throw ringletError('ERR_CHIP_MEMORY', 'Received bytes changed: check wiring and SPI clock');
}
