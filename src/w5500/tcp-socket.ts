/**
 * A TCP connection on one of the chip's sockets (W5500 §4.2; the states are Sn_SR's), from the moment somebody wants it: until
 * `start` it has no hardware. Nothing waits: `receive`, `send` and `poll` look at one status burst and go on from there.
 *
 * The peer has closed when two bursts have shown that in Sn_SR, which is sampled *before* Sn_RX_RSR: what is counted then
 * is all there will be. When the connection is reset or times out, the bytes that already lie in the chip are handed over
 * first, then the error is thrown, for ever. After DISCON the chip promises no reception, so `close` waits, for a while,
 * until what has arrived was taken.
 *
 * As a Backlog it lets its received bytes be read before they are taken.
 *
 * Memory: numbers only; the chip's memory is the buffer. Frames: 4 for each `receive` of a full buffer, 4 or 5 for a `send`.
 */
import type { Backlog } from '../bytes/backlog.js';
import { ringletError, usageError } from '../errors.js';
import { Noted, note, type Recorder } from '../recorder.js';
import { NO_DATA_YET, PEER_CLOSED, type Transport } from '../transport.js';
import type { W5500Chip } from './chip.js';
import { HardwareSocket } from './hardware-socket.js';
import { Command, SocketInterrupt, SocketMode, SocketState } from './registers.js';
import type { Task } from './task.js';
import { TcpSender } from './tcp-sender.js';

/** Deadlines in milliseconds. */
export interface TcpTimeouts {
  /** For address, link and lease. */
  ready: number;
  connect: number;
  /** From a SEND until the chip has put it on the wire, and has room again: a peer that takes nothing. */
  send: number;
  /** From `close` until everything sent is acknowledged, and again from FIN to the peer's. */
  close: number;
}

const enum Phase {
  /** For address, link and lease. */
  WAITING,
  CONNECTING,
  OPEN,
  /** `close` was called: sent bytes are awaiting acknowledgement. */
  DRAINING,
  /** FIN was sent. */
  DISCONNECTING,
  /** The chip is done with the connection; received bytes may be left in its memory. */
  OVER,
}

/** Sn_IR is a hint: without one the status is read this often anyway. Milliseconds. */
const FALLBACK_MS = 250;
/** While a state change is awaited, some of which set no bit in Sn_IR. */
const WATCHFUL_MS = 50;
/** The largest segment, which the sender must find room for (W5500 §4.2 Sn_MSSR). */
const MSS = 1460;
/** This much is acknowledged before all was read, or half of a smaller memory, so that the sender need not stop. */
const ENOUGH = 4096;
/** How long `close` lets received bytes lie before FIN, which may lose what comes later. */
const UNREAD_MS = 1000;

export class TcpSocket implements Transport, Backlog, Task {
  connected = false;
  closed = false;
  tape: Recorder | undefined;
  /** Sn_IR when the status was last noted. */
  private noted = 0;
  started = false;
  readonly host: string;
  readonly port: number;
  readonly readyBy: number;
  /** The peer's address, once it is known. */
  ip: Uint8Array | undefined;
  /** Undefined until `start`. */
  hardware!: HardwareSocket;
  private sender!: TcpSender;
  private readonly chip: W5500Chip;
  private readonly timeouts: TcpTimeouts;
  private phase = Phase.WAITING;
  private failure: Error | undefined;
  /** FIN was received, and Sn_RX_RSR is final. */
  private finSeen = false;
  /** Sn_SR was ESTABLISHED in the last status, so RECV makes sense. */
  private established!: boolean;
  private deadline!: number;
  private rxRd!: number;
  /** Bytes from `rxRd` on that are known to be there. */
  private available = 0;
  /** Bytes read since the last RECV. */
  private taken = 0;

  constructor(chip: W5500Chip, host: string, port: number, timeouts: TcpTimeouts) {
    this.chip = chip;
    this.host = host;
    this.port = port;
    this.timeouts = timeouts;
    this.readyBy = chip.now() + timeouts.ready;
  }

  /** It was closed, and will give its socket back. */
  get brief(): boolean {
    return this.phase > Phase.OPEN && this.deadline > 0;
  }

  /** Connects to `ip`, if that is known. Throws ERR_NET_NO_SOCKET, ERR_CHIP_STUCK. */
  start(): void {
    if (!this.ip) return;
    const hardware = new HardwareSocket(this.chip, true);
    this.hardware = hardware;
    this.sender = new TcpSender(hardware, this.timeouts.send);
    this.started = true;
    this.phase = Phase.CONNECTING;
    this.deadline = this.chip.now() + this.timeouts.connect;
    hardware.open(SocketMode.TCP_ND, SocketState.SOCK_INIT, 0);
    hardware.setDestination(this.ip, this.port);
    hardware.command(Command.CONNECT, 0);
  }

