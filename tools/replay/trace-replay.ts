/**
 * Runs a trace again: a TlsSocket over a transport that delivers what a scripted server sends, cut where the trace says, at
 * its times, with its end. Time is virtual: two minutes of silence take none.
 */
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { ringletError } from '../../src/errors.js';
import { connect } from '../../src/socket/connect.js';
import type { Board } from '../../src/socket/options.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { everything } from '../../src/tls/profiles.js';
import { NO_DATA_YET, PEER_CLOSED, type Transport } from '../../src/transport.js';
import { trustAnchor } from '../../src/x509/trust.js';
import { ReplayServer } from './replay-server.js';
import { EventLog, type Trace, type TraceEvent } from './trace.js';

export interface Replay {
  /** The error's code, or 'end' for a clean one. */
  code: string;
  same: boolean;
  /** Of the replay. */
  events: TraceEvent[];
  /** Records that came, of those in the trace, with the same type and length; cuts likewise. */
  records: [alike: number, of: number];
  cuts: [alike: number, of: number];
  differences: string[];
}

/** Virtual milliseconds after which a replay is over whatever it does; more than every timeout of TlsSocket. */
const LONGEST_MS = 600000;
const LARGEST_RECORD = 16645;
const SHORTEST_NAME = 'r.test';
const LONGEST_NAME = 240;

/** Errors that depend on what was said, of which a trace tells nothing. */
const CONTENT_CODES =
  /^ERR_(CERT_(?!UNKNOWN_ISSUER)|USAGE|CHIP_NOT_FOUND)|^ERR_TLS_(DECODE|ILLEGAL|MISSING|UNSUPPORTED|PROTOCOL|MESSAGE_TOO_LARGE|NO_APP)/;

export function dependsOnContent(code: string): boolean {
  return CONTENT_CODES.test(code);
}

export async function replayTrace(trace: Trace): Promise<Replay> {
  // Told what a first run's ClientHello measures, the second one has a name that makes up for the difference.
  const first = await run(trace, SHORTEST_NAME);
  const length = (events: TraceEvent[]) => events.find(event => event.kind === 'M' && event.a === 1)?.b;
  const missing = (length(trace.events) ?? 0) - (length(first.events) ?? 0);
  if (missing <= 0 || missing > LONGEST_NAME) return first;
  return run(trace, longerBy(missing));
}

/** Labels of at most 63 characters. */
function longerBy(count: number): string {
  let name = SHORTEST_NAME;
  for (let left = count; left > 0; ) {
    const piece = Math.min(left, 60);
    // A label of one character would need a dot of its own.
    if (left - piece === 1) name = 'x' + name;
    if (piece === 1) name = 'x' + name;
    else name = 'x'.repeat(piece - 1) + '.' + name;
    left -= piece + (left - piece === 1 ? 1 : 0);
  }
  return name;
}

async function run(trace: Trace, name: string): Promise<Replay> {
  const server = await ReplayServer.create(trace, name);
  const time = new VirtualTime();
  const log = new EventLog(time);
  const transport = new TracedTransport(trace, server, time);
  const board: Board = {
    network: { connect: () => transport, poll: () => false },
    crypto: nodeCryptoProvider,
    profile: everything,
    random: nodeRandom,
    clock: time,
    timer: time,
    unixTime: () => Math.floor(Date.now() / 1000),
    // Where the chip has held what the ring could not, there is no chip now.
    receiveBuffer: trace.code === 'ERR_TLS_RECORD_TOO_LARGE' ? trace.ring : Math.max(trace.ring, LARGEST_RECORD),
    recorder: () => log,
  };
  const socket = connect(board, { host: name, port: 443, ca: [trustAnchor(server.root)] });
  let code = '';
  socket.on('error', error => {
    code ||= error.code;
  });
  socket.on('end', () => {
    code ||= 'end';
  });
  socket.on('data', () => undefined);
  speak(socket, trace);
  time.run(LONGEST_MS, () => code !== '');
  if (transport.complaint) throw transport.complaint;
  return {
    code: code || 'nothing',
    same: code === trace.code,
    events: log.events,
    records: alike(trace, log.events, 'i', (x, y) => x.a === y.a && x.b === y.b),
    cuts: alikeCuts(trace, log.events),
    differences: server.differences,
  };
}

/** Writes what the application wrote, and ends if it did before the error. */
function speak(socket: TlsSocket, trace: Trace): void {
  const failed = trace.events.findIndex(({ kind, a }) => kind === 'x' || (kind === 's' && a === 4));
  const sealed = trace.events.slice(0, failed < 0 ? undefined : failed).filter(({ kind }) => kind === 'o');
  const lengths = sealed.filter(({ a }) => a === 23).map(({ b }) => Math.max(1, b - 17));
  const ended = sealed.some(({ a }) => a === 21);
  const go = () => {
    while (lengths.length > 0) {
      const taken = socket.write(new Uint8Array(lengths[0]!));
      if (taken === 0) return;
      lengths[0]! -= taken;
      if (lengths[0] === 0) lengths.shift();
    }
    if (ended) socket.end();
  };
  socket.on('secureConnect', go);
  socket.on('drain', go);
}

