/** A TlsSocket on the driver on the simulated chip: one board, its timers counted, in real or in virtual time. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { nodeClock, nodeTimer } from '../../boards/node/event-loop.js';
import { VirtualClock } from '../../boards/sim/clock.js';
import { createSimBoard, type SimBoard, type SimBoardOptions } from '../../boards/sim/index.js';
import { type W5500Board, type W5500BoardParts, w5500Board } from '../../boards/w5500-board.js';
import { connect } from '../../src/socket/connect.js';
import type { ConnectOptions } from '../../src/socket/options.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { everything } from '../../src/tls/profiles.js';
import type { NetworkEvent } from '../../src/w5500/network.js';
import { udpServices } from '../../src/w5500/services.js';
import { identity, NAME } from './harness.js';

export interface ChipRig {
  sim: SimBoard;
  board: W5500Board;
  events: NetworkEvent[];
  /** Timers that were set and have neither fired nor been cancelled. */
  timers: Set<unknown>;
  /** Publishes a loopback port as NAME, port 443; answers the chip-side address. */
  publish(realPort: number): string;
  connect(options?: Partial<ConnectOptions>): Promise<TlsSocket>;
  /** One millisecond of virtual time. */
  advance(): void;
  /** Lets time pass until `done`. */
  until(done: () => boolean, ms?: number): Promise<void>;
}

export interface ChipRigOptions extends SimBoardOptions {
  ring?: number;
  parts?: Partial<W5500BoardParts>;
}

const open: SimBoard[] = [];

export function makeChipRig(options: ChipRigOptions = {}): ChipRig {
  const sim = createSimBoard({ unixMs: () => Date.now(), ...options });
  open.push(sim);
  const virtual = sim.clock instanceof VirtualClock ? sim.clock : undefined;
  const timers = new Set<unknown>();
  /** The virtual clock moves inside SPI frames too; timers fire from the event loop only. */
  const due: (() => void)[] = [];
  const advance = () => {
    virtual?.advance(1);
    for (let left = due.length; left > 0; left--) due.shift()!();
  };
  const events: NetworkEvent[] = [];
  const board = w5500Board({
    services: udpServices,
    profile: everything,
    spi: sim.spi,
    clock: virtual ?? nodeClock,
    timer: {
      after(delayMs, callback) {
        const fire = () => {
          if (timers.delete(handle)) callback();
        };
        const handle: unknown = virtual ? virtual.after(delayMs, () => due.push(fire)) : nodeTimer.after(delayMs, fire);
        timers.add(handle);
        return handle;
      },
      cancel(handle) {
        // As on Espruino, where clearTimeout throws for a timer that is over.
        assert.ok(timers.delete(handle), 'cancel of a timer that has fired or was cancelled');
        if (virtual) virtual.cancel(handle as never);
        else nodeTimer.cancel(handle);
      },
    },
    random: nodeRandom,
    crypto: nodeCryptoProvider,
    uniqueId: new Uint8Array([5, 4, 3, 2, 1]),
    receiveBuffer: options.ring ?? 16645,
    onEvent: event => events.push(event),
    ...options.parts,
  });
  board.network.start();
  return {
    sim,
    board: { ...board, unixTime: () => Math.floor(Date.now() / 1000) },
    events,
    timers,
    publish: realPort => sim.lan.publish(NAME, 443, realPort),
    connect: async overrides => {
      const { ca } = await identity();
      return connect(
        { ...board, unixTime: () => Math.floor(Date.now() / 1000) },
        {
          host: NAME,
          port: 443,
          servername: NAME,
          ca,
          ...overrides,
        },
      );
    },
    advance,
    until: async (done, ms = 10000) => {
      const end = sim.clock.now() + ms;
      while (!done()) {
        assert.ok(sim.clock.now() <= end, `not within ${ms} ms; violations: ${sim.chip.violations.join(', ')}`);
        advance();
        await new Promise(resolve => setImmediate(resolve));
      }
    },
  };
}

/** For `afterEach`: no rule of the datasheet was broken. */
export function closeChipRigs(): void {
  const violations: string[] = [];
  for (const sim of open.splice(0)) {
    sim.close();
    violations.push(...sim.chip.violations);
  }
  assert.deepEqual(violations, []);
}
