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
 * (true after an error), `session` (Uint8Array), `earlyData` (EarlyDataAnswer), `keylog` (string), `message` (HandshakeTrace, for timelines).
 * Listeners may call anything on the socket; no event is emitted from inside a call of the application's, but for the
 * `message` of a KeyUpdate that `write` seals.
 */
import { ByteRing } from '../bytes/byte-ring.js';
import { type RingletError, ringletError, usageError } from '../errors.js';
import type { TimerHandle } from '../platform.js';
import { Noted, note } from '../recorder.js';
import { CLOSE_NOTIFY, type TlsClient, type TlsListener } from '../tls/client.js';
import { bytesOf } from './byte-string.js';
import { engineFor } from './engine.js';
import type { HandshakeTrace, TlsSocketEvents } from './events.js';
import type { Board, ConnectOptions } from './options.js';
import { pump } from './pump.js';

const READ_BUFFER = 1024; // From `secureConnect` on: a handshake brings no data.
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

type Listener = (argument: never) => void;

export interface TlsSocket {
  /** The engine below, for its getters. */
  readonly tls: TlsClient;
  /** The receive ring. @internal */
  readonly input: { readonly length: number; readonly peak: number; readonly capacity: number };
  on<E extends keyof TlsSocketEvents>(event: E, listener: TlsSocketEvents[E]): this;
  off<E extends keyof TlsSocketEvents>(event: E, listener: TlsSocketEvents[E]): this;
  /**
   * Hands over plaintext and answers how many bytes were taken: all, fewer, or 0 (also before `secureConnect`). After a short
   * answer `drain` follows. Nothing of `data` is kept. A string is one byte a character, as on Espruino; characters above
   * 255 are ERR_USAGE. Throws ERR_USAGE after `end()`, and answers 0 once the connection is over.
   */
  write(data: Uint8Array | string, offset?: number, length?: number): number;
  /** No more writes: close_notify follows what was written. Reading goes on until the peer's end. Idempotent. */
  end(): void;
  /** Ends the connection now; `close` follows, after `error` if one is given. Idempotent. */
  destroy(error?: Error): void;
  /** Stops `data`. The ring fills, then the TCP window closes; nothing is lost. */
  pause(): void;
  resume(): void;
  /** True once the peer's certificate and Finished were verified and ours was sent. */
  readonly authorized: boolean;
  /** Ciphertext bytes, as Node counts them. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Use `connect()`, which has looked at the options. */
export function tlsSocket(board: Board, options: ConnectOptions): TlsSocket {
  const clock = board.clock;
  const timer = board.timer;
  const profile = board.profile;
  const keys = profile.preSharedKeys;
  const tape = board.recorder && board.recorder(clock);
  const onread = options.onread;
  let buffer = onread ? onread.buffer : new Uint8Array(8);
  const input = new ByteRing(options.receiveBuffer || board.receiveBuffer, board.makeBuffer);
  const sessions = board.sessions;
  const server = (options.servername || options.host) + ':' + options.port;
  /** A session out of the store that nobody has seen yet. */
  let lent = sessions && !options.session ? sessions.load(server) : undefined;
  const listeners: { [event: string]: Listener[] } = {};
  /** What the engine did before the application could listen: its ClientHello. */
  const earlyMessages: HandshakeTrace[] = [];
  let phase: Phase = Phase.Connecting;
  let scheduled: TimerHandle | undefined;
  let stepping = false;
  let pollDelay = 0;
  /** Plaintext bytes in `buffer` that have not been delivered yet. */
  let held = 0;
  let paused = false;
  let wantsDrain = false;
  let endCalled = false;
  let hadError = false;
  /** Bytes of both sides when `end()` was looked after last. */
  let heard = 0;
  /** On the board's clock. */
  let deadline = clock.now() + (options.handshakeTimeout || 120000);
  /** What was left until then when the last turn of the handshake began, if there was a slice in it. */
  let left = 0;

  function listenersOf(event: keyof TlsSocketEvents): Listener[] {
    return listeners[event] || [];
  }

  /** Calls the listeners in the order they were added; answers false if there is none. */
  function emit(event: keyof TlsSocketEvents, argument?: unknown): boolean {
    const list = listenersOf(event);
    for (const call of list) call(argument as never);
    return list.length > 0;
  }

  /** `list` is a new one each time: a listener may come or go while the old list is being called. */
  function listen(event: keyof TlsSocketEvents, list: Listener[]): TlsSocket {
    listeners[event] = list;
    // The engine formats secrets only while somebody listens.
    if (profile.handshakeLog && event === 'keylog')
      listener.keylog = list.length > 0 ? line => void emit(event, line) : undefined;
    wake();
    return socket;
  }

  function enter(next: Phase): void {
    phase = next;
    if (sessions && lent) {
      // Its ticket is about to be seen; or it never was, and never will be.
      if (next === Phase.Handshaking) sessions.remove(server, lent);
      else sessions.save(server, lent);
      lent = undefined;
    }
    if (next === Phase.Closed) {
      tls.cancel();
      unschedule();
      buffer = new Uint8Array(0);
    }
    note(tape, Noted.State, next);
  }

  function wake(): void {
    pollDelay = 0;
    if (stepping || phase === Phase.Closed) return;
    unschedule();
    scheduled = timer.after(0, turn);
  }

  function unschedule(): void {
    if (scheduled !== undefined) timer.cancel(scheduled);
    scheduled = undefined;
  }

  /** One turn of the event loop. */
  function turn(): void {
    let moved = true;
    scheduled = undefined;
    stepping = true;
    try {
      const polled = board.network.poll();
      moved = step(clock.now()) || polled;
    } catch (error) {
      fail(error as RingletError);
    } finally {
      // Also behind an error that nobody listens to: the goodbyes follow.
      stepping = false;
      // wake() from inside a listener has set pollDelay to 0.
      if (moved) pollDelay = 0;
      if (phase !== Phase.Closed) scheduled = timer.after(pollDelay, turn);
      if (!moved && pollDelay < SLOWEST_POLL_MS) pollDelay = pollDelay * 2 || 1;
    }
  }

  /** Answers true if anything happened. */
  function step(now: number): boolean {
    if (stepHandshake && phase < Phase.Open) return stepHandshake(now);
    if (phase === Phase.Open) return stepOpen(now);
    if (phase === Phase.Closing) {
      if (now > deadline) transport.abort();
      if (transport.closed) finish();
    } else if (phase !== Phase.Closed && (moves.flush() || now > deadline)) {
      enter(Phase.Closing);
      deadline = now + (hadError ? ALERT_TIMEOUT_MS : CLOSE_TIMEOUT_MS);
      transport.close();
    }
    return false;
  }

  /** Gone when it is over, for its memory. */
  let stepHandshake: ((now: number) => boolean) | undefined = now => {
    // What we compute is not the peer's silence.
    if (left) deadline = now + left;
    left = 0;
    if (phase === Phase.Connecting && transport.connected) {
      enter(Phase.Handshaking);
      emit('connect');
      if (profile.handshakeLog) for (const message of earlyMessages.splice(0)) emit('message', message);
      return true;
    }
    const moved = run();
    if (phase > Phase.Handshaking) return moved;
    if (tls.handshakeComplete) {
      enter(Phase.Open);
      stepHandshake = undefined;
      if (!profile.tls12) slice = undefined; // A renegotiation computes, too.
      // end() before the handshake was complete: what Node does, finish it, then close.
      if (endCalled) sendCloseNotify();
      const first = buffer;
      if (!onread) (buffer = board.makeBuffer ? board.makeBuffer(READ_BUFFER) : new Uint8Array(READ_BUFFER)).set(first);
      emit('secureConnect');
    } else if (now > deadline) {
      throw ringletError('ERR_TLS_HANDSHAKE_TIMEOUT', 'The handshake took longer than handshakeTimeout');
    }
    const told = slice && slice();
    if (!told) return moved;
    left = deadline - now;
    emit('progress', told);
    return true;
  };

  function stepOpen(now: number): boolean {
    let moved = false;
    for (let chunks = 0; chunks < CHUNKS_A_TURN && phase === Phase.Open; chunks++) {
      const before = traffic();
      if (!run() && traffic() === before) break;
      moved = true;
    }
    if (phase !== Phase.Open) return true;
    if (wantsDrain && tls.writable > 0 && !endCalled) {
      wantsDrain = false;
      emit('drain');
      return true;
    }
    // A paused application may be waiting for `drain` before it reads on: it must hear that none will come.
    if (wantsDrain && paused && moves.failure) throw moves.failure;
    if (endCalled) {
      const backlog = input.backlog;
      // A record may take long until it is whole, and the ring full all the time.
      const heardNow = traffic() + (backlog ? backlog.length : 0);
      if (moved || heardNow !== heard) deadline = now + CLOSE_TIMEOUT_MS;
      else if (now > deadline) throw ringletError('ERR_NET_TIMEOUT', 'The peer did not close after our end');
      heard = heardNow;
    }
    return !!(slice && slice()) || moved;
  }

  function traffic(): number {
    return moves.received + moves.sent;
  }

  /** Moves bytes, and delivers plaintext when that is allowed. Answers true if plaintext or the end was met. */
  function run(): boolean {
    // After end() without a listener nobody wants what still comes, but the peer's end must be met behind it.
    const flowing = !paused && (onread !== undefined || endCalled || listenersOf('data').length > 0);
    const read = moves.run(buffer, 0, held === 0 && (flowing || phase !== Phase.Open) ? buffer.length : 0);
    if (read > 0) held = read;
    if (phase !== Phase.Open) return read > 0;
    if (held > 0 && flowing) {
      const length = held;
      held = 0;
      if (!onread) emit('data', new Uint8Array(buffer.subarray(0, length)));
      else if (onread.callback(length, buffer) === false) paused = true;
      return true;
    }
    // CLOSE_NOTIFY stays the answer: it is met again once the handshake was announced and what is held was delivered.
    if (read !== CLOSE_NOTIFY) return read > 0;
    sendCloseNotify();
    enter(Phase.Ending);
    emit('end');
    return true;
  }

  function sendCloseNotify(): void {
    tls.closeWrite();
    deadline = clock.now() + CLOSE_TIMEOUT_MS;
  }

  /** What a listener of the application's has thrown may be anything. */
  function fail(error: RingletError): void {
    if (phase === Phase.Closed) return;
    if (phase > Phase.Ending) {
      // The reason is known already; what now fails is only the goodbye.
      transport.abort();
      finish();
      return;
    }
    if (tape && error && error.code)
      error.trace = tape.line(`T1 ${error.code} ${input.capacity} ${input.length} ${moves.received}`);
    // Who knows what of it the server has not liked.
    if (sessions && phase === Phase.Handshaking) sessions.remove(server);
    enter(Phase.Failing);
    deadline = clock.now() + ALERT_TIMEOUT_MS;
    tell(error);
  }

  function tell(error: Error): void {
    hadError = true;
    // As in Node: an error nobody listens to is thrown, not swallowed.
    if (!emit('error', error)) throw error;
  }

  function finish(): void {
    enter(Phase.Closed);
    emit('close', hadError);
  }

  const listener: TlsListener = {};
  if (profile.handshakeLog) {
    listener.message = (sent, type, length) => {
      const message = { sent, type, length };
      if (phase === Phase.Connecting) earlyMessages.push(message);
      else emit('message', message);
    };
  }
  // There before the ClientHello is made: servers send tickets only to clients that say they take them.
  if ((keys && keys.ticket) || profile.tls12) {
    listener.session = session => {
      if (sessions) sessions.save(server, session);
      emit('session', session);
    };
  }
  if (profile.zeroRtt) listener.earlyData = (accepted, bytes) => void emit('earlyData', { accepted, bytes });
  const transport = board.network.connect(options.host, options.port);
  transport.tape = tape;
  if (board.recordsInChip && profile.longRecords) input.backlog = transport.unreceived;
  let tls: TlsClient;
  try {
    tls = engineFor(board, options, options.session || lent, input, listener, tape);
  } catch (error) {
    transport.abort();
    throw error;
  }
  const moves = pump(tls, input, transport);
  let slice = board.slices && board.slices.begin(tls, clock);

  const socket: TlsSocket = {
    tls,
    input,
    on: (event, call) => listen(event, listenersOf(event).concat([call as Listener])),
    off: (event, call) =>
      listen(
        event,
        listenersOf(event).filter(other => other !== call),
      ),
    write(data, offset, length) {
      if (endCalled) usageError('write after end');
      const bytes = typeof data === 'string' ? bytesOf(data) : data;
      const from = offset || 0;
      const wanted = length === undefined ? bytes.length - from : length;
      if (!(from >= 0 && wanted >= 0 && from + wanted <= bytes.length)) usageError('write: outside the data');
      const taken = phase === Phase.Open && wanted > 0 ? tls.write(bytes, from, wanted) : 0;
      if (taken < wanted) wantsDrain = true;
      wake();
      return taken;
    },
    end() {
      if (endCalled) return;
      endCalled = true;
      if (phase === Phase.Open) sendCloseNotify();
      wake();
    },
    destroy(error) {
      if (phase === Phase.Closed) return;
      enter(Phase.Closed);
      transport.abort();
      timer.after(0, () => {
        try {
          if (error) tell(error);
        } finally {
          emit('close', hadError);
        }
      });
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      wake();
    },
    get authorized() {
      return tls.handshakeComplete;
    },
    get bytesRead() {
      return moves.received;
    },
    get bytesWritten() {
      return moves.sent;
    },
  };
  wake();
  return socket;
}
