/**
 * UDP datagrams on one of the chip's sockets (W5500 §4.2). In receive memory every datagram has 8 bytes in front: the sender's
 * address (4), port (2), and the payload's length (2). A datagram is always consumed whole. If a length is wrong, all that has
 * come is dropped with it, or only the next `sendDatagram` helps, which opens the socket anew. So no datagram waits for another.
 */
import { NO_DATA_YET } from '../transport.js';
import type { HardwareSocket } from './hardware-socket.js';
import { SocketMode, SocketState } from './registers.js';

export const UDP_HEADER_LENGTH = 8;
/** Without a hint in Sn_IR the status is read this often. Milliseconds. */
const FALLBACK_MS = 250;

/**
 * Opens `hardware` on `localPort` (0: a random one) and sends the first `length` bytes, at most 1 KB. `hardware.seen` has
 * TIMEOUT when nobody answers ARP. Throws ERR_CHIP_…
 */
export function sendDatagram(
  hardware: HardwareSocket,
  localPort: number,
  ip: Uint8Array,
  port: number,
  bytes: Uint8Array,
  length: number,
): void {
  const status = hardware.chip.status;
  let fresh = false;
  hardware.open(SocketMode.UDP, SocketState.SOCK_UDP, localPort);
  hardware.setDestination(ip, port);
  // Ends with ERR_CHIP_STUCK at the latest.
  while (!fresh) fresh = hardware.refresh();
  hardware.send(status.txWr, bytes, 0, length);
}

/**
 * Takes a datagram: answers the length of its payload, which starts at `into[8]` behind the 8-byte header, or NO_DATA_YET.
 * A datagram that `into` is too short for is dropped.
 */
export function receiveDatagram(hardware: HardwareSocket, into: Uint8Array): number {
  const status = hardware.chip.status;
  if (!hardware.due(FALLBACK_MS) || !hardware.refresh()) return NO_DATA_YET;
  hardware.trust(0, false);
  const received = status.rxRsr;
  if (received === 0) return NO_DATA_YET;
  const read = received < into.length ? received : into.length;
  hardware.readReceived(status.rxRd, into, 0, read);
  const end = UDP_HEADER_LENGTH + ((into[6] << 8) | into[7]);
  if (end > received) {
    // Sn_RX_RSR was read while it changed, or the length is wrong: then all that is here is dropped, not looked at for ever.
    if (received === ((status.rxWr - status.rxRd) & 0xffff)) hardware.receive(status.rxWr);
    return NO_DATA_YET;
  }
  hardware.receive((status.rxRd + end) & 0xffff);
  return end > read ? NO_DATA_YET : end - UDP_HEADER_LENGTH;
}
