/**
 * Where a connection with faults takes place: simulated chip, driver, a board's timers, and a clock that moves with every
 * byte on the bus. No kernel socket, no real time: the same scenario gives the same run.
 */
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { VirtualClock } from '../../boards/sim/clock.js';
import { createSimBoard, type SimBoard } from '../../boards/sim/index.js';
import { LanPeer, type Path } from '../../boards/sim/lan-peer.js';
import { seededRandom } from '../../boards/sim/seeded-random.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import type { SpiPort } from '../../src/platform.js';
import type { Board } from '../../src/socket/options.js';
import { tls13 } from '../../src/tls/profiles.js';
import { localMac } from '../../src/w5500/mac.js';
import { type W5500Network, w5500Network } from '../../src/w5500/network.js';
import { udpServices } from '../../src/w5500/services.js';
import type { Scenario } from './scenario.js';
import { TlsPeer } from './tls-peer.js';

export const NAME = 'server.test';
export const ADDRESS = '10.0.0.55';
export const PORT = 443;
const ECHO_PORT = 7;
/** 2027-01-15, while the certificates are valid. */
const UNIX_TIME = 1800000000;
/** One byte at 8 MHz. */
const BYTE_MS = 0.001;
/** Nothing lasts longer than this, by the board's clock. */
const LIMIT_MS = 3600000;
const MAX_TURNS = 400000;
const MAX_FRAMES = 600000;

const mixedProvider: CryptoProvider = { ...nodeCryptoProvider, aeads: portableProvider.aeads };
const providers = { node: nodeCryptoProvider, 'portable AEADs': mixedProvider, portable: portableProvider };

const STATIC = {
  ip: new Uint8Array([10, 0, 0, 7]),
  mask: new Uint8Array([255, 255, 255, 0]),
  gateway: new Uint8Array([10, 0, 0, 1]),
  dns: [new Uint8Array([10, 0, 0, 1])],
};

export class World {
  readonly clock = new VirtualClock();
  readonly sim: SimBoard;
  readonly network: W5500Network;
  readonly board: Board;
  /** What the application does, and everything else that is chosen on the way. */
  readonly random: (limit: number) => number;
  /** What must never be. */
  readonly failures: string[] = [];
  /** Timers fire from the event loop only, though the clock moves inside SPI frames too. */
  readonly due: (() => void)[] = [];
  /** Both are undefined until the SYN. */
  link: LanPeer | undefined;
  peer: TlsPeer | undefined;
  private readonly timers = new Set<unknown>();
  private turns = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly trace?: (line: string) => void,
  ) {
    const { seed, chip, dhcp } = scenario;
    this.random = seededRandom(seed ^ 0xc11e47);
    const { refusedRaises, resetRaises, sendOkAtAck, receiveInFinWait, wholeSegments, ...options } = chip;
    this.sim = createSimBoard({
      clock: this.clock,
      seed,
      leaseSeconds: scenario.leaseSeconds,
      chip: options,
      faults: { refusedRaises, resetRaises, sendOkAtAck, receiveInFinWait, wholeSegments },
    });
    this.sim.lan.zone.set(NAME, ADDRESS);
    const path: Path = { ...scenario.path, random: seededRandom(seed ^ 0x9a7) };
    this.sim.lan.accept(ADDRESS, PORT, events => {
      this.link = new LanPeer(this.clock, events, path);
      this.peer = new TlsPeer(this.link, this.clock, scenario);
      return this.link;
    });
    this.sim.lan.accept(ADDRESS, ECHO_PORT, events => {
      const link = new LanPeer(this.clock, events, { ...path, delayMs: 1 });
      link.application = { data: bytes => link.write(bytes), fin: () => link.finish() };
      return link;
    });
    this.network = w5500Network({
      services: udpServices,
      spi: this.spiPort(),
      clock: this.clock,
      random: this.randomBytes(),
      mac: localMac(new Uint8Array([1, 2, 3, 4, 5])),
      buffers: { rx: scenario.rx, tx: scenario.tx },
      address: dhcp ? undefined : STATIC,
      onEvent: event => this.note(`network: ${event.type}${event.type === 'fault' ? ` ${codeOf(event.error)}` : ''}`),
    });
    this.board = this.makeBoard();
  }

  /** One turn of the event loop; time passes until there is something to do. */
  turn(): void {
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

  /** Socket, timers, port: nothing is left, and a next connection on the same chip works, now that the fault is over. */
  checkGivenBack(): void {
    this.settle(() => this.timers.size === 0 && this.given(), 'timers and sockets to be given back', 20000);
    if (this.failures.length > 0) return;
    // The driver looks at the chip's settings twice a second: time to find out that they are lost.
    const ready = this.clock.now() + 600;
    this.settle(() => this.clock.now() >= ready, 'a second to pass', 1000);
    let error = this.echoOnce();
    // A short lease may end as late as this because the answers to its renewal were lost: then the one after that works.
    if (this.scenario.leaseSeconds < 60 && error && codeOf(error) === 'ERR_NET_NO_LEASE') error = this.echoOnce();
    if (error) this.fail(`the next connection: ${codeOf(error)} ${(error as Error).message}`);
  }

  /** DHCP may be asking for its lease, with a socket of its own. */
  private given(): boolean {
    return this.network.chip.inUse === 0 || (this.scenario.dhcp && isOneBit(this.network.chip.inUse));
  }

  /** A connection of its own; answers what it ended with if not as it should. */
  private echoOnce(): unknown {
    const transport = this.network.connect(ADDRESS, ECHO_PORT);
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
      if (!this.given()) this.fail('a socket is left after the next connection');
    } catch (error) {
      return error;
    }
    return undefined;
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

  fail(why: string): void {
    this.note(`FAILED: ${why}`);
    this.failures.push(why);
  }

  guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.fail(`stray exception: ${(error as Error).stack ?? error}`);
    }
  }

  note(line: string): void {
    this.trace?.(
      `${this.clock.now().toFixed(3).padStart(12)} ${String(this.sim.chip.stats.frames).padStart(7)}  ${line}`,
    );
  }

  private makeBoard(): Board {
    const { client } = this.scenario;
    return {
      network: this.network,
      crypto: providers[client.crypto],
      profile: tls13,
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
      recordsInChip: client.recordsInChip,
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
}

function isOneBit(bits: number): boolean {
  return (bits & (bits - 1)) === 0;
}

export function codeOf(error: unknown): string {
  const { code, name } = error as { code?: string; name: string };
  return code ?? name;
}
