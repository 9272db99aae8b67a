/**
 * A transport whose received bytes lie in a memory of fixed size until they are taken, as in a W5500: what is taken is the
 * sender's room again only after an acknowledgement, and the sender sends nothing smaller than a segment into a window
 * that is smaller. Any byte may change while it lies there.
 */
import type { Backlog } from '../../src/bytes/backlog.js';
import { ringletError } from '../../src/errors.js';
import { NO_DATA_YET, PEER_CLOSED, type Transport } from '../../src/transport.js';

export class ChipMemory implements Transport, Backlog {
  readonly connected = true;
  readonly closed = false;
  readonly capacity: number;
  /** What we have sent. */
  sent: Buffer[] = [];
  /** FIN follows what is on the wire. */
  fin = false;
  /** RST comes behind what lies in the memory; what is on the wire is lost. */
  reset = false;
  /** How often the window was smaller than a segment when the reader waited for the rest of a record, and had made room. */
  stalls = 0;
  waits = 0;
  /** How often a record was authenticated to its end here: reads of 16 bytes, its tag. */
  passes = 0;
  copied = 0;
  /** The receive position in the stream of all bytes. */
  taken = 0;
  onPass: (() => void) | undefined;
  memory: Buffer = Buffer.alloc(0);
  private wire: Buffer = Buffer.alloc(0);
  private unacknowledged = 0;

  constructor(
    readonly size: number,
    readonly segment = 1460,
  ) {
    this.capacity = size - segment;
  }

  get unreceived(): Backlog {
    return this;
  }

  get length(): number {
    return this.memory.length;
  }

  get ended(): boolean {
    return this.reset || (this.fin && this.wire.length === 0);
  }

  get window(): number {
    return this.size - this.memory.length - this.unacknowledged;
  }

  /** The peer sends; `arrive` lets it come. */
  put(bytes: Uint8Array): void {
    this.wire = Buffer.concat([this.wire, bytes]);
  }

  /** Up to `limit` bytes of the wire arrive. Answers how many. */
  arrive(limit = this.segment): number {
    const next = Math.min(limit, this.segment, this.wire.length);
    if (this.reset || next > this.window) return 0;
    this.memory = Buffer.concat([this.memory, this.wire.subarray(0, next)]);
    this.wire = this.wire.subarray(next);
    return next;
  }

  copy(index: number, into: Uint8Array, offset: number, length: number): void {
    if (index < 0 || index + length > this.memory.length) throw new Error(`copy of ${index}+${length}: not here`);
    into.set(this.memory.subarray(index, index + length), offset);
    this.copied += length;
    if (length === 16) {
      this.passes++;
      this.onPass?.();
    }
  }

  makeRoom(): void {
    this.unacknowledged = 0;
    this.waits++;
    if (this.window < this.segment) this.stalls++;
  }

  receive(into: Uint8Array, offset: number, length: number): number {
    const n = Math.min(length, this.memory.length);
    if (n === 0 && this.reset) throw ringletError('ERR_NET_RESET', 'reset');
    if (n === 0) return this.ended ? PEER_CLOSED : NO_DATA_YET;
    into.set(this.memory.subarray(0, n), offset);
    this.memory = this.memory.subarray(n);
    this.taken += n;
    this.unacknowledged += n;
    if (this.memory.length === 0 || this.unacknowledged * 4 > this.size) this.unacknowledged = 0;
    return n;
  }

  send(bytes: Uint8Array, offset: number, length: number): number {
    if (this.reset) throw ringletError('ERR_NET_RESET', 'reset');
    this.sent.push(Buffer.from(bytes.subarray(offset, offset + length)));
    return length;
  }

  close(): void {}

  abort(): void {}
}
