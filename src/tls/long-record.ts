/**
 * A record longer than the ring, RFC 8446 §5.2, while it lies with its front in the ring and its rest in the ring's backlog.
 * Nothing of it is decrypted where it stays, and nothing is handed over, before all of it has been authenticated:
 *
 *   first pass    chunk by chunk through `scratch`: the MAC over the ciphertext, which stays as it is, with a mark after every
 *                 chunk; the last chunk, with the inner content type at its end, is decrypted in `scratch`; then the tag
 *   second pass   the ring moves on over the record; each chunk is decrypted in the ring, and its mark compared with that of
 *                 the first pass before a byte of it is handed over. A chunk that is the last is compared by the tag.
 *
 * Padding and tag behind the content are given up as they come. Memory: 784 bytes.
 */
import type { Backlog } from '../bytes/backlog.js';
import type { ReceiveWindow } from '../bytes/byte-ring.js';
import { equalConstantTime } from '../bytes/constant-time.js';
import { ringletError } from '../errors.js';
import { Size } from './constants.js';
import { badRecordMac } from './errors.js';
import type { RecordProtection } from './record-protection.js';

const enum Chunk {
  Length = 512,
  /** A mark is 8 bytes. */
  PerMarkByte = 64,
}

export class LongRecord {
  /** Of the inner plaintext; 0 if that is all padding. */
  contentType: number;
  /** Bytes of content that `open` has not opened yet. */
  content: number;
  /** Those, and the padding and tag behind them; 0 when the record is over. */
  rest: number;
  private readonly window: ReceiveWindow;
  private readonly backlog: Backlog;
  private readonly scratch: Uint8Array;
  /** After every chunk but the last. */
  private readonly marks: Uint8Array;
  /** A tag, or a mark. */
  private readonly check: Uint8Array;
  private aeadOf: RecordProtection | undefined;
  /** Bytes of the inner plaintext. */
  private inner: number;

  constructor(window: ReceiveWindow, backlog: Backlog) {
    this.window = window;
    this.backlog = backlog;
    this.scratch = new Uint8Array(Chunk.Length);
    this.marks = new Uint8Array(Size.MaxFragment / Chunk.PerMarkByte);
    this.check = new Uint8Array(Size.Tag);
    this.aeadOf = undefined;
    this.contentType = this.content = this.rest = this.inner = 0;
  }

  /** Makes the first pass over a record of `length` bytes behind its `header`; false while they are not all here. */
  begin(header: Uint8Array, length: number, protection: RecordProtection | undefined): boolean {
    const window = this.window;
    const backlog = this.backlog;
    const whole = Size.RecordHeader + length;
    if (window.length + backlog.length < whole) {
      // Never whole: it is given up as it comes, so that whoever fills the ring meets the end, or what was the reason.
      if (backlog.ended) {
        this.rest = whole;
        this.drop();
      } else backlog.makeRoom();
      return false;
    }
    this.aeadOf = protection;
    this.contentType = header[0];
    this.inner = this.content = length;
    if (protection) {
      this.inner -= Size.Tag;
      protection.start(header, this.inner);
      if (!this.authenticate(protection, false)) badRecordMac();
      if (this.content < 0) {
        // Nothing but padding in the last chunk: the content's end is looked for in all of them.
        protection.restart(header, this.inner);
        if (!this.authenticate(protection, true)) changed();
      }
      protection.restart(header, this.inner);
    }
    this.rest = length;
    window.discard(Size.RecordHeader);
    return true;
  }

  /** Opens the next chunk at the front of the ring: answers the bytes of content in it, 0 while it is not there. */
  open(): number {
    const window = this.window;
    const protection = this.aeadOf;
    const at = this.inner + (protection ? Size.Tag : 0) - this.rest;
    const length = chunkAt(at, this.inner);
    const last = at + length === this.inner;
    const taken = this.content < length ? this.content : length;
    if (window.length < (last ? this.rest : length)) return 0;
    if (protection) {
      const aead = protection.aead;
      const check = this.check;
      protection.cross(window, 0, length, false);
      if (last) {
        window.copy(length, check, 0, Size.Tag);
        if (!aead.verify(check, 0)) changed();
      } else {
        aead.mark(check, 0);
        if (!equalConstantTime(check, 0, this.marks, at / Chunk.PerMarkByte, 8)) changed();
      }
    }
    this.content -= taken;
    this.rest -= taken;
    return taken;
  }

  /** Gives up what has come of the rest. True when the record is over. */
  drop(): boolean {
    const window = this.window;
    const length = window.length < this.rest ? window.length : this.rest;
    window.discard(length);
    this.rest -= length;
    return this.rest === 0;
  }

  /**
   * The first pass. With `all` every chunk is decrypted in `scratch`, otherwise only the last. Answers whether the tag is right;
   * `content` and `contentType` are then known, or `content` is negative because no content type was met.
   */
  private authenticate(protection: RecordProtection, all: boolean): boolean {
    const window = this.window;
    const scratch = this.scratch;
    const aead = protection.aead;
    const inner = this.inner;
    this.content = -1;
    this.contentType = 0;
    for (let at = 0; at < inner; at += Chunk.Length) {
      let length = chunkAt(at, inner);
      const last = at + length === inner;
      window.copy(Size.RecordHeader + at, scratch, 0, length);
      if (all || last) {
        aead.open(scratch, 0, length);
        while (length > 0 && scratch[length - 1] === 0) length--;
        if (length > 0) {
          this.content = at + length - 1;
          this.contentType = scratch[length - 1];
        }
      } else aead.authenticate(scratch, 0, length);
      if (!last) aead.mark(this.marks, at / Chunk.PerMarkByte);
    }
    window.copy(Size.RecordHeader + inner, this.check, 0, Size.Tag);
    return aead.verify(this.check, 0);
  }
}

function chunkAt(at: number, inner: number): number {
  return inner - at < Chunk.Length ? inner - at : Chunk.Length;
}

/** Neither the peer's fault nor of anybody on the way: what was authentic has become something else here. */
function changed(): never {
  throw ringletError('ERR_CHIP_MEMORY', 'Received bytes changed between two readings: check wiring and SPI clock');
}
