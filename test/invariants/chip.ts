/**
 * Connections over the simulated chip whose network a test holds in its hand: what arrives is put before the chip segment
 * by segment, and how much transmit space the chip shows is for the test to say.
 */
import { type SimClock, VirtualClock } from '../../boards/sim/clock.js';
import type { Link, LinkEvents } from '../../boards/sim/link.js';
import { connect } from '../../src/socket/connect.js';
import type { ConnectOptions } from '../../src/socket/options.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { ONE_SOCKET } from '../../src/w5500/buffer-plans.js';
import { ScriptedServer, type ServerOptions } from '../peers/scripted-server.js';
import { type ChipRig, type ChipRigOptions, makeChipRig } from '../socket/chip-rig.js';
import { fixedRandom, type Recording } from './recorded.js';
import { modes } from './scripts.js';

/** Where the peers of `chipStage` are. */
const ADDRESS = '198.51.100.200';
const SOCKET_BLOCK = 1;
const TX_FSR = 0x20;
const TX_WR = 0x24;
const CR = 0x01;
const SEND = 0x20;

/** What arrives at the chip, to the byte and to the moment; what it sends is taken at once. */
export class Segments implements Link {
  onSent: ((bytes: Uint8Array) => void) | undefined;
  private readonly pieces: Uint8Array[] = [];

  constructor(
    private readonly clock: SimClock,
    private readonly events: LinkEvents,
  ) {
    clock.after(0, () => events.connected());
  }

  /** One segment. */
  data(...bytes: Uint8Array[]): this {
    this.events.data(Buffer.concat(bytes));
    return this;
  }

  fin(): this {
    this.events.fin();
    return this;
  }

  reset(): this {
    this.events.reset();
    return this;
  }

  /** What the chip has sent. */
  get sent(): Buffer {
    return Buffer.concat(this.pieces);
  }

  send(bytes: Uint8Array, acknowledged: () => void): void {
    this.pieces.push(bytes);
    this.onSent?.(bytes);
    this.clock.after(0, acknowledged);
  }

  end(acknowledged: () => void): void {
    this.clock.after(0, acknowledged);
  }

  pause(): void {}

  resume(): void {}

  drop(): void {}
}

interface Peer {
  segments: Segments;
  server: ScriptedServer | undefined;
}

export interface ChipPlay {
  events: string[];
  /** Messages and tickets of the server, each with the count of plaintext bytes before it. */
  received: string[];
  readonly data: Buffer;
  /** What the peer got. */
  readonly wire: Buffer;
  socket: TlsSocket;
  readonly segments: Segments;
  /** Of a stage that has one. */
  readonly server: ScriptedServer;
  /** Resolves at `close`. */
  closed(ms?: number): Promise<ChipPlay>;
}

/** A rig in virtual time. */
export interface ChipStage {
  rig: ChipRig;
  /** Begins to connect as the client of a recording. */
  open(recording: Recording, options?: Partial<ConnectOptions>): ChipPlay;
  /** Connects as the client of a recording, up to ESTABLISHED: what arrives then is the test's. */
  connect(recording: Recording, options?: Partial<ConnectOptions>): Promise<ChipPlay>;
}

/** With `server` every connection is answered by a scripted one, otherwise by nobody but the test. */
export function chipStage(options: ChipRigOptions = {}, server?: ServerOptions): ChipStage {
  const rig = makeChipRig({ clock: new VirtualClock(), ...options });
  const { lan, clock } = rig.sim;
  let peer: Peer | undefined;
  lan.accept(ADDRESS, 443, events => {
    const segments = new Segments(clock, events);
    const scripted = server && new ScriptedServer(server);
    peer = { segments, server: scripted };
    if (scripted) {
      segments.onSent = bytes => {
        scripted.receive(bytes);
        const answer = scripted.take();
        if (answer.length > 0) clock.after(1, () => segments.data(answer));
      };
    }
    return segments;
  });
  const open = (recording: Recording, more: Partial<ConnectOptions> = {}) => {
    const board = { ...rig.board, crypto: recording.crypto, random: fixedRandom, unixTime: () => recording.now };
    peer = undefined;
    const socket = connect(board, {
      host: ADDRESS,
      port: 443,
      servername: recording.serverName,
      ca: recording.trust.anchors,
      receiveBuffer: recording.ring,
      ...more,
    });
    return watched(rig, socket, () => peer!);
  };
  return {
    rig,
    open,
    connect: async (recording, more) => {
      const play = open(recording, more);
      await rig.until(() => play.socket.bytesWritten > 0, 20000);
      return play;
    },
  };
}

function watched(rig: ChipRig, socket: TlsSocket, peer: () => Peer): ChipPlay {
  const events: string[] = [];
  const received: string[] = [];
  const chunks: Buffer[] = [];
  let length = 0;
  let closed = false;
  socket.on('connect', () => events.push('connect'));
  socket.on('secureConnect', () => events.push('secureConnect'));
  socket.on('message', ({ sent, type }) => sent || received.push(`${type} at ${length}`));
  socket.on('session', session => received.push(`session of ${session.length} at ${length}`));
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
    get segments() {
      return peer().segments;
    },
    get server() {
      return peer().server!;
    },
    get data() {
      return Buffer.concat(chunks);
    },
    get wire() {
      return peer().segments.sent;
    },
    closed: async (ms = 60000) => {
      await rig.until(() => closed, ms);
      return play;
    },
  };
  return play;
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

/** The modes of scripts.ts on a board. */
export const chipModes: { name: string; ring: number; memory: number | undefined; rig: ChipRigOptions }[] = modes.map(
  mode => ({
    ...mode,
    rig: { ring: mode.ring, parts: mode.memory ? { recordsInChip: true, buffers: ONE_SOCKET } : {} },
  }),
);
