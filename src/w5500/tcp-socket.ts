/**
 * A TCP connection on one of the chip's sockets (W5500 §4.2; the states are Sn_SR's), from the moment somebody wants it: until
 * `begin` it has no hardware. Nothing waits: `receive`, `send` and `poll` look at one status burst and go on from there.
 *
 * The peer has closed when two bursts have shown that in Sn_SR, which is sampled *before* Sn_RX_RSR: what is counted then
 * is all there will be. When the connection is reset or times out, the bytes that already lie in the chip are handed over
 * first, then the error is thrown, for ever. After DISCON the chip promises no reception, so `close` waits, for a while,
 * until what has arrived was taken.
 *
 * `unreceived` lets its received bytes be read before they are taken.
 *
 * Memory: numbers; the chip's memory is the buffer. On Espruino its functions and those of its hardware are about 5 KB
 * while it is open. Frames: 4 for each `receive` of a full buffer, 4 or 5 for a `send`.
 */
import { ringletError, usageError } from '../errors.js';
import { Noted, note } from '../recorder.js';
import { NO_DATA_YET, PEER_CLOSED, type Transport } from '../transport.js';
import type { W5500Chip } from './chip.js';
import { type HardwareSocket, hardwareSocket } from './hardware-socket.js';
import { Command, SocketInterrupt, SocketMode, SocketState } from './registers.js';
import type { Task } from './task.js';
import { type TcpSender, tcpSender } from './tcp-sender.js';

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

