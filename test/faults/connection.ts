/**
 * Runs a scenario in virtual time: a TlsSocket over the driver over the simulated chip, no kernel socket anywhere, and
 * says what became of it. Streams, events and what is given back are checked on the way; the rest is in checks.ts.
 */
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { VirtualClock } from '../../boards/sim/clock.js';
import { createSimBoard, type SimBoard } from '../../boards/sim/index.js';
import { formatInjection, type Injection, Injections } from '../../boards/sim/injections.js';
import { LanPeer, type Path } from '../../boards/sim/lan-peer.js';
import { seededRandom } from '../../boards/sim/seeded-random.js';
import type { Frame } from '../../boards/sim/spi-slave.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import type { SpiPort } from '../../src/platform.js';
import { connect } from '../../src/socket/connect.js';
import type { Board } from '../../src/socket/options.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { localMac } from '../../src/w5500/mac.js';
import { W5500Network } from '../../src/w5500/network.js';
import { trustAnchor } from '../../src/x509/trust.js';
import { authority } from './identities.js';
import type { Scenario } from './scenario.js';
import { streamBytes, TlsPeer } from './tls-peer.js';

const NAME = 'server.test';
const ADDRESS = '10.0.0.55';
const PORT = 443;
/** 2027-01-15, while the certificates are valid. */
const UNIX_TIME = 1800000000;
/** One byte at 8 MHz. */
const BYTE_MS = 0.001;
/** The application gives up when nothing has happened for this long: longer than any deadline of ringlet's but one. */
const IDLE_MS = 125000;
/** Nothing lasts longer than this, by the board's clock. */
const LIMIT_MS = 3600000;
const MAX_TURNS = 400000;
const MAX_FRAMES = 600000;

const anchor = trustAnchor(authority);
const mixedProvider: CryptoProvider = { ...nodeCryptoProvider, aeads: portableProvider.aeads };
const providers = { node: nodeCryptoProvider, 'portable AEADs': mixedProvider, portable: portableProvider };

export interface Outcome {
  /** `end`, an error's code, or `idle` if the application had to give up. */
  result: string;
  message: string;
  /** Events of the socket in order, runs of `data` as one. */
  events: string[];
  received: number;
  written: number;
  /** When `close` came, and when the first fault had begun. Milliseconds. */
  closedAt: number;
  faultAt: number | undefined;
  begun: Injection[];
  frames: number;
  bytes: number;
  /** Plaintext that came last before the end: whether all of the download was there. */
  complete: boolean;
  uploadComplete: boolean;
  clientEnded: boolean;
  peerComplaint: string | undefined;
  violations: string[];
  busErrors: number;
  /** What must never be. */
  failures: string[];
}

/** Runs it to the end. `trace` is told every event with its time, `onFrame` every SPI frame. */
export function runScenario(
  scenario: Scenario,
  trace?: (line: string) => void,
  onFrame?: (frame: Frame) => void,
): Outcome {
  const connection = new Connection(scenario, trace);
  connection.sim.chip.onFrame = onFrame;
  return connection.run();
}

