/**
 * TlsSocket: events over a TLS engine and a transport, as people know them from Node's tls, with two differences on purpose:
 *
 *  - A stream that ends without close_notify is an `error` (ERR_TLS_TRUNCATED), never an `end`; Node cannot tell the two apart.
 *  - `write` answers how many bytes it took: memory is fixed, so it cannot promise to take everything. `drain` says when
 *    there is room again.
 *
 * The peer's end is answered by ours (as Node does by default). Our FIN leaves only after the peer's end, because a W5500
 * promises no reception behind its own FIN (W5500 §4.2 Sn_CR DISCON); `end()` therefore waits for the peer, for a bounded time.
 *
 * Events: `connect` (TCP), `progress` (Progress, of what takes long), `secureConnect`, `data` (Uint8Array, a copy), `drain`, `end`, `error` (Error with `code`), `close`
 * (true after an error), `session` (NewSessionTicket), `keylog` (string), `message` (HandshakeTrace, for timelines).
 * Listeners may call anything on the socket; no event is emitted from inside a call of the application's, but for the
 * `message` of a KeyUpdate that `write` seals.
 */
import { type RingletError, ringletError, usageError } from '../errors.js';
import type { TimerHandle } from '../platform.js';
import { Noted, note } from '../recorder.js';
import { CLOSE_NOTIFY, TlsClient, type TlsListener } from '../tls/client.js';
import type { Transport } from '../transport.js';
import { bytesOf } from './byte-string.js';
import { Emitter, type Listener } from './emitter.js';
import type { HandshakeTrace, TlsSocketEvents } from './events.js';
import type { Board, ConnectOptions, OnRead, SocketTlsConfig } from './options.js';
import { Pump } from './pump.js';
import { Slices } from './slices.js';

const READ_BUFFER = 1024; // From `announce` on: a handshake brings no data.
/** How long the peer may stay silent once we have said that we are done; after an error, how long goodbyes may take. */
const CLOSE_TIMEOUT_MS = 10000;
const ALERT_TIMEOUT_MS = 1000;
/** Idle polls slow down to this, so that a waiting connection costs the chip's bus little. */
const SLOWEST_POLL_MS = 16;
/** After this many chunks the event loop gets its turn. */
const CHUNKS_A_TURN = 16;

const enum Phase {
  Connecting,
  Handshaking,
  Open,
  /** The peer's end was delivered; what we still have to say leaves, then FIN. */
  Ending,
  /** An error was reported; the alert leaves, then FIN. */
  Failing,
  /** FIN is on its way. */
  Closing,
  Closed,
}

export class TlsSocket {
  /** The engine below, for its getters. */
  readonly tls: TlsClient;
  /** The receive ring. */
  readonly input: { readonly length: number; readonly peak: number; readonly capacity: number };
  private readonly board: Board;
  private readonly transport: Transport;
  private readonly pump: Pump;
  private readonly slices: Slices;
  private readonly listener: TlsListener;
  private readonly emitter: Emitter;
  /** What the engine did before the application could listen: its ClientHello. */
  private earlyMessages: HandshakeTrace[];
  private readonly onread: OnRead | undefined;
  private buffer: Uint8Array;
  private phase: Phase;
  private timer: TimerHandle | undefined;
  private pollDelay: number;
  private stepping: boolean;
  /** Plaintext bytes in `buffer` that have not been delivered yet. */
  private held: number;
  private paused: boolean;
  private wantsDrain: boolean;
  private endCalled: boolean;
  /** Bytes of both sides when `end()` was looked after last. */
  private heard: number;
  /** On the board's clock. */
  private deadline: number;
  /** When the last turn of the handshake began, if there was a slice in it. */
  private slicedAt: number | undefined;
  private hadError: boolean;

  /** Use `connect()`. `config.listener` and `config.input` are filled by the socket and belong to it. */
  constructor(board: Board, config: SocketTlsConfig, options: ConnectOptions) {
    const onread = options.onread;
    this.board = board;
    this.phase = Phase.Connecting;
    this.earlyMessages = [];
    this.emitter = new Emitter();
    this.listener = config.listener;
    this.listener.message = (sent, type, length) => this.trace({ sent, type, length });
    // Set before the ClientHello is made: servers send tickets only to clients that say they take them.
    this.listener.session = ticket => void this.emitter.emit('session', ticket);
    this.transport = board.network.connect(options.host, options.port);
    this.transport.tape = config.tape;
    if (board.recordsInChip) config.input.backlog = this.transport.backlog;
    try {
      this.tls = new TlsClient(config);
    } catch (error) {
      this.transport.abort();
      throw error;
    }
    this.input = config.input;
    this.pump = new Pump(this.tls, config.input, this.transport);
    this.slices = new Slices(this.tls, board.clock, board.sliceMs || 0);
    this.onread = onread;
    this.buffer = onread ? onread.buffer : new Uint8Array(8);
    this.pollDelay = this.held = this.heard = 0;
    this.stepping = this.paused = this.wantsDrain = this.endCalled = this.hadError = false;
    this.deadline = board.clock.now() + (options.handshakeTimeout || 120000);
    this.slicedAt = undefined;
    this.wake();
  }

