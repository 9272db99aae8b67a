/**
 * UDP datagrams on one of the chip's sockets (W5500 §4.2). In receive memory every datagram has 8 bytes in front: the sender's
 * address (4), port (2), and the payload's length (2). A datagram is always consumed whole. If a length is wrong, all that has
 * come is dropped with it, or only the next `sendDatagram` helps, which opens the socket anew. So no datagram waits for another.
 */
import { NO_DATA_YET } from '../transport.js';
import { UDP_HEADER_LENGTH, type W5500Chip } from './chip.js';
import type { HardwareSocket } from './hardware-socket.js';
import { uint16 } from './network-order.js';
import { SocketMode, SocketState } from './registers.js';

/** Without a hint in Sn_IR the status is read this often. Milliseconds. */
const FALLBACK_MS = 250;

/**
 * Opens `hardware` on `localPort` (0: a random one) and sends the first `length` bytes, at most 1 KB. `hardware.seen` has
 * TIMEOUT when nobody answers ARP. Throws ERR_CHIP_…
 */
export function sendDatagram(
  chip: W5500Chip,
  hardware: HardwareSocket,
  localPort: number,
  ip: Uint8Array,
  port: number,
  bytes: Uint8Array,
  length: number,
): void {
  hardware.openAs(SocketMode.UDP, SocketState.SOCK_UDP, localPort);
  hardware.setPeer(ip, port);
  let fresh = false;
  // Ends with ERR_CHIP_STUCK at the latest.
  while (!fresh) fresh = hardware.refresh();
  hardware.send(chip.status.txWr, bytes, 0, length);
}

/**
 * Takes a datagram: answers the length of its payload, `chip.payload`, or NO_DATA_YET. One that `chip.datagram` is too short for
 * is dropped.
 */
export function receiveDatagram(chip: W5500Chip, hardware: HardwareSocket, now: number): number {
  const status = chip.status;
  const datagram = chip.datagram;
  if (!hardware.due(FALLBACK_MS, now) || !hardware.refresh()) return NO_DATA_YET;
  const received = status.rxRsr;
  hardware.believe(received > 0);
  if (!received) return NO_DATA_YET;
  const read = received < datagram.length ? received : datagram.length;
  hardware.readReceived(status.rxRd, datagram, 0, read);
  const end = UDP_HEADER_LENGTH + uint16(datagram, 6);
  if (end <= received) hardware.take(status.rxRd + end);
  // Sn_RX_RSR was read while it changed, or the length is wrong: then all that is here is dropped, not looked at for ever.
  else if (received === status.received) hardware.take(status.rxRd + received);
  return end <= read ? end - UDP_HEADER_LENGTH : NO_DATA_YET;
}