class Connection {
  readonly sim: SimBoard;
  private readonly clock = new VirtualClock();
  private readonly network: W5500Network;
  private readonly random: (limit: number) => number;
  private readonly timers = new Set<unknown>();
  /** The clock moves inside SPI frames too; timers fire from the event loop only. */
  private readonly due: (() => void)[] = [];
  private readonly failures: string[] = [];
  private readonly events: string[] = [];
  private readonly upload: Uint8Array;
  private readonly download: Uint8Array;
  private link: LanPeer | undefined;
  private peer: TlsPeer | undefined;
  private socket!: TlsSocket;
  private stalled = false;
  private received = 0;
  private written = 0;
  private result = '';
  private message = '';
  private over = false;
  private closedAt = 0;
  private faultAt: number | undefined;
  private progressAt = 0;
  private turns = 0;
  private uploadedBefore = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly trace?: (line: string) => void,
  ) {
    const { seed, chip, server, client, dhcp } = scenario;
    this.random = seededRandom(seed ^ 0xc11e47);
    this.upload = streamBytes(seed, 1, client.upload);
    this.download = streamBytes(seed, 0, server.download);
    const { refusedRaises, resetRaises, sendOkAtAck, receiveInFinWait, ...options } = chip;
    this.sim = createSimBoard({
      clock: this.clock,
      seed,
      chip: options,
      faults: { refusedRaises, resetRaises, sendOkAtAck, receiveInFinWait },
    });
    this.sim.lan.zone.set(NAME, ADDRESS);
    const path: Path = { ...scenario.path, random: seededRandom(seed ^ 0x9a7) };
    this.sim.lan.accept(ADDRESS, PORT, events => {
      this.link = new LanPeer(this.clock, events, path);
      this.peer = new TlsPeer(this.link, this.clock, scenario);
      return this.link;
    });
    this.sim.lan.accept(ADDRESS, 7, events => {
      const link = new LanPeer(this.clock, events, { ...path, delayMs: 1 });
      link.application = { data: bytes => link.write(bytes), fin: () => link.finish() };
      return link;
    });
    this.network = new W5500Network({
      spi: this.spiPort(),
      clock: this.clock,
      random: this.randomBytes(),
      mac: localMac(new Uint8Array([1, 2, 3, 4, 5])),
      buffers: { rx: scenario.rx, tx: scenario.tx },
      address: dhcp ? undefined : STATIC,
      onEvent: event => this.note(`network: ${event.type}${event.type === 'fault' ? ` ${codeOf(event.error)}` : ''}`),
    });
  }

  run(): Outcome {
    this.network.start();
    const injections = new Injections(
      { board: this.sim, peer: () => this.link, stallReader: stalled => this.stallReader(stalled) },
      this.scenario.injections,
      injection => {
        this.faultAt ??= this.clock.now();
        this.note(`fault ${formatInjection(injection)}`);
      },
    );
    this.guarded(() => this.open());
    this.watch();
    while (!this.over && this.failures.length === 0) this.turn();
    const begun = [...injections.begun];
    const violations = [...this.sim.chip.violations];
    injections.end();
    this.checkStreams();
    if (this.failures.length === 0) this.guarded(() => this.checkGivenBack());
    const { stats } = this.sim.chip;
    const outcome: Outcome = {
      result: this.result,
      message: this.message,
      events: this.events,
      received: this.received,
      written: this.written,
      closedAt: this.closedAt,
      faultAt: this.faultAt,
      begun,
      frames: stats.frames,
      bytes: stats.bytes,
      complete: this.received === this.download.length,
      uploadComplete: (this.peer?.uploaded.length ?? 0) === this.upload.length,
      clientEnded: this.peer?.clientEnded ?? false,
      peerComplaint: this.peer?.complaint,
      violations,
      busErrors: this.network.chip.busErrors,
      failures: this.failures,
    };
    this.sim.close();
    return outcome;
  }

  // ----------------------------------------------------------------------------------------- the application

  private open(): void {
    const { client, dns } = this.scenario;
    const onread = client.onread
      ? {
          buffer: new Uint8Array(1 + this.random(2000)),
          callback: (length: number, buffer: Uint8Array) => {
            this.take(buffer.subarray(0, length));
            return !this.stalled;
          },
        }
      : undefined;
    const socket = connect(this.board(), {
      host: dns ? NAME : ADDRESS,
      port: PORT,
      servername: NAME,
      ca: [anchor],
      receiveBuffer: client.ring,
      onread,
    });
    this.socket = socket;
    if (!client.onread) socket.on('data', bytes => this.take(bytes));
    socket.on('connect', () => this.tell('connect'));
    socket.on('secureConnect', () => {
      this.tell('secureConnect');
      this.write();
    });
    socket.on('drain', () => {
      this.progress();
      this.write();
    });
    socket.on('session', () => undefined);
    socket.on('end', () => this.ends('end', ''));
    socket.on('error', error => this.ends(codeOf(error), error.message));
    socket.on('close', hadError => {
      this.tell(`close ${hadError}`);
      if (hadError !== (this.result !== 'end' && this.result !== 'idle'))
        this.fail(`close ${hadError} after ${this.result}`);
      if (this.over) this.fail('a second close');
      this.over = true;
      this.closedAt = this.clock.now();
    });
    if (this.stalled) socket.pause();
  }

  private take(bytes: Uint8Array): void {
    if (this.result !== '') this.fail(`data after ${this.result}`);
    if (bytes.length === 0) this.fail('data without bytes');
    const sealed = this.peer?.sealed ?? 0;
    const end = this.received + bytes.length;
    if (end > sealed || Buffer.compare(bytes, this.download.subarray(this.received, end)) !== 0) {
      this.fail(`delivered bytes ${this.received} to ${end} are not what the server sealed (${sealed} bytes so far)`);
    }
    this.received = end;
    if (this.events.at(-1) !== 'data') this.tell('data');
    this.progress();
    this.endIfDone();
  }

  private write(): void {
    const { chunk } = this.scenario.client;
    while (this.written < this.upload.length && this.result === '') {
      const wanted = Math.min(1 + this.random(chunk), this.upload.length - this.written);
      const passed = new Uint8Array(this.upload.subarray(this.written, this.written + wanted));
      const taken = this.socket.write(passed);
      // Nothing of it is kept.
      passed.fill(0xee);
      if (!(taken >= 0 && taken <= wanted)) this.fail(`write took ${taken} of ${wanted}`);
      this.written += taken;
      if (taken < wanted) return;
    }
    this.endIfDone();
  }

  private endIfDone(): void {
    const done = this.written === this.upload.length && this.received === this.download.length;
    if (this.scenario.server.ending === 'answer' && done && this.socket.authorized) this.socket.end();
  }

  private ends(result: string, message: string): void {
    this.tell(result === 'end' ? 'end' : `error ${result}`);
    if (this.result !== '') this.fail(`${result} after ${this.result}`);
    if (!/^(end|ERR_(TLS|CERT|NET|CHIP)_[A-Z_]+)$/.test(result)) this.fail(`no documented error: ${result} ${message}`);
    this.result = result;
    this.message = message;
    this.progress();
  }

  private stallReader(stalled: boolean): void {
    this.stalled = stalled;
    if (this.socket === undefined || this.over) return;
    this.progress();
    if (stalled) this.socket.pause();
    else this.socket.resume();
  }

  /** The application's own patience. */
  private watch(): void {
    this.clock.after(5000, () => {
      const uploaded = this.peer?.uploaded.length ?? 0;
      if (uploaded !== this.uploadedBefore) this.progress();
      this.uploadedBefore = uploaded;
      if (this.over) return;
      this.watch();
      if (this.clock.now() - this.progressAt < IDLE_MS) return;
      if (this.result !== '') this.fail(`no close ${IDLE_MS} ms after ${this.result}`);
      this.tell('the application gives up');
      this.result = 'idle';
      this.due.push(() => this.socket.destroy());
    });
  }

  private progress(): void {
    this.progressAt = this.clock.now();
  }

  // ------------------------------------------------------------------------------------------ what is checked

  private checkStreams(): void {
    const { peer } = this;
    if (peer === undefined) return;
    const { uploaded } = peer;
    if (uploaded.length > this.written || !uploaded.equals(this.upload.subarray(0, uploaded.length))) {
      this.fail(`the server got ${uploaded.length} bytes that are not what write took (${this.written})`);
    }
    const properEnd = peer.ended && !['truncate', 'reset'].includes(this.scenario.server.ending);
    if (this.result === 'end' && !properEnd) this.fail('end without close_notify');
    if (this.result === 'end' && this.received !== peer.sealed) {
      this.fail(`end after ${this.received} of ${peer.sealed} bytes`);
    }
  }

  /** Socket, timers, port: nothing is left, and a next connection on the same chip works, now that the fault is over. */
  private checkGivenBack(): void {
    this.settle(
      () => this.timers.size === 0 && this.network.chip.inUse === 0,
      'timers and sockets to be given back',
      20000,
    );
    if (this.failures.length > 0) return;
    // The driver looks at the chip's settings twice a second: time to find out that they are lost.
    const ready = this.clock.now() + 600;
    this.settle(() => this.clock.now() >= ready, 'a second to pass', 1000);
    const transport = this.network.connect(ADDRESS, 7);
    const answer = new Uint8Array(5);
    let sent = 0;
    let got = 0;
    try {
      this.settle(
        () => {
          if (sent < 5) sent += transport.send(new Uint8Array([1, 2, 3, 4, 5]), sent, 5 - sent);
          const n = got < 5 ? transport.receive(answer, got, 5 - got) : 0;
          if (n > 0) got += n;
          return got === 5;
        },
        'a next connection to work',
        60000,
      );
      if (answer.join() !== '1,2,3,4,5') this.fail(`the next connection echoes ${answer}`);
      transport.close();
      this.settle(() => transport.closed, 'the next connection to be closed', 20000);
      if (this.network.chip.inUse & ~(this.scenario.dhcp ? 0xff : 0))
        this.fail('a socket is left after the next connection');
    } catch (error) {
      this.fail(`the next connection: ${codeOf(error)} ${(error as Error).message}`);
    }
  }

  /** Polls the network, as some other connection of the application would. */
  private settle(done: () => boolean, what: string, ms: number): void {
    const end = this.clock.now() + ms;
    for (let polls = 0; !done(); polls++) {
      if (this.clock.now() > end || polls > 20000) {
        this.fail(`waited in vain for ${what} (timers ${this.timers.size}, sockets ${this.network.chip.inUse})`);
        return;
      }
      while (this.due.length > 0) this.guarded(this.due.shift()!);
      if (!this.network.poll()) this.clock.advance(4);
    }
  }

  private fail(why: string): void {
    this.note(`FAILED: ${why}`);
    this.failures.push(why);
  }

  private guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.fail(`stray exception: ${(error as Error).stack ?? error}`);
    }
  }

  // ------------------------------------------------------------------------------------------- time and board

  private turn(): void {
    const { stats } = this.sim.chip;
    if (++this.turns > MAX_TURNS || stats.frames > MAX_FRAMES || this.clock.now() > LIMIT_MS) {
      this.fail(`endless: ${this.turns} turns, ${stats.frames} frames, ${Math.round(this.clock.now())} ms`);
      return;
    }
    const callback = this.due.shift();
    if (callback !== undefined) {
      // Other things happen between two turns of an event loop.
      if (this.random(4) === 0) this.clock.advance(this.random(100) / 100);
      this.guarded(callback);
      return;
    }
    const next = this.clock.nextDue();
    if (next === undefined) this.fail('nothing is scheduled, and there was no close');
    else this.clock.advance(Math.max(0, next - this.clock.now()));
  }

  private board(): Board {
    const { client } = this.scenario;
    return {
      network: this.network,
      crypto: providers[client.crypto],
      random: this.randomBytes(),
      clock: this.clock,
      timer: {
        after: (delayMs, callback) => {
          const fire = () => {
            if (this.timers.delete(handle)) callback();
          };
          const handle = this.clock.after(delayMs, () => this.due.push(fire));
          this.timers.add(handle);
          return handle;
        },
        cancel: handle => {
          if (!this.timers.delete(handle)) this.fail('cancel of a timer that has fired or was cancelled');
          this.clock.cancel(handle as never);
        },
      },
      unixTime: () => UNIX_TIME,
      receiveBuffer: client.ring,
    };
  }

  /** Time passes with every byte, so that what the network does lands between any two of them. */
  private spiPort(): SpiPort {
    const { chip } = this.sim;
    const clocked = (mosi: number): number => {
      this.clock.advance(BYTE_MS);
      return chip.transfer(mosi);
    };
    const framed = (header: Uint8Array, data: () => void): void => {
      this.clock.advance(this.scenario.frameMs);
      chip.select();
      for (let i = 0; i < 3; i++) clocked(header[i]!);
      data();
      chip.deselect();
    };
    return {
      read: (header, into, offset, length) =>
        framed(header, () => {
          for (let i = offset; i < offset + length; i++) into[i] = clocked(0);
        }),
      write: (header, data, offset, length) =>
        framed(header, () => {
          for (let i = offset; i < offset + length; i++) clocked(data[i]!);
        }),
    };
  }

  private randomBytes(): (into: Uint8Array, offset: number, length: number) => void {
    const random = seededRandom(this.scenario.seed ^ 0xb17e5);
    return (into, offset, length) => {
      for (let i = 0; i < length; i++) into[offset + i] = random(256);
    };
  }

  private tell(event: string): void {
    this.events.push(event);
    this.note(event);
    if (event !== 'data') this.progress();
  }

  private note(line: string): void {
    this.trace?.(
      `${this.clock.now().toFixed(3).padStart(12)} ${String(this.sim.chip.stats.frames).padStart(7)}  ${line}`,
    );
  }
}

const STATIC = {
  ip: new Uint8Array([10, 0, 0, 7]),
  mask: new Uint8Array([255, 255, 255, 0]),
  gateway: new Uint8Array([10, 0, 0, 1]),
  dns: [new Uint8Array([10, 0, 0, 1])],
};

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: string; name: string };
  return code ?? name;
}
