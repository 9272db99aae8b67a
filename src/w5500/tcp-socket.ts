/**
 * A TCP connection on one of the chip's sockets (W5500 §4.2; the states are Sn_SR's), from the moment somebody wants it: until
 * `start` it has no hardware. Nothing waits: `receive`, `send` and `poll` look at one status burst and go on from there.
 *
 * The peer has closed when Sn_SR showed that *before* Sn_RX_RSR showed 0, twice. When the connection is reset or times
 * out, the bytes that already lie in the chip are handed over first, then the error is thrown, for ever. After DISCON the
 * chip promises no reception, so `close` waits, for a while, until what has arrived was taken.
 *
 * Memory: numbers only; the chip's memory is the buffer. Frames: 4 for each `receive` of a full buffer, 4 or 5 for a `send`.
 */
import { ringletError, usageError } from '../errors.js';
import { NO_DATA_YET, PEER_CLOSED, type Transport } from '../transport.js';
import type { W5500Chip } from './chip.js';
import { HardwareSocket } from './hardware-socket.js';
import { Command, SocketInterrupt, SocketMode, SocketState } from './registers.js';
import type { SocketStatus } from './socket-status.js';

/** Deadlines in milliseconds. */
export interface TcpTimeouts {
  /** For address, link and lease. */
  ready: number;
  connect: number;
  /** From a SEND until the chip has put all of it on the wire: a peer that takes nothing. */
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
/** How long `close` lets received bytes lie before FIN, which may lose what comes later. */
const UNREAD_MS = 1000;

const RESET = 'The peer reset the connection';

export class TcpSocket implements Transport {
  connected = false;
  closed = false;
  readonly host: string;
  readonly port: number;
  /** When WAITING ends. */
  readonly readyBy: number;
  /** The peer's address, once it is known. */
  ip: Uint8Array | undefined;
  /** Undefined until `start`. */
  hardware!: HardwareSocket;
  private readonly chip: W5500Chip;
  private readonly timeouts: TcpTimeouts;
  private phase = Phase.WAITING;
  private failure: Error | undefined;
  /** FIN was received, and Sn_RX_RSR is final. */
  private finSeen = false;
  /** Sn_SR was ESTABLISHED in the last status, so RECV makes sense. */
  private established = false;
  private timedOut = false;
  private disconSeen = false;
  /** `chip.status` is this socket's, of this moment, and in a state that can send. */
  private fresh = false;
  private deadline!: number;
  private rxRd!: number;
  /** Bytes from `rxRd` on that are known to be there. */
  private available = 0;
  /** Bytes read since the last RECV. */
  private taken = 0;
  private txWr!: number;
  /** A SEND is outstanding, since `sentAt`. */
  private sending = false;
  private sentAt!: number;
  /** Sn_TX_RD when it was issued. */
  private sentFrom!: number;

  constructor(chip: W5500Chip, host: string, port: number, timeouts: TcpTimeouts) {
    this.chip = chip;
    this.host = host;
    this.port = port;
    this.timeouts = timeouts;
    this.readyBy = chip.clock.now() + timeouts.ready;
  }

  /** Connects to `ip`. Throws ERR_NET_NO_SOCKET, ERR_CHIP_STUCK. */
  start(ip: Uint8Array): void {
    const hardware = new HardwareSocket(this.chip, true);
    this.hardware = hardware;
    this.phase = Phase.CONNECTING;
    this.deadline = this.chip.clock.now() + this.timeouts.connect;
    hardware.open(SocketMode.TCP_ND, SocketState.SOCK_INIT, 0);
    hardware.setDestination(ip, this.port);
    hardware.command(Command.CONNECT);
  }

  receive(into: Uint8Array, offset: number, length: number): number {
    if (length < 1 || offset < 0 || offset + length > into.length) usageError('receive: no room');
    if (this.chip.fault && this.hardware) this.lose(this.chip.fault);
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
    } else if (this.established && (this.available === 0 || this.taken * 2 >= this.hardware.rxSize)) {
      this.acknowledge();
    }
    return n;
  }

  send(bytes: Uint8Array, offset: number, length: number): number {
    if (length < 1 || offset < 0 || offset + length > bytes.length) usageError('send: nothing to send');
    if (this.chip.fault && this.hardware) this.lose(this.chip.fault);
    if (this.phase === Phase.OPEN) this.look();
    if (this.failure) throw this.failure;
    if (this.phase > Phase.OPEN) usageError('send: the connection was closed');
    const free = this.chip.status.txFsr;
    if (!this.fresh || this.sending || free === 0) return 0;
    const n = length < free ? length : free;
    this.hardware.send(this.txWr, bytes, offset, n);
    this.fresh = false;
    this.sentFrom = this.txWr;
    this.txWr = (this.txWr + n) & 0xffff;
    this.sending = true;
    this.sentAt = this.chip.clock.now();
    return n;
  }

  close(): void {
    if (this.phase < Phase.OPEN) this.abort();
    if (this.phase !== Phase.OPEN) return;
    this.phase = Phase.DRAINING;
    this.deadline = this.chip.clock.now() + this.timeouts.close;
    this.hardware.setAttention(true);
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
    if (this.phase === Phase.OVER) {
      // After close, nobody may come for what is left.
      if (!this.closed && this.deadline !== 0 && this.chip.clock.now() >= this.deadline) this.release();
      return false;
    }
    if (this.phase === Phase.WAITING) return false;
    const patient = this.phase === Phase.OPEN && !this.sending;
    if (!this.hardware.due(patient ? FALLBACK_MS : WATCHFUL_MS)) return false;
    return this.look();
  }

  /** One status burst, and what follows from it. */
  private look(): boolean {
    try {
      this.fresh = false;
      if (!this.hardware.refresh()) return true;
      return this.absorb(this.chip.status);
    } catch (error) {
      this.lose(error as Error);
      return true;
    }
  }

