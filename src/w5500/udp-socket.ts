/**
 * UDP datagrams on one of the chip's sockets (W5500 §4.2). In receive memory every datagram has 8 bytes in front: the sender's
 * address (4), port (2), and the payload's length (2). A datagram is always consumed whole, because a lost boundary
 * cannot be found again; if one does not fit the bytes received, the socket is opened anew.
 */
import { usageError } from '../errors.js';
import { NO_DATA_YET } from '../transport.js';
import type { W5500Chip } from './chip.js';
import { HardwareSocket } from './hardware-socket.js';
import { SocketInterrupt, SocketMode, SocketState } from './registers.js';

export const UDP_HEADER_LENGTH = 8;
/** More would go out as several datagrams. */
const MAX_PAYLOAD = 1472;
/** Without a hint in Sn_IR the status is read this often. Milliseconds. */
const FALLBACK_MS = 250;

export class UdpSocket {
  readonly hardware: HardwareSocket;
  /** The last datagram was not sent because nobody answered ARP. */
  unreachable = false;
  private readonly chip: W5500Chip;
  private sending = false;
  /** An open needs to be repeated: the receive memory made no sense. */
  private broken = false;

  /** `port` 0 is a random one. Throws ERR_NET_NO_SOCKET, ERR_CHIP_STUCK. */
  constructor(chip: W5500Chip, port: number) {
    this.chip = chip;
    this.hardware = new HardwareSocket(chip, false);
    try {
      this.hardware.open(SocketMode.UDP, SocketState.SOCK_UDP, port);
    } catch (error) {
      this.hardware.release();
      throw error;
    }
  }

  /** Sends the first `length` bytes of `bytes`. False if the last datagram is still on its way. */
  send(ip: Uint8Array, port: number, bytes: Uint8Array, length: number): boolean {
    if (length < 1 || length > MAX_PAYLOAD || length > bytes.length) usageError('A datagram has 1 to 1472 bytes');
    const hardware = this.hardware;
    if (!this.look() || this.sending || length > this.chip.status.txFsr) return false;
    const txWr = this.chip.status.txWr;
    hardware.setDestination(ip, port);
    hardware.send(txWr, bytes, 0, length);
    this.sending = true;
    this.unreachable = false;
    return true;
  }

  /**
   * Takes a datagram: answers the length of its payload, which starts at `into[8]` behind the 8-byte header, or NO_DATA_YET.
   * A datagram that `into` is too short for is dropped.
   */
  receive(into: Uint8Array): number {
    const hardware = this.hardware;
    if (!hardware.due(FALLBACK_MS) || !this.look()) return NO_DATA_YET;
    const received = this.chip.status.rxRsr;
    if (received === 0) return NO_DATA_YET;
    const rxRd = this.chip.status.rxRd;
    const read = received < into.length ? received : into.length;
    hardware.readReceived(rxRd, into, 0, read);
    const length = (into[6] << 8) | into[7];
    const end = UDP_HEADER_LENGTH + length;
    if (end > received) {
      this.chip.busErrors++;
      // The first time it may be the bus that was wrong.
      if (this.broken) hardware.open(SocketMode.UDP, SocketState.SOCK_UDP, hardware.port);
      this.broken = !this.broken;
      return NO_DATA_YET;
    }
    this.broken = false;
    hardware.receive((rxRd + end) & 0xffff);
    return end > read ? NO_DATA_YET : length;
  }

  close(): void {
    this.hardware.release();
  }

  private look(): boolean {
    const hardware = this.hardware;
    const status = this.chip.status;
    if (!hardware.refresh()) return false;
    hardware.trust();
    const ir = status.ir;
    const clear = status.rxRsr === 0 ? ir : ir & ~SocketInterrupt.RECV;
    if (clear !== 0) hardware.clearInterrupts(clear);
    hardware.setAttention(ir !== 0);
    if (ir & SocketInterrupt.TIMEOUT) this.unreachable = true;
    if (ir & (SocketInterrupt.TIMEOUT | SocketInterrupt.SEND_OK) || status.txRd === status.txWr) this.sending = false;
    return true;
  }
}