/** Of the events of that kind in the trace, how many the replay has as well, counted from the end if the trace is one. */
function alike(
  trace: Trace,
  events: TraceEvent[],
  kind: string,
  same: (x: TraceEvent, y: TraceEvent) => boolean,
): [number, number] {
  const expected = trace.events.filter(event => event.kind === kind);
  const found = events.filter(event => event.kind === kind);
  const offset = trace.lost > 0 ? found.length - expected.length : 0;
  const count = expected.filter((event, i) => found[i + offset] && same(event, found[i + offset]!)).length;
  return [count, expected.length];
}

/** A cut may have become two where the replay's ring ends elsewhere in its memory: what counts is that it is one. */
function alikeCuts(trace: Trace, events: TraceEvent[]): [number, number] {
  const places = (list: TraceEvent[]): number[] => {
    let at = 0;
    const ends = list.filter(({ kind }) => kind === 'r').map(({ a }) => (at += a));
    return trace.lost > 0 ? ends.map(end => end - at) : ends;
  };
  const found = new Set(places(events));
  const expected = places(trace.events);
  return [expected.filter(place => found.has(place)).length, expected.length];
}

class TracedTransport implements Transport {
  connected = false;
  closed = false;
  tape: Transport['tape'];
  /** What the scripted server has to say about the client. */
  complaint: Error | undefined;
  private wire: Buffer = Buffer.alloc(0);
  private readonly cuts: TraceEvent[];
  private readonly accepts: number[];
  private readonly connectedAt: number;
  private readonly failsAt: number;
  private readonly finAt: number;
  private free = 0;

  constructor(
    private readonly trace: Trace,
    private readonly server: ReplayServer,
    private readonly time: VirtualTime,
  ) {
    const { events, code } = trace;
    const timeOf = (found: TraceEvent | undefined) => found?.at ?? Infinity;
    const last = events[events.length - 1]?.at ?? 0;
    this.cuts = events.filter(({ kind }) => kind === 'r').map(event => ({ ...event }));
    this.accepts = events.filter(({ kind }) => kind === 'w').map(({ a }) => a);
    this.connectedAt = trace.lost > 0 ? 0 : timeOf(events.find(({ kind, a }) => kind === 's' && a === 1));
    this.finAt = timeOf(events.find(({ kind }) => kind === 'e'));
    const saidGoodbye = events.some(({ kind, a }) => kind === 'o' && a === 21);
    const lost = /^ERR_(NET|CHIP)_/.test(code) && !(code === 'ERR_NET_TIMEOUT' && saidGoodbye);
    this.failsAt = lost ? last : Infinity;
    if (trace.lost > 0) this.align();
  }

  receive(into: Uint8Array, offset: number, length: number): number {
    const now = this.time.now();
    this.connected ||= now >= this.connectedAt;
    this.free += this.server.unconstrained;
    this.server.unconstrained = 0;
    const cut = this.cuts[0];
    const allowed = this.free > 0 ? this.free : cut && now >= cut.at && this.wire.length >= cut.a ? cut.a : 0;
    const taken = Math.min(length, allowed, this.wire.length);
    if (taken > 0) {
      into.set(this.wire.subarray(0, taken), offset);
      this.wire = this.wire.subarray(taken);
      if (this.free > 0) this.free -= taken;
      else if (taken === cut!.a) this.cuts.shift();
      else cut!.a -= taken;
      return taken;
    }
    if (this.cuts.length > 0) return NO_DATA_YET;
    if (now >= this.finAt) return PEER_CLOSED;
    if (now >= this.failsAt) throw ringletError(this.trace.code, 'as it was recorded');
    return NO_DATA_YET;
  }

  send(bytes: Uint8Array, offset: number, length: number): number {
    if (!this.connected) return 0;
    const taken = Math.min(length, this.accepts.shift() ?? length);
    try {
      this.server.server.receive(bytes.slice(offset, offset + taken));
      this.wire = Buffer.concat([this.wire, this.server.server.take()]);
    } catch (error) {
      this.complaint ??= error as Error;
      throw ringletError('ERR_NET_FAILED', 'the scripted server refuses what the client sends');
    }
    return taken;
  }

  close(): void {
    this.closed = true;
  }

  abort(): void {
    this.closed = true;
  }

  /** The first cuts that are left may belong to records that are not, or the first record have begun before them. */
  private align(): void {
    const opened = this.trace.events.filter(({ kind }) => kind === 'i').reduce((total, { b }) => total + 5 + b, 0);
    let surplus = this.cuts.reduce((total, { a }) => total + a, 0) - opened - this.trace.held;
    if (surplus < 0) this.free -= surplus;
    while (surplus > 0 && this.cuts.length > 0) {
      const taken = Math.min(surplus, this.cuts[0]!.a);
      this.cuts[0]!.a -= taken;
      surplus -= taken;
      if (this.cuts[0]!.a === 0) this.cuts.shift();
    }
  }
}

interface Due {
  at: number;
  callback: () => void;
}

class VirtualTime {
  private time = 0;
  private events: Due[] = [];

  now(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): Due {
    const event = { at: this.time + delayMs, callback };
    this.events.push(event);
    return event;
  }

  cancel(event: unknown): void {
    this.events = this.events.filter(other => other !== event);
  }

  /** Runs timers in their order until `done`, or for `limit` ms. */
  run(limit: number, done: () => boolean): void {
    while (!done() && this.events.length > 0 && this.time < limit) {
      const next = this.events.reduce((first, event) => (event.at < first.at ? event : first));
      this.cancel(next);
      this.time = Math.max(this.time, next.at);
      next.callback();
    }
  }
}
