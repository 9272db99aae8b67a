/** A plain TCP connection whose peer plays a script (fixtures/script.ts) and sends the pattern. Memory: the reader's buffer. */
import type { RingletError } from '../../src/errors.js';
import { PEER_CLOSED, type Transport } from '../../src/transport.js';
import { checkPattern, fillPattern } from './pattern.js';
import type { Rig } from './rig.js';

const LONGEST_PIECE = 2048;

export class Stream {
  /** Bytes of the pattern both ways. */
  received = 0;
  sent = 0;
  /** The peer's end was met. */
  ended = false;
  /** What a call has thrown. */
  failure: RingletError | undefined;
  readonly transport: Transport;
  private readonly rig: Rig;
  private readonly input: Uint8Array;
  private readonly output = new Uint8Array(LONGEST_PIECE);

  /** `reading`: bytes of each `receive`. */
  constructor(rig: Rig, fixture: string, reading: number) {
    this.rig = rig;
    this.input = new Uint8Array(reading);
    const transport = rig.board.network.connect(rig.text(fixture, 'host'), rig.number(fixture, 'port'));
    this.transport = transport;
    rig.bench.release = () => transport.abort();
  }

  /** Receives once; true if there was something. What is not as it should be fails the case. */
  take(): boolean {
    const input = this.input;
    let length = 0;
    try {
      length = this.transport.receive(input, 0, input.length);
    } catch (error) {
      this.failure = error as RingletError;
      return false;
    }
    if (length === PEER_CLOSED) this.ended = true;
    if (length < 0) return false;
    const wrong = length > 0 && !this.ended ? checkPattern(input, length, this.received) : 'bytes behind the end';
    if (wrong) this.rig.fail(wrong);
    this.received += length;
    return true;
  }

  /** Sends the next `length` bytes of the pattern, or fewer. */
  give(length: number): void {
    fillPattern(this.output, length, this.sent);
    const taken = this.transport.send(this.output, 0, length);
    this.sent += taken;
  }

  /** Waits for the connection, then tells the peer its script. */
  begin(script: string, then: () => void): void {
    const line = script + '\n';
    const bytes = new Uint8Array(line.length);
    for (let i = 0; i < line.length; i++) bytes[i] = line.charCodeAt(i);
    let told = 0;
    this.rig.until(() => {
      if (!this.transport.connected) this.take();
      if (this.failure) throw this.failure;
      if (this.transport.connected && told === 0) this.rig.lap('transfer');
      if (this.transport.connected) told += this.transport.send(bytes, told, bytes.length - told);
      return told === bytes.length;
    }, then);
  }

  /** Receives until `total` bytes were there, and `done` says so; a connection that fails or ends before fails the case. */
  readUntil(total: number, then: () => void): void {
    this.rig.until(() => {
      this.take();
      if (this.failure) throw this.failure;
      this.rig.check(this.received <= total, 'more than ' + total + ' bytes');
      this.rig.check(!this.ended || this.received === total, 'the end after ' + this.received + ' bytes of ' + total);
      return this.received === total;
    }, then);
  }

  /** The peer's end, and that it stays the answer; then our own, until both are done. */
  readEnd(then: () => void): void {
    const rig = this.rig;
    rig.until(
      () => {
        if (this.take()) rig.fail('more bytes than were sent');
        if (this.failure) throw this.failure;
        return this.ended;
      },
      () => {
        this.take();
        this.take();
        this.close(then);
      },
    );
  }

  /** Ours first, if the peer has not ended. */
  close(then: () => void): void {
    const rig = this.rig;
    rig.lap('close');
    this.transport.close();
    rig.until(() => this.transport.closed, then);
  }
}