  receive(into: Uint8Array, offset: number, length: number): number {
    this.check(into, offset, length);
    if (this.available === 0 && !this.finSeen) this.poll();
    if (this.available === 0) {
      if (this.finSeen) return PEER_CLOSED;
      if (this.failure) throw this.failure;
      return NO_DATA_YET;
    }
    const n = length < this.available ? length : this.available;
    this.hardware.readReceived(this.rxRd, into, offset, n);
    this.rxRd = (this.rxRd + n) & 0xffff;
    this.available -= n;
    this.taken += n;
    if (this.phase === Phase.OVER) {
      if (this.available === 0) this.release();
    } else if (
      this.established &&
      (this.available === 0 || this.taken * 2 >= this.hardware.rxSize || this.taken >= ENOUGH)
    ) {
      this.acknowledge();
    }
    return n;
  }

  get backlog(): Backlog {
    return this;
  }

  get capacity(): number {
    // 1 KB has no room for a whole segment: then a record must fit into the ring.
    return this.started && this.hardware.rxSize > MSS ? this.hardware.rxSize - MSS : 0;
  }

  get length(): number {
    return this.available;
  }

  get ended(): boolean {
    return this.finSeen || this.phase === Phase.OVER;
  }

  copy(index: number, into: Uint8Array, offset: number, length: number): void {
    this.hardware.readReceived((this.rxRd + index) & 0xffff, into, offset, length);
  }

  makeRoom(): void {
    if (this.taken > 0 && this.established && this.phase !== Phase.OVER) this.acknowledge();
  }

  send(bytes: Uint8Array, offset: number, length: number): number {
    this.check(bytes, offset, length);
    if (this.phase === Phase.OPEN) this.look();
    if (this.phase === Phase.OPEN && this.sender.doubtful(length)) this.look();
    if (this.failure) throw this.failure;
    if (this.phase > Phase.OPEN) usageError('send: the connection was closed');
    return this.started ? this.sender.send(bytes, offset, length) : 0;
  }

  close(): void {
    if (this.phase < Phase.OPEN) this.abort();
    if (this.phase === Phase.OVER && this.deadline === 0) this.deadline = this.chip.now() + UNREAD_MS;
    if (this.phase !== Phase.OPEN) return;
    this.enter(Phase.DRAINING, this.chip.now());
    this.hardware.hurry();
  }

  abort(): void {
    this.lose(ringletError('ERR_NET_ABORTED', 'The connection was aborted'));
  }

  /** Ends the connection with that error, now; received bytes in the chip are given up. */
  lose(error: Error): void {
    if (this.closed) return;
    this.failure = this.failure || error;
    this.finSeen = false;
    this.release();
  }

  /** One step. True if something happened, or will soon. */
  poll(): boolean {
    const phase = this.phase;
    if (phase === Phase.WAITING) return false;
    if (phase === Phase.OVER) {
      // After close, nobody may come for what is left.
      if (!this.closed && this.deadline !== 0 && this.chip.now() >= this.deadline) this.abort();
      return false;
    }
    return this.hardware.due(phase === Phase.OPEN && !this.sender.sending ? FALLBACK_MS : WATCHFUL_MS) && this.look();
  }

  private check(bytes: Uint8Array, offset: number, length: number): void {
    if (!(length >= 1 && offset >= 0 && offset + length <= bytes.length)) usageError('No bytes, or outside the array');
    if (this.chip.fault && this.started) this.lose(this.chip.fault);
  }

  /** One status burst, and what follows from it. */
  private look(): boolean {
    this.sender.room = 0;
    try {
      return !this.hardware.refresh() || this.absorb();
    } catch (error) {
      this.noteStatus();
      this.lose(error as Error);
      return true;
    }
  }

  private absorb(): boolean {
    const hardware = this.hardware;
    const status = this.chip.status;
    const state = status.sr;
    const ir = status.ir;
    const phase = this.phase;
    const available = this.available;
    const now = this.chip.now();
    this.established = state === SocketState.SOCK_ESTABLISHED;
    if (ir !== 0 && ir !== this.noted) this.noteStatus();
    const open = this.established || state === SocketState.SOCK_CLOSE_WAIT;
    // Only now: the chip sets the transmit pointers anew while it connects.
    if (phase === Phase.CONNECTING && open && !this.adopt(state)) {
      hardware.doubt();
      return true;
    }
    if (!this.count(open)) {
      hardware.doubt();
      return true;
    }
    // What a connection that goes on has not died of: that was a wrong byte.
    if (this.established) hardware.seen &= ~(SocketInterrupt.TIMEOUT | SocketInterrupt.DISCON);
    hardware.trust(this.taken, this.available === available);
    if (open) {
      if (this.sender.absorb(now)) this.over(late('take any data'), now);
      // Left over from a read after which the state was in doubt.
      else if (this.established && this.taken > 0 && this.available === 0) this.acknowledge();
    }
    if (this.closed) return true;
    if (state === SocketState.SOCK_CLOSED) this.absorbClosed(now);
    else if (!this.finSeen && isClosing(state)) this.finSeen = this.confirmed(state);
    if (open && this.phase === Phase.DRAINING) this.drain(now);
    else if (this.phase === Phase.CONNECTING || this.phase === Phase.DISCONNECTING) this.expire(now);
    return this.available !== available || this.phase !== phase || (ir & ~SocketInterrupt.RECV) !== 0;
  }

