/**
 * Frames of the virtual LAN as they would look on a cable: Ethernet II, IPv4 (RFC 791), TCP (RFC 9293) and UDP (RFC 768),
 * with their checksums.
 */
import { addressBytes } from './addresses.js';

export interface Host {
  /** Dotted. */
  address: string;
  port: number;
  /** Six bytes. */
  mac: Uint8Array;
}

export const TcpFlag = { FIN: 0x01, SYN: 0x02, RST: 0x04, PSH: 0x08, ACK: 0x10 } as const;

export interface TcpSegment {
  /** Of the first byte of `payload`, or of SYN or FIN; modulo 2^32. */
  sequence: number;
  acknowledgment: number;
  flags: number;
  window: number;
  /** Of a SYN: the maximum segment size it announces. */
  mss?: number;
  payload: Uint8Array;
}

const TCP = 6;
const UDP = 17;
const NO_BYTES = new Uint8Array(0);

export function tcpFrame(from: Host, to: Host, id: number, segment: TcpSegment): Uint8Array {
  const options = segment.mss === undefined ? NO_BYTES : Uint8Array.of(2, 4, segment.mss >> 8, segment.mss & 255);
  const header = new Uint8Array(20 + options.length);
  const view = new DataView(header.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint32(4, segment.sequence);
  view.setUint32(8, segment.acknowledgment);
  view.setUint8(12, (header.length / 4) << 4);
  view.setUint8(13, segment.flags);
  view.setUint16(14, segment.window);
  header.set(options, 20);
  view.setUint16(16, transportChecksum(from, to, TCP, header, segment.payload));
  return frame(from, to, id, TCP, header, segment.payload);
}

export function udpFrame(from: Host, to: Host, id: number, payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(8);
  const view = new DataView(header.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint16(4, header.length + payload.length);
  // 0 would say that there is none.
  view.setUint16(6, transportChecksum(from, to, UDP, header, payload) || 0xffff);
  return frame(from, to, id, UDP, header, payload);
}

function frame(
  from: Host,
  to: Host,
  id: number,
  protocol: number,
  header: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const ip = new Uint8Array(20);
  const view = new DataView(ip.buffer);
  view.setUint16(0, 0x4500);
  view.setUint16(2, ip.length + header.length + payload.length);
  view.setUint16(4, id);
  // Don't Fragment; a time to live of 128.
  view.setUint16(6, 0x4000);
  view.setUint16(8, (128 << 8) | protocol);
  ip.set(addressBytes(from.address), 12);
  ip.set(addressBytes(to.address), 16);
  view.setUint16(10, onesComplement(ip));
  return joined(to.mac, from.mac, Uint8Array.of(0x08, 0x00), ip, header, payload);
}

/** Over the pseudo header, the header (its checksum still 0) and the payload. */
function transportChecksum(from: Host, to: Host, protocol: number, header: Uint8Array, payload: Uint8Array): number {
  const length = header.length + payload.length;
  const pseudo = Uint8Array.of(0, protocol, length >> 8, length & 255);
  return onesComplement(joined(addressBytes(from.address), addressBytes(to.address), pseudo, header, payload));
}

/** The Internet checksum, RFC 1071. */
function onesComplement(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