export interface TcpSocket extends Transport, Task {
  connected: boolean;
  closed: boolean;
  started: boolean;
  /** The peer's address, once it is known. */
  ip?: Uint8Array | undefined;
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

/** `opened`: told the local port when the connection is being made. */
export function tcpSocket(
  chip: W5500Chip,
  port: number,
  timeouts: TcpTimeouts,
  opened: ((localPort: number) => void) | undefined,
): TcpSocket {
  const status = chip.status;
  const clock = chip.clock;
  /** Both undefined until `begin`. */
  let hardware: HardwareSocket;
  let sender: TcpSender;
  let phase = Phase.WAITING;
  let failure: Error | undefined;
  /** FIN was received, and Sn_RX_RSR is final. */
  let finSeen = false;
  /** Sn_SR was ESTABLISHED in the last status, so RECV makes sense. */
  let established = false;
  /** 0 if there is none. */
  let deadline = 0;
  let rxRd = 0;
  /** Bytes from `rxRd` on that are known to be there. */
  let available = 0;
  /** Bytes read since the last RECV. */
  let taken = 0;
  /** Sn_IR when the status was last noted. */
  let noted = 0;

  const release = (): void => {
    phase = Phase.OVER;
    available = 0;
    socket.closed = true;
    if (hardware) hardware.release();
  };

  const check = (bytes: Uint8Array, offset: number, length: number): void => {
    if (!(length >= 1 && offset >= 0 && offset + length <= bytes.length)) usageError('No bytes, or outside the array');
    if (chip.failure && hardware) socket.lose(chip.failure);
  };

  const noteStatus = (): void => {
    noted = status.ir;
    note(socket.tape, Noted.Chip, status.sr * 256 + status.ir, status.rxRsr, status.txFsr);
  };

  const acknowledge = (): void => {
    hardware.take(rxRd);
    taken = 0;
  };

  /** A phase of `close`. */
  const enter = (next: Phase): void => {
    phase = next;
    deadline = clock.now() + timeouts.close;
  };

  /** Ends with an error: nothing moves any more; received bytes stay readable until they are taken, or for a while after `close`. */
  const over = (code: string, message: string): void => {
    noteStatus();
    const closing = phase > Phase.OPEN;
    if (!finSeen || !closing) failure = ringletError(code, message);
    phase = Phase.OVER;
    deadline = closing ? clock.now() + UNREAD_MS : 0;
    if (!available) release();
  };

  const expire = (what: string): void => over('ERR_NET_TIMEOUT', `Timed out: the peer did not ${what}`);

  /** Takes `available` from a status; false if the pointers are not where they were put. */
  const count = (open: boolean): boolean => {
    if (phase === Phase.CONNECTING) return true;
    const left = status.rxRsr - taken;
    if (left < 0 || status.rxRd !== ((rxRd - taken) & 0xffff) || (open && status.txWr !== sender.txWr)) return false;
    available = left;
    return true;
  };

  /** A second status, so that one wrong byte on the bus ends nothing. What is in the chip is final in these states. */
  const confirmed = (state: SocketState, open: boolean): boolean => {
    sender.room = 0;
    return hardware.refresh() && (status.sr === state || (isClosing(state) && isClosing(status.sr))) && count(open);
  };

  /** One status burst, and what follows from it. */
  const look = (): boolean => {
    sender.room = 0;
    try {
      if (!hardware.refresh()) return true;
      const state = status.sr;
      const ir = status.ir;
      const phaseBefore = phase;
      const availableBefore = available;
      const now = clock.now();
      established = state === SocketState.SOCK_ESTABLISHED;
      const open = established || state === SocketState.SOCK_CLOSE_WAIT;
      if (ir && ir !== noted) noteStatus();
      // The connection has been made if two readings say the same of it: before, the chip sets the transmit pointers anew.
      if (phase === Phase.CONNECTING && open) {
        rxRd = status.rxRd;
        sender.txWr = status.txWr;
        phase = Phase.OPEN;
        if (confirmed(state, true)) socket.connected = true;
        else phase = Phase.CONNECTING;
      }
      if ((phase === Phase.CONNECTING && open) || !count(open)) {
        hardware.doubt();
        return true;
      }
      // What a connection that goes on has not died of: that was a wrong byte.
      if (established) hardware.seen &= ~(SocketInterrupt.TIMEOUT | SocketInterrupt.DISCON);
      hardware.believe(status.rxRsr > taken && available !== availableBefore);
      if (open) {
        if (sender.absorb(now)) expire('take any data');
        // Left over from a read after which the state was in doubt.
        else if (established && taken && !available) acknowledge();
      }
      if (socket.closed) return true;
      if (state === SocketState.SOCK_CLOSED) {
        if (confirmed(state, false)) {
          const seen = hardware.seen;
          const reset = socket.connected || seen & SocketInterrupt.CON;
          if (phase === Phase.DISCONNECTING && seen & SocketInterrupt.DISCON) finSeen = true;
          if (seen & SocketInterrupt.TIMEOUT) expire('answer (check address, gateway and cable)');
          else if (reset) over('ERR_NET_RESET', 'The peer reset the connection');
          else over('ERR_NET_REFUSED', 'The peer refused the connection');
        }
      } else if (!finSeen && isClosing(state)) finSeen = confirmed(state, false);
      const draining = open && phase === Phase.DRAINING;
      if (draining && !sender.sending && status.txFsr === hardware.txSize) {
        if (!available || finSeen || now - (deadline - timeouts.close) >= UNREAD_MS) {
          hardware.command(Command.DISCON, 0);
          enter(Phase.DISCONNECTING);
        }
      } else if ((draining || phase === Phase.CONNECTING || phase === Phase.DISCONNECTING) && now >= deadline)
        expire(draining ? 'take everything' : phase === Phase.CONNECTING ? 'answer' : 'close its side');
      return available !== availableBefore || phase !== phaseBefore || (ir & ~SocketInterrupt.RECV) !== 0;
    } catch (error) {
      noteStatus();
      socket.lose(error as Error);
      return true;
    }
  };

  const socket: TcpSocket = {
    connected: false,
    closed: false,
    started: false,
    lasting: true,
    readyBy: clock.now() + timeouts.ready,

    /** It was closed, and will give its socket back. */
    get brief() {
      return phase > Phase.OPEN && deadline > 0;
    },

    /** Connects to `ip`. Throws ERR_CHIP_STUCK. */
    begin() {
      hardware = hardwareSocket(chip, true);
      sender = tcpSender(chip, hardware, timeouts.send);
      socket.started = true;
      phase = Phase.CONNECTING;
      deadline = clock.now() + timeouts.connect;
      hardware.openAs(SocketMode.TCP_ND, SocketState.SOCK_INIT, 0);
      hardware.setPeer(socket.ip!, port);
      hardware.command(Command.CONNECT, 0);
      if (opened) opened(hardware.port);
    },

    receive(into, offset, length) {
      check(into, offset, length);
      if (!available && !finSeen) socket.poll(clock.now());
      if (!available) {
        if (finSeen) return PEER_CLOSED;
        if (failure) throw failure;
        return NO_DATA_YET;
      }
      const n = length < available ? length : available;
      hardware.readReceived(rxRd, into, offset, n);
      rxRd = (rxRd + n) & 0xffff;
      available -= n;
      taken += n;
      if (phase === Phase.OVER) {
        if (!available) release();
      } else if (established && (!available || taken * 2 >= hardware.rxSize || taken >= ENOUGH)) acknowledge();
      return n;
    },

    unreceived: {
      get capacity() {
        // 1 KB has no room for a whole segment: then a record must fit into the ring.
        return hardware && hardware.rxSize > MSS ? hardware.rxSize - MSS : 0;
      },

      get length() {
        return available;
      },

      get ended() {
        return finSeen || phase === Phase.OVER;
      },

      copy(index, into, offset, length) {
        hardware.readReceived(rxRd + index, into, offset, length);
      },

      makeRoom() {
        if (taken && established && phase !== Phase.OVER) acknowledge();
      },
    },

    send(bytes, offset, length) {
      check(bytes, offset, length);
      if (phase === Phase.OPEN) look();
      if (phase === Phase.OPEN && sender.doubtful(length)) look();
      if (failure) throw failure;
      if (phase > Phase.OPEN) usageError('The connection was closed');
      return hardware ? sender.send(bytes, offset, length) : 0;
    },

    close() {
      if (phase < Phase.OPEN) socket.abort();
      if (phase === Phase.OVER && !deadline) deadline = clock.now() + UNREAD_MS;
      if (phase !== Phase.OPEN) return;
      enter(Phase.DRAINING);
      hardware.hurry();
    },

    abort() {
      socket.lose(ringletError('ERR_NET_ABORTED', 'The connection was aborted'));
    },

    /** Ends the connection with that error, now; received bytes in the chip are given up. */
    lose(error) {
      if (socket.closed) return;
      failure = failure || error;
      finSeen = false;
      release();
    },

    poll(now) {
      if (phase === Phase.WAITING) return false;
      if (phase === Phase.OVER) {
        // After close, nobody may come for what is left.
        if (!socket.closed && deadline && now >= deadline) socket.abort();
        return false;
      }
      return hardware.due(phase === Phase.OPEN && !sender.sending ? FALLBACK_MS : WATCHFUL_MS, now) && look();
    },
  };
  return socket;
}

function isClosing(state: SocketState): boolean {
  return state >= SocketState.SOCK_CLOSING && state <= SocketState.SOCK_LAST_ACK;
}