  private absorb(status: SocketStatus): boolean {
    const now = this.chip.clock.now();
    const ir = status.ir;
    const state = status.sr;
    const phase = this.phase;
    const available = this.available;
    if (ir & SocketInterrupt.TIMEOUT) this.timedOut = true;
    if (ir & SocketInterrupt.DISCON) this.disconSeen = true;
    this.established = state === SocketState.SOCK_ESTABLISHED;
    const open = this.established || state === SocketState.SOCK_CLOSE_WAIT;
    if (this.phase === Phase.CONNECTING && open) {
      // Only now: the chip sets the transmit pointers anew while it connects.
      this.txWr = status.txWr;
      this.rxRd = status.rxRd;
      this.connected = true;
      this.phase = Phase.OPEN;
    }
    if (this.phase !== Phase.CONNECTING && !this.count(status, open)) {
      this.hardware.doubt();
      return true;
    }
    this.hardware.trust();
    // Sn_IR.RECV is cleared together with RECV, or here when there is nothing to fetch; in both cases a status follows.
    const clear = this.available === 0 ? ir : ir & ~SocketInterrupt.RECV;
    if (clear !== 0) this.hardware.clearInterrupts(clear);
    this.hardware.setAttention(ir !== 0);
    if (this.phase === Phase.CONNECTING) this.absorbConnecting(state, ir, now);
    else {
      this.fresh = open;
      // Left over from a read after which the state was in doubt.
      if (this.established && this.taken > 0 && this.available === 0) this.acknowledge();
      if (this.sending && open) this.absorbSending(status, ir, now);
      if (state === SocketState.SOCK_CLOSED) this.absorbClosed(now);
      else if (!this.finSeen && isClosing(state)) this.finSeen = this.confirmed(state);
      if (this.phase === Phase.DRAINING && open) this.drain(status, now);
      else if (this.phase === Phase.DISCONNECTING && now >= this.deadline) {
        this.over(timeout('The peer did not close its side of the connection'), now);
      }
    }
    return this.available !== available || this.phase !== phase || (ir & ~SocketInterrupt.RECV) !== 0;
  }

  /** Takes `available` from a status; false if the pointers are not where they were put. */
  private count(status: SocketStatus, open: boolean): boolean {
    const available = status.rxRsr - this.taken;
    if (available < 0 || status.rxRd !== ((this.rxRd - this.taken) & 0xffff)) return false;
    if (open && status.txWr !== this.txWr) return false;
    this.available = available;
    return true;
  }

  private absorbConnecting(state: SocketState, ir: number, now: number): void {
    if (state === SocketState.SOCK_CLOSED) {
      if (!this.confirmed(state)) return;
      this.lose(
        this.timedOut
          ? timeout('The peer does not answer: check address, gateway and cable')
          : ir & SocketInterrupt.CON
            ? ringletError('ERR_NET_RESET', RESET)
            : ringletError('ERR_NET_REFUSED', 'The peer refused the connection'),
      );
    } else if (now >= this.deadline) {
      this.lose(timeout('No connection within ' + this.timeouts.connect + ' ms'));
    }
  }

  /**
   * At most one SEND is outstanding. It is over when Sn_TX_RD has arrived. SEND_OK before that asks for another SEND, but
   * only if Sn_TX_RD has moved: otherwise it is the late SEND_OK of the SEND before.
   */
  private absorbSending(status: SocketStatus, ir: number, now: number): void {
    if (status.txRd === this.txWr) {
      this.sending = false;
    } else if (ir & SocketInterrupt.SEND_OK && status.txRd !== this.sentFrom) {
      this.sentFrom = status.txRd;
      this.hardware.command(Command.SEND);
    } else if (now - this.sentAt >= this.timeouts.send) {
      this.over(timeout('The peer takes no more data'), now);
    }
  }

  private absorbClosed(now: number): void {
    if (!this.confirmed(SocketState.SOCK_CLOSED)) return;
    if (this.phase === Phase.DISCONNECTING && this.disconSeen) this.finSeen = true;
    this.over(this.timedOut ? timeout('The connection timed out') : ringletError('ERR_NET_RESET', RESET), now);
  }

  /** A second status, so that one wrong byte on the bus ends nothing. What is in the chip is final in these states. */
  private confirmed(state: SocketState): boolean {
    if (!this.hardware.refresh()) return false;
    const status = this.chip.status;
    if (status.sr !== state && !(isClosing(state) && isClosing(status.sr))) return false;
    return this.phase === Phase.CONNECTING || this.count(status, false);
  }

  private drain(status: SocketStatus, now: number): void {
    if (!this.sending && status.txFsr === this.hardware.txSize) {
      if (this.available > 0 && !this.finSeen && now - (this.deadline - this.timeouts.close) < UNREAD_MS) return;
      this.hardware.command(Command.DISCON);
      this.phase = Phase.DISCONNECTING;
      this.deadline = now + this.timeouts.close;
    } else if (now >= this.deadline) {
      this.over(timeout('The peer did not take everything before close'), now);
    }
  }

  /** Nothing moves any more; received bytes stay readable until they are taken, or for a while after `close`. */
  private over(failure: Error, now: number): void {
    const closing = this.phase > Phase.OPEN;
    if (!this.finSeen || !closing) this.failure = failure;
    this.phase = Phase.OVER;
    this.sending = false;
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
    if (this.hardware) this.hardware.release();
  }
}

function isClosing(state: SocketState): boolean {
  return state >= SocketState.SOCK_CLOSING && state <= SocketState.SOCK_LAST_ACK;
}

function timeout(what: string): Error {
  return ringletError('ERR_NET_TIMEOUT', what);
}
