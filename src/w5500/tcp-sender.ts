/**
 * The sending side of a TCP connection on one of the chip's sockets: transmit memory and SEND (W5500 §4.2 Sn_TX_FSR, Sn_CR).
 * At most one SEND is outstanding. Sn_TX_FSR only grows between two of them, so of two readings the smaller one is right even if
 * the other has a wrong byte; believing too much would overwrite what the peer has not acknowledged yet.
 * Memory: numbers only.
 */
import type { HardwareSocket } from './hardware-socket.js';
import { Command, SocketInterrupt } from './registers.js';

/** So long after a SEND that has stopped short, its SEND_OK was taken for an earlier one's. Milliseconds. */
const OVERLOOKED_MS = 1000;

export class TcpSender {
  /** Sn_TX_WR: where the next byte goes. */
  txWr = 0;
  /** What the last status, of this moment, says can be sent now. */
  room = 0;
  /** A SEND is outstanding. */
  sending = false;
  /** Sn_TX_FSR as it was read last, less what was sent since. */
  private free = 0;
  /** When the last SEND was issued, and Sn_TX_RD then. */
  private sentAt = 0;
  private sentFrom = 0;
  /** How many SEND_OK have not been seen yet, and whether some of earlier SENDs had not when the last was issued. */
  private owed = 0;
  private unsure = false;
  private readonly hardware: HardwareSocket;
  private readonly timeout: number;

  /** `timeout`: milliseconds from a SEND until the chip has put it on the wire, and has room again. */
  constructor(hardware: HardwareSocket, timeout: number) {
    this.hardware = hardware;
    this.timeout = timeout;
  }

  /** The connection has been made: all of transmit memory is free, from there on. */
  begin(txWr: number): void {
    this.txWr = txWr;
    this.free = this.hardware.txSize;
  }

  /** True if another status may show more room, and that would be of use. */
  doubtful(length: number): boolean {
    return this.room < length && this.room < this.free;
  }

  /** Sends what there is room for: how many bytes that were. */
  send(bytes: Uint8Array, offset: number, length: number): number {
    const n = length < this.room ? length : this.room;
    if (n === 0 || this.sending) return 0;
    this.hardware.send(this.txWr, bytes, offset, n);
    this.room = 0;
    this.free -= n;
    this.unsure = this.owed++ > 0;
    this.sentFrom = this.txWr;
    this.txWr = (this.txWr + n) & 0xffff;
    this.sending = true;
    this.sentAt = this.hardware.chip.now();
    return n;
  }

  /**
   * What a status of an open connection says; true if nothing was taken for too long. A SEND is over when Sn_TX_RD has arrived. SEND_OK
   * before that asks for another SEND, but only if Sn_TX_RD has moved, and stays there (it may be read while it moves): otherwise it is
   * the late SEND_OK of a SEND before, which may have been cleared together with this one's. And a peer that acknowledges nothing or keeps its window closed leaves Sn_TX_FSR at 0: its time
   * runs from the last SEND, which had found room.
   */
  absorb(now: number): boolean {
    const hardware = this.hardware;
    const status = hardware.chip.status;
    const state = status.sr;
    const sentTo = status.txRd;
    this.room = status.txFsr < this.free ? status.txFsr : this.free;
    this.free = status.txFsr;
    const sent = (status.ir & SocketInterrupt.SEND_OK) !== 0;
    if (sent && this.owed > 0) this.owed--;
    if (sentTo === this.txWr) this.sending = false;
    if (
      this.sending &&
      sentTo !== this.sentFrom &&
      (sent || (this.unsure && now - this.sentAt >= OVERLOOKED_MS)) &&
      hardware.refresh() &&
      status.txRd === sentTo &&
      status.sr === state
    ) {
      this.owed++;
      this.sentFrom = sentTo;
      this.sentAt = now;
      hardware.command(Command.SEND, 0);
      return false;
    }
    return (
      now - this.sentAt >= this.timeout &&
      // Read again: after a long silence one wrong byte must not end the connection.
      (this.sending || (this.room === 0 && hardware.refresh() && status.txFsr === 0))
    );
  }
}
