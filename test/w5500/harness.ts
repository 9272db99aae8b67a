/** The driver on the simulated board: a network, its event list, real servers on loopback, and a loop that polls. */
import assert from 'node:assert/strict';
import * as net from 'node:net';
import { VirtualClock } from '../../boards/sim/clock.js';
import { createSimBoard, type SimBoard, type SimBoardOptions } from '../../boards/sim/index.js';
import { NO_DATA_YET, PEER_CLOSED, type Transport } from '../../src/transport.js';
import { localMac } from '../../src/w5500/mac.js';
import { type NetworkEvent, type W5500Network, type W5500Options, w5500Network } from '../../src/w5500/network.js';
import { udpServices } from '../../src/w5500/services.js';

export const MAC = localMac(new Uint8Array([1, 2, 3, 4]));
export const STATIC = {
  ip: new Uint8Array([10, 0, 0, 7]),
  mask: new Uint8Array([255, 255, 255, 0]),
  gateway: new Uint8Array([10, 0, 0, 1]),
  dns: [new Uint8Array([10, 0, 0, 1])],
};

export interface Rig {
  board: SimBoard;
  network: W5500Network;
  events: NetworkEvent[];
  /** Polls until `done`; fails after `ms` of the board's time. A virtual clock moves on by 1 ms a poll. */
  until(done: () => boolean, ms?: number): Promise<void>;
  /** Polls for `ms` of the board's time. */
  run(ms: number): Promise<void>;
  connected(host: string, port: number): Promise<Transport>;
}

/** xorshift32: the tests' randomness; the driver must not care. */
export function seededRandom(seed: number): (into: Uint8Array, offset: number, length: number) => void {
  let state = seed | 1;
  return (into, offset, length) => {
    for (let i = 0; i < length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      into[offset + i] = state >>> 8;
    }
  };
}

const open: SimBoard[] = [];
const servers: net.Server[] = [];
const allowed = new Set<string>();

export function makeRig(board: SimBoardOptions = {}, driver: Partial<W5500Options> = {}): Rig {
  const sim = createSimBoard(board);
  open.push(sim);
  const events: NetworkEvent[] = [];
  const network = w5500Network({
    services: udpServices,
    spi: sim.spi,
    clock: sim.clock,
    random: seededRandom(7),
    mac: MAC,
    address: STATIC,
    onEvent: event => events.push(event),
    ...driver,
  });
  const until = async (done: () => boolean, ms = 5000): Promise<void> => {
    const end = sim.clock.now() + ms;
    while (!done()) {
      assert.ok(sim.clock.now() <= end, `not within ${ms} ms; violations: ${sim.chip.violations.join(', ')}`);
      if (!network.poll() || sim.clock instanceof VirtualClock) {
        if (sim.clock instanceof VirtualClock) sim.clock.advance(1);
      }
      await new Promise(resolve => setImmediate(resolve));
    }
  };
  return {
    board: sim,
    network,
    events,
    until,
    run: ms => {
      const end = sim.clock.now() + ms;
      return until(() => sim.clock.now() >= end, ms + 1000);
    },
    connected: async (host, port) => {
      const transport = network.connect(host, port);
      await until(() => transport.connected);
      return transport;
    },
  };
}

/** A real server on loopback; published on the LAN as `peer.test` at `port`. Answers its chip-side address. */
export async function serve(rig: Rig, port: number, accept: (socket: net.Socket) => void): Promise<string> {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    socket.on('error', () => undefined);
    accept(socket);
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return rig.board.lan.publish('peer.test', port, (server.address() as net.AddressInfo).port);
}

/** The network is started, and a connection made to a server that does nothing by itself. */
export async function established(rig: Rig): Promise<{ transport: Transport; peer: net.Socket }> {
  let peer: net.Socket | undefined;
  const address = await serve(rig, 80, socket => {
    peer = socket;
  });
  rig.network.start();
  const transport = await rig.connected(address, 80);
  await rig.until(() => peer !== undefined);
  return { transport, peer: peer! };
}

/** Takes everything up to the peer's FIN, `chunk` bytes at a time. */
export async function receiveAll(rig: Rig, transport: Transport, chunk = 4096, ms = 20000): Promise<Buffer> {
  const parts: Buffer[] = [];
  const into = new Uint8Array(chunk);
  await rig.until(() => {
    for (;;) {
      const n = transport.receive(into, 0, chunk);
      if (n === PEER_CLOSED) return true;
      if (n === NO_DATA_YET) return false;
      parts.push(Buffer.from(into.subarray(0, n)));
    }
  }, ms);
  return Buffer.concat(parts);
}

export async function sendAll(rig: Rig, transport: Transport, bytes: Uint8Array, ms = 20000): Promise<void> {
  let sent = 0;
  await rig.until(() => {
    if (sent < bytes.length) sent += transport.send(bytes, sent, bytes.length - sent);
    return sent === bytes.length;
  }, ms);
}

export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  seededRandom(length)(bytes, 0, length);
  return bytes;
}

export function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'nothing thrown';
}

/** The violations that a test provokes on purpose. */
export function allowViolation(rule: string): void {
  allowed.add(rule);
}

/** For `afterEach`: every board is closed, and no rule of the datasheet was broken. */
export function closeRigs(): void {
  const violations: string[] = [];
  for (const board of open.splice(0)) {
    board.close();
    violations.push(...board.chip.violations.filter(text => ![...allowed].some(rule => text.startsWith(rule))));
  }
  for (const server of servers.splice(0)) server.close();
  allowed.clear();
  assert.deepEqual(violations, []);
}
