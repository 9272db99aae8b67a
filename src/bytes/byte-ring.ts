/**
 * A fixed-capacity ring of bytes: allocated once, never grown, never moved.
 *
 *   bytes      [ . . . c d e f . . . ]      head = 3, length = 4: window byte 0 is c
 *   wrapped    [ e f . . . . . . c d ]      head = 8, length = 4: spans cd, ef
 *
 * One side fills it (`spaceOffset`, `spaceLength`, `commit`: the next free contiguous bytes, so that a transport writes
 * straight into it); the other side looks through the window (`byteAt`, `offsetAt`, `spanAt`) and discards from the front.
 * A message that lies across the end of the memory is at most two spans. When the ring runs empty it starts again at 0,
 * so that messages lie in one span as often as possible.
 */
import type { Backlog } from './backlog.js';
import { copyBytes } from './copy-bytes.js';
import type { MakeBuffer } from './make-buffer.js';

export interface ReceiveWindow {
  /** Received bytes behind those of the window, which will come into it. */
  readonly backlog: Backlog | undefined;
  /** The memory the window lies in; a record is opened in place here. */
  readonly bytes: Uint8Array;
  readonly capacity: number;
  /** Bytes in the window now. */
  readonly length: number;
  /** The byte at `index` (0 is the oldest); only below `length`. */
  byteAt(index: number): number;
  /** Where the byte at `index` lies in `bytes`. */
  offsetAt(index: number): number;
  /** How many of the `length` bytes from `index` on lie in one piece. The rest, if any, starts at `offsetAt(index + answer)`. */
  spanAt(index: number, length: number): number;
  /** Copies `length` bytes from `index` on; those that are not in the window yet out of the backlog. */
  copy(index: number, into: Uint8Array, offset: number, length: number): void;
  /** Gives up the oldest `length` bytes. */
  discard(length: number): void;
}

export class ByteRing implements ReceiveWindow {
  readonly bytes: Uint8Array;
  readonly capacity: number;
  length: number;
  /** To be set before the ring is given to an engine; the transport that fills the ring owns it. */
  backlog: Backlog | undefined;
  /** The largest `length` there ever was. */
  peak: number;
  private head: number;

  constructor(capacity: number, makeBuffer?: MakeBuffer) {
    this.bytes = makeBuffer ? makeBuffer(capacity) : new Uint8Array(capacity);
    this.capacity = capacity;
    this.backlog = undefined;
    this.length = 0;
    this.peak = 0;
    this.head = 0;
  }

  byteAt(index: number): number {
    return this.bytes[this.offsetAt(index)];
  }

  offsetAt(index: number): number {
    const offset = this.head + index;
    return offset >= this.capacity ? offset - this.capacity : offset;
  }

  spanAt(index: number, length: number): number {
    const untilEnd = this.capacity - this.offsetAt(index);
    return length < untilEnd ? length : untilEnd;
  }

  copy(index: number, into: Uint8Array, offset: number, length: number): void {
    const bytes = this.bytes;
    const backlog = this.backlog;
    if (backlog && index + length > this.length) {
      const here = index < this.length ? this.length - index : 0;
      backlog.copy(index + here - this.length, into, offset + here, length - here);
      length = here;
    }
    if (!length) return;
    const span = this.spanAt(index, length);
    copyBytes(into, offset, bytes, this.offsetAt(index), span);
    if (span < length) copyBytes(into, offset + span, bytes, 0, length - span);
  }

  discard(length: number): void {
    const rest = this.length - length;
    if (rest < 0) throw new Error('ByteRing: discard');
    this.head = rest === 0 ? 0 : this.offsetAt(length);
    this.length = rest;
  }

  /** Bytes that can still be added. */
  get space(): number {
    return this.capacity - this.length;
  }

  /** Where in `bytes` the next free byte lies. */
  get spaceOffset(): number {
    return this.offsetAt(this.length);
  }

  /** How many free bytes lie in one piece from `spaceOffset` on; 0 only if the ring is full. */
  get spaceLength(): number {
    return this.spanAt(this.length, this.space);
  }

  /** Says that `length` bytes from `spaceOffset` on (wrapping) have been filled. */
  commit(length: number): void {
    if (length > this.space) throw new Error('ByteRing: commit');
    this.length += length;
    if (this.length > this.peak) this.peak = this.length;
  }

  /** Copies in as many of `length` bytes as there is space for; answers how many. */
  write(bytes: Uint8Array, offset: number, length: number): number {
    const taken = length < this.space ? length : this.space;
    const span = this.spaceLength < taken ? this.spaceLength : taken;
    copyBytes(this.bytes, this.spaceOffset, bytes, offset, span);
    if (span < taken) copyBytes(this.bytes, 0, bytes, offset + span, taken - span);
    this.commit(taken);
    return taken;
  }
}
