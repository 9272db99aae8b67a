/**
 * Connections over the simulated chip whose network a test holds in its hand: what arrives is put before the chip segment
 * by segment, and how much transmit space the chip shows is for the test to say. Behind it is a real TCP connection.
 */
import assert from 'node:assert/strict';
import type * as net from 'node:net';
import { VirtualClock } from '../../boards/sim/clock.js';
import type { SimBoardOptions } from '../../boards/sim/index.js';
import { connect } from '../../src/socket/connect.js';
import type { ConnectOptions } from '../../src/socket/options.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { ScriptedServer, type ServerOptions } from '../peers/scripted-server.js';
import { type ChipRig, makeChipRig } from '../socket/chip-rig.js';
import { listen, type TestServer } from '../socket/harness.js';
import { fixedRandom, type Recording } from './recorded.js';

const ESTABLISHED = 0x17;
const SOCKET_BLOCK = 1;
const TX_FSR = 0x20;
const TX_WR = 0x24;
const CR = 0x01;
const SEND = 0x20;

const servers: TestServer[] = [];

export async function stopServers(): Promise<void> {
  for (const server of servers.splice(0)) await server.stop();
}

/** What the chip's network side shows of a connection's peer, before the backend has looked at it. */
interface Link {
  emit(event: string, argument?: unknown): boolean;
}

/** The first connected hardware socket. */
function connected(rig: ChipRig) {
  return rig.sim.chip.sockets.find(({ state }) => state === ESTABLISHED);
}

/** What arrives at the chip, to the byte and to the moment. */
export class Segments {
  constructor(private readonly rig: ChipRig) {}

  data(...bytes: Uint8Array[]): this {
    this.link().emit('data', Buffer.concat(bytes));
    return this;
  }

  fin(): this {
    this.link().emit('end');
    return this;
  }

  reset(): this {
    this.link().emit('error', Object.assign(new Error('reset by the test'), { code: 'ECONNRESET' }));
    return this;
  }

  private known: Link | undefined;

  private link(): Link {
    this.known ??= (connected(this.rig)?.tcp as unknown as { link?: Link } | undefined)?.link;
    assert.ok(this.known, 'the chip has no connection');
    return this.known;
  }
}

export interface ChipPlay {
  events: string[];
  /** Messages and tickets of the server, each with the count of plaintext bytes before it. */
  received: string[];
  data: Buffer;
  /** What the peer got. */
  wire: Buffer;
  socket: TlsSocket;
  segments: Segments;
  /** Resolves at `close`. */
  closed(ms?: number): Promise<ChipPlay>;
}

/** A rig in virtual time with a peer that takes everything and says nothing of its own. */
export interface ChipStage {
  rig: ChipRig;
  /** Connects as the client of a recording, up to ESTABLISHED: what arrives then is the test's. */
  connect(recording: Recording, options?: Partial<ConnectOptions>): Promise<ChipPlay>;
}

export async function chipStage(options: SimBoardOptions & { ring?: number } = {}): Promise<ChipStage> {
  const rig = makeChipRig({ clock: new VirtualClock(), ...options });
  let peer: Buffer[] = [];
  const silent = await listen(raw => {
    const got: Buffer[] = [];
    peer = got;
    raw.on('data', bytes => got.push(bytes));
    raw.on('end', () => raw.end());
  });
  servers.push(silent);
  const host = rig.publish(silent.port);
  return {
    rig,
    connect: async (recording, more = {}) => {
      const board = { ...rig.board, crypto: recording.crypto, random: fixedRandom, unixTime: () => recording.now };
      const socket = connect(board, {
        host,
        port: 443,
        servername: recording.serverName,
        ca: recording.trust.anchors,
        receiveBuffer: recording.ring,
        ...more,
      });
      const play = watched(rig, socket, () => Buffer.concat(peer));
      await rig.until(() => connected(rig) !== undefined && socket.bytesWritten > 0, 20000);
      return play;
    },
  };
}

function watched(rig: ChipRig, socket: TlsSocket, wire: () => Buffer): ChipPlay {
  const events: string[] = [];
  const received: string[] = [];
  const chunks: Buffer[] = [];
  let length = 0;
  let closed = false;
  socket.on('connect', () => events.push('connect'));
  socket.on('secureConnect', () => events.push('secureConnect'));
  socket.on('message', ({ sent, type }) => sent || received.push(`${type} at ${length}`));
  socket.on('session', ({ ticket }) => received.push(`ticket of ${ticket.length} at ${length}`));
  socket.on('data', chunk => {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    if (events[events.length - 1] !== 'data') events.push('data');
  });
  socket.on('end', () => events.push('end'));
  socket.on('error', error => events.push('error ' + error.code));
  socket.on('close', hadError => {
    events.push('close ' + hadError);
    closed = true;
  });
  const play: ChipPlay = {
    events,
    received,
    socket,
    segments: new Segments(rig),
    get data() {
      return Buffer.concat(chunks);
    },
    get wire() {
      return wire();
    },
    closed: async (ms = 60000) => {
      await rig.until(() => closed, ms);
      return play;
    },
  };
  return play;
}

/** A scripted server on loopback behind the chip; each connection is answered by a new one, the newest is `current`. */
export async function scriptedPeer(
  rig: ChipRig,
  options: ServerOptions,
): Promise<{ host: string; current(): ScriptedServer; raw(): net.Socket }> {
  let current: ScriptedServer | undefined;
  let newest: net.Socket | undefined;
  const server = await listen(raw => {
    const scripted = new ScriptedServer(options);
    current = scripted;
    newest = raw;
    raw.setNoDelay(true);
    raw.on('data', bytes => {
      scripted.receive(bytes);
      const answer = scripted.take();
      if (answer.length > 0) raw.write(answer);
    });
    raw.on('end', () => raw.end());
  });
  servers.push(server);
  return { host: rig.publish(server.port), current: () => current!, raw: () => newest! };
}

/** The chip never shows more transmit space than `limit` answers (Sn_TX_FSR). */
export function limitTransmitSpace(rig: ChipRig, limit: () => number): void {
  let free = 0;
  rig.sim.faults.alterRead = (block, address, value) => {
    if ((block & 3) !== SOCKET_BLOCK || (address !== TX_FSR && address !== TX_FSR + 1)) return value;
    // Once for both bytes: a value torn between two limits would be no limit.
    if (address === TX_FSR) free = Math.min(rig.sim.chip.sockets[block >> 2]!.txFree, limit());
    return address === TX_FSR ? free >> 8 : free & 255;
  };
}

/** The order of the driver's writes of Sn_TX_WR and of SEND, as they cross the bus. */
export function watchSends(rig: ChipRig): string[] {
  const seen: string[] = [];
  rig.sim.chip.onFrame = ({ block, address, write, data }) => {
    if (!write || (block & 3) !== SOCKET_BLOCK) return;
    if (address === TX_WR) seen.push('TX_WR');
    if (address === CR && data[0] === SEND) seen.push('SEND');
  };
  return seen;
}