  /** The connection has been made, and two readings say the same of it. */
  private adopt(state: SocketState): boolean {
    const status = this.chip.status;
    const txWr = status.txWr;
    this.rxRd = status.rxRd;
    if (!this.confirmed(state) || status.txWr !== txWr || status.rxRd !== this.rxRd) return false;
    this.sender.begin(txWr);
    this.connected = true;
    this.phase = Phase.OPEN;
    return true;
  }

  /** Takes `available` from a status; false if the pointers are not where they were put. */
  private count(open: boolean): boolean {
    const status = this.chip.status;
    const available = status.rxRsr - this.taken;
    if (this.phase === Phase.CONNECTING) return true;
    if (available < 0 || status.rxRd !== ((this.rxRd - this.taken) & 0xffff)) return false;
    if (open && status.txWr !== this.sender.txWr) return false;
    this.available = available;
    return true;
  }

  private absorbClosed(now: number): void {
    if (!this.confirmed(SocketState.SOCK_CLOSED)) return;
    const seen = this.hardware.seen;
    if (this.phase === Phase.DISCONNECTING && seen & SocketInterrupt.DISCON) this.finSeen = true;
    this.over(
      seen & SocketInterrupt.TIMEOUT
        ? late('answer: check address, gateway and cable')
        : this.connected || seen & SocketInterrupt.CON
          ? ringletError('ERR_NET_RESET', 'The peer reset the connection')
          : ringletError('ERR_NET_REFUSED', 'The peer refused the connection'),
      now,
    );
  }

  /** A second status, so that one wrong byte on the bus ends nothing. What is in the chip is final in these states. */
  private confirmed(state: SocketState): boolean {
    this.sender.room = 0;
    if (!this.hardware.refresh()) return false;
    const again = this.chip.status.sr;
    return (again === state || (isClosing(state) && isClosing(again))) && this.count(false);
  }

  private noteStatus(): void {
    const status = this.chip.status;
    this.noted = status.ir;
    note(this.tape, Noted.Chip, status.sr * 256 + status.ir, status.rxRsr, status.txFsr);
  }

  private drain(now: number): void {
    const status = this.chip.status;
    if (this.sender.sending || status.txFsr !== this.hardware.txSize) this.expire(now);
    else if (this.available === 0 || this.finSeen || now - (this.deadline - this.timeouts.close) >= UNREAD_MS) {
      this.hardware.command(Command.DISCON, 0);
      this.enter(Phase.DISCONNECTING, now);
    }
  }

  /** A phase of `close`. */
  private enter(phase: Phase, now: number): void {
    this.phase = phase;
    this.deadline = now + this.timeouts.close;
  }

  /** Ends a phase that has lasted too long. */
  private expire(now: number): void {
    const phase = this.phase;
    if (now < this.deadline) return;
    this.over(
      late(phase === Phase.CONNECTING ? 'answer' : phase === Phase.DRAINING ? 'take everything' : 'close its side'),
      now,
    );
  }

  /** Nothing moves any more; received bytes stay readable until they are taken, or for a while after `close`. */
  private over(failure: Error, now: number): void {
    this.noteStatus();
    const closing = this.phase > Phase.OPEN;
    if (!this.finSeen || !closing) this.failure = failure;
    this.phase = Phase.OVER;
    this.deadline = closing ? now + UNREAD_MS : 0;
    if (this.available === 0) this.release();
  }

  private acknowledge(): void {
    this.hardware.receive(this.rxRd);
    this.taken = 0;
  }

  private release(): void {
    this.phase = Phase.OVER;
    this.available = 0;
    this.closed = true;
    if (this.started) this.hardware.release();
  }
}

function isClosing(state: SocketState): boolean {
  return state >= SocketState.SOCK_CLOSING && state <= SocketState.SOCK_LAST_ACK;
}

function late(what: string): Error {
  return ringletError('ERR_NET_TIMEOUT', 'In all that time the peer did not ' + what);
}