  on<E extends keyof TlsSocketEvents>(event: E, listener: TlsSocketEvents[E]): this {
    this.emitter.on(event, listener as Listener);
    // The engine formats secrets only while somebody listens.
    if (event === 'keylog') this.listener.keylog = line => void this.emitter.emit('keylog', line);
    this.wake();
    return this;
  }

  off<E extends keyof TlsSocketEvents>(event: E, listener: TlsSocketEvents[E]): this {
    this.emitter.off(event, listener as Listener);
    if (event === 'keylog' && !this.emitter.has(event)) this.listener.keylog = undefined;
    return this;
  }

  /**
   * Hands over plaintext and answers how many bytes were taken: all, fewer, or 0 (also before `secureConnect`). After a short
   * answer `drain` follows. Nothing of `data` is kept. A string is one byte a character, as on Espruino; characters above
   * 255 are ERR_USAGE. Throws ERR_USAGE after `end()`, and answers 0 once the connection is over.
   */
  write(data: Uint8Array | string, offset?: number, length?: number): number {
    if (this.endCalled) usageError('write after end');
    const bytes = typeof data === 'string' ? bytesOf(data) : data;
    const from = offset || 0;
    const wanted = length === undefined ? bytes.length - from : length;
    if (!(from >= 0 && wanted >= 0 && from + wanted <= bytes.length)) usageError('write: outside the data');
    const taken = this.phase === Phase.Open && wanted > 0 ? this.tls.write(bytes, from, wanted) : 0;
    if (taken < wanted) this.wantsDrain = true;
    this.wake();
    return taken;
  }

  /** No more writes: close_notify follows what was written. Reading goes on until the peer's end. Idempotent. */
  end(): void {
    if (this.endCalled) return;
    this.endCalled = true;
    if (this.phase === Phase.Open) this.sendCloseNotify();
    this.wake();
  }

  /** Ends the connection now; `close` follows, after `error` if one is given. Idempotent. */
  destroy(error?: Error): void {
    if (this.phase === Phase.Closed) return;
    this.enter(Phase.Closed);
    this.transport.abort();
    this.cancelTimer();
    this.board.timer.after(0, () => {
      try {
        if (error) this.emitError(error);
      } finally {
        this.emitter.emit('close', this.hadError);
      }
    });
  }

  /** Stops `data`. The ring fills, then the TCP window closes; nothing is lost. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.wake();
  }

  /** True once the peer's certificate and Finished were verified and ours was sent. */
  get authorized(): boolean {
    return this.tls.handshakeComplete;
  }

  /** Ciphertext bytes, as Node counts them. */
  get bytesRead(): number {
    return this.pump.received;
  }

  get bytesWritten(): number {
    return this.pump.sent;
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    if (phase === Phase.Closed) this.tls.cancel();
    note(this.transport.tape, Noted.State, phase);
  }

  private wake(): void {
    this.pollDelay = 0;
    if (this.stepping || this.phase === Phase.Closed) return;
    this.cancelTimer();
    this.turnAfter(0);
  }

  private turnAfter(delay: number): void {
    this.timer = this.board.timer.after(delay, () => this.turn());
  }

  private cancelTimer(): void {
    if (this.timer !== undefined) this.board.timer.cancel(this.timer);
    this.timer = undefined;
  }

  private turn(): void {
    this.timer = undefined;
    this.stepping = true;
    let moved = false;
    try {
      moved = this.board.network.poll();
      if (this.step()) moved = true;
    } catch (error) {
      moved = true;
      this.fail(error as Error);
    } finally {
      // Also behind an error that nobody listens to: the goodbyes follow.
      this.stepping = false;
      this.schedule(moved);
    }
  }

  private schedule(moved: boolean): void {
    if (this.phase === Phase.Closed) return;
    // wake() from inside a listener has set pollDelay to 0 as well.
    const delay = moved ? 0 : this.pollDelay;
    this.pollDelay = moved ? 0 : delay === 0 ? 1 : delay < SLOWEST_POLL_MS ? delay * 2 : delay;
    this.turnAfter(delay);
  }

  private step(): boolean {
    const now = this.board.clock.now();
    switch (this.phase) {
      case Phase.Connecting:
      case Phase.Handshaking:
        return this.stepHandshake(now);
      case Phase.Open:
        return this.stepOpen(now);
      case Phase.Ending:
      case Phase.Failing:
        if (this.pump.flush() || now > this.deadline) {
          this.enter(Phase.Closing);
          this.deadline = now + (this.hadError ? ALERT_TIMEOUT_MS : CLOSE_TIMEOUT_MS);
          this.transport.close();
        }
        return false;
      case Phase.Closing:
        if (now > this.deadline) this.transport.abort();
        if (this.transport.closed) this.finish();
        return false;
      default:
        return false;
    }
  }

