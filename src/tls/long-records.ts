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
import type { MakeBuffer } from '../bytes/make-buffer.js';
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
  /** Bytes of the marks of the longest record. */
  AllMarks = 256,
}

/** Where the window of `reader` has a backlog. */
export function longRecords(reader: RecordReader, makeBuffer?: MakeBuffer): LongRecords {
  const input = reader.receiveWindow;
  const header = reader.recordHeader;
  const check = reader.check;
  let scratch: Uint8Array | undefined;
  /** After every chunk but the last. */
  let marks: Uint8Array | undefined;
  let keys: RecordKeys | undefined;
  /** Bytes of the plaintext as it is encrypted. */
  let length = 0;
  /** Bytes that are `ahead`, and the padding and tag behind them; 0 when the record is over. */
  let rest = 0;

  /** With `all` every chunk is decrypted in `scratch`, otherwise only the last. Sets `contentType`. Answers the length of the content, negative if no content type was met. */
  function authenticate(protection: RecordKeys, front: number, inner: number, all: boolean): number {
    const chunk = (scratch = scratch || (makeBuffer ? makeBuffer(Chunk.Length) : new Uint8Array(Chunk.Length)));
    const allMarks = (marks = marks || (makeBuffer ? makeBuffer(Chunk.AllMarks) : new Uint8Array(Chunk.AllMarks)));
    const aead = protection.aead;
    const hidesType = !protection.explicitNonce;
    let content = hidesType ? -1 : inner;
    if (hidesType) reader.contentType = 0;
    for (let at = 0; at < inner; at += Chunk.Length) {
      let size = chunkAt(at, inner);
      const last = at + size === inner;
      input.copy(front + at, chunk, 0, size);
      if (all || last) {
        aead.open(chunk, 0, size);
        while (size > 0 && chunk[size - 1] === 0) size--;
        if (hidesType && size > 0) {
          content = at + size - 1;
          reader.contentType = chunk[size - 1];
        }
      } else aead.authenticate(chunk, 0, size);
      if (!last) aead.mark(allMarks, at / Chunk.PerMarkByte);
    }
    if (!reader.isTagRight(protection, front + inner)) {
      if (all) changed();
      badRecordMac();
    }
    return content;
  }

  const long = {
    ahead: 0,

    isHere(whole: number): boolean {
      const behind = input.backlog as Backlog;
      if (input.length + behind.length >= whole) return true;
      // Never whole: it is given up as it comes, so that whoever fills the ring meets the end, or what was the reason.
      if (behind.ended) {
        rest = whole;
        long.drop();
      } else behind.makeRoom();
      return false;
    },

    open(protection: RecordKeys, front: number, inner: number): number {
      let content = authenticate(protection, front, inner, false);
      if (content < 0) {
        // Nothing but padding in the last chunk: the content's end is looked for in all of them.
        protection.restart(header, inner);
        content = authenticate(protection, front, inner, true);
      }
      protection.restart(header, inner);
      return content;
    },

    begin(protection: RecordKeys | undefined, content: number, inner: number): boolean {
      keys = protection;
      length = inner;
      long.ahead = content;
      rest = inner + (protection ? Size.Tag : 0);
      return !content || long.next();
    },

    next(): boolean {
      const at = length + (keys ? Size.Tag : 0) - rest;
      const size = chunkAt(at, length);
      const last = at + size === length;
      if (input.length < (last ? rest : size)) return false;
      if (keys) {
        cross(keys.aead, input, 0, size, false);
        if (last) {
          if (!reader.isTagRight(keys, size)) changed();
        } else {
          keys.aead.mark(check, 0);
          if (!equalConstantTime(check, 0, marks as Uint8Array, at / Chunk.PerMarkByte, 8)) changed();
        }
      }
      reader.remaining = long.ahead < size ? long.ahead : size;
      reader.trailer = 0;
      long.ahead -= reader.remaining;
      rest -= reader.remaining;
      return true;
    },

    drop(): number {
      const gone = input.length < rest ? input.length : rest;
      input.discard(gone);
      return (rest -= gone);
    },
  };
  return long;
}

function chunkAt(at: number, inner: number): number {
  return inner - at < Chunk.Length ? inner - at : Chunk.Length;
}

/** Neither the peer's fault nor of anybody on the way: what was authentic has become something else here. */
function changed(): never {
  throw ringletError('ERR_CHIP_MEMORY', 'Received bytes changed: check wiring and SPI clock');
}