  private stepHandshake(now: number): boolean {
    // What we compute is not the peer's silence.
    if (this.slicedAt !== undefined) this.deadline += now - this.slicedAt;
    this.slicedAt = undefined;
    if (this.phase === Phase.Connecting && this.transport.connected) {
      this.enter(Phase.Handshaking);
      this.emitter.emit('connect');
      for (const message of this.earlyMessages) this.emitter.emit('message', message);
      this.earlyMessages = [];
      return true;
    }
    const moved = this.run();
    if (this.phase > Phase.Handshaking) return moved;
    if (this.tls.handshakeComplete) this.announce();
    else if (now > this.deadline) {
      throw ringletError('ERR_TLS_HANDSHAKE_TIMEOUT', 'The handshake took too long: see the option handshakeTimeout');
    }
    const told = this.slices.next();
    if (!told) return moved;
    this.slicedAt = now;
    this.emitter.emit('progress', told);
    return true;
  }

  private stepOpen(now: number): boolean {
    let moved = false;
    for (let chunks = 0; chunks < CHUNKS_A_TURN && this.phase === Phase.Open; chunks++) {
      const before = this.traffic();
      if (!this.run() && this.traffic() === before) break;
      moved = true;
    }
    if (this.phase !== Phase.Open) return true;
    if (this.wantsDrain && this.tls.writable > 0 && !this.endCalled) {
      this.wantsDrain = false;
      this.emitter.emit('drain');
      return true;
    }
    // A paused application may be waiting for `drain` before it reads on: it must hear that none will come.
    if (this.wantsDrain && this.paused && this.pump.failure) throw this.pump.failure;
    if (this.endCalled) {
      const backlog = this.transport.backlog;
      // A record may take long until it is whole, and the ring full all the time.
      const heard = this.traffic() + (backlog ? backlog.length : 0);
      if (moved || heard !== this.heard) this.deadline = now + CLOSE_TIMEOUT_MS;
      else if (now > this.deadline) {
        throw ringletError('ERR_NET_TIMEOUT', 'The peer did not close in time after our end');
      }
      this.heard = heard;
    }
    return moved;
  }

  private traffic(): number {
    return this.pump.received + this.pump.sent;
  }

  /** Moves bytes, and delivers plaintext when that is allowed. Answers true if plaintext or the end was met. */
  private run(): boolean {
    // After end() without a listener nobody wants what still comes, but the peer's end must be met behind it.
    const flowing = !this.paused && (this.onread !== undefined || this.emitter.has('data') || this.endCalled);
    const room = this.held === 0 && (flowing || this.phase !== Phase.Open) ? this.buffer.length : 0;
    const read = this.pump.run(this.buffer, 0, room);
    if (read > 0) this.held = read;
    if (this.held > 0 && flowing && this.phase === Phase.Open) {
      this.deliver();
      return true;
    }
    // CLOSE_NOTIFY stays the answer: it is met again once the handshake was announced and what is held was delivered.
    if (read !== CLOSE_NOTIFY || this.phase !== Phase.Open) return read > 0;
    this.sendCloseNotify();
    this.enter(Phase.Ending);
    this.emitter.emit('end');
    return true;
  }

  private deliver(): void {
    const length = this.held;
    this.held = 0;
    if (!this.onread) {
      this.emitter.emit('data', new Uint8Array(this.buffer.subarray(0, length)));
    } else if (this.onread.callback(length, this.buffer) === false) this.paused = true;
  }

  private trace(message: HandshakeTrace): void {
    if (this.phase === Phase.Connecting) this.earlyMessages.push(message);
    else this.emitter.emit('message', message);
  }

  private announce(): void {
    const first = this.buffer;
    if (!this.onread) (this.buffer = new Uint8Array(READ_BUFFER)).set(first);
    this.enter(Phase.Open);
    // end() before the handshake was complete: what Node does, finish it, then close.
    if (this.endCalled) this.sendCloseNotify();
    this.emitter.emit('secureConnect');
  }

  private sendCloseNotify(): void {
    this.tls.closeWrite();
    this.deadline = this.board.clock.now() + CLOSE_TIMEOUT_MS;
  }

  private fail(error: Error): void {
    if (this.phase === Phase.Closed) return;
    if (this.phase === Phase.Failing || this.phase === Phase.Closing) {
      // The reason is known already; what now fails is only the goodbye.
      this.transport.abort();
      this.finish();
      return;
    }
    this.hadError = true;
    this.attachTrace(error as RingletError);
    this.enter(Phase.Failing);
    this.deadline = this.board.clock.now() + ALERT_TIMEOUT_MS;
    this.emitError(error);
  }

  /** What a listener of the application's has thrown may be anything. */
  private attachTrace(error: RingletError): void {
    const tape = this.transport.tape;
    const input = this.input;
    if (!tape || !error || !error.code) return;
    error.trace = tape.line(`T1 ${error.code} ${input.capacity} ${input.length} ${this.pump.received}`);
  }

  private emitError(error: Error): void {
    this.hadError = true;
    // As in Node: an error nobody listens to is thrown, not swallowed.
    if (!this.emitter.emit('error', error)) throw error;
  }

  private finish(): void {
    this.enter(Phase.Closed);
    this.cancelTimer();
    this.emitter.emit('close', this.hadError);
  }
}
