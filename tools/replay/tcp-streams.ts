/** TCP connections of a capture: what each side sent, put together by sequence numbers, and where its segments ended. */
import type { CapturedPacket } from './pcapng.js';

export interface Direction {
  bytes: Buffer;
  /** Ends of the segments, as offsets in `bytes`. */
  cuts: number[];
  fin: boolean;
  rst: boolean;
}

export interface TcpStream {
  /** `address:port`. */
  client: string;
  server: string;
  fromClient: Direction;
  fromServer: Direction;
  packets: number;
}

interface Half {
  segments: { sequence: number; payload: Buffer }[];
  start: number | undefined;
  fin: boolean;
  rst: boolean;
}

interface Open {
  halves: Map<string, Half>;
  client: string;
  server: string;
  packets: number;
}

const TCP = 6;
const UDP = 17;

/** Connections in the order in which they begin. A packet with a wrong checksum counts as damaged, and is not taken. */
export function tcpStreams(packets: readonly CapturedPacket[]): { streams: TcpStream[]; damaged: number } {
  const open = new Map<string, Open>();
  const done: Open[] = [];
  let damaged = 0;
  for (const { bytes } of packets) {
    if (bytes.length < 34 || bytes.readUInt16BE(12) !== 0x0800 || bytes[14]! >> 4 !== 4) continue;
    const headerLength = (bytes[14]! & 15) * 4;
    const ip = bytes.subarray(14, 14 + Math.min(bytes.readUInt16BE(16), bytes.length - 14));
    const protocol = ip[9];
    if (protocol !== TCP && protocol !== UDP) continue;
    const transport = ip.subarray(headerLength);
    if (!isIntact(ip, headerLength, transport, protocol)) {
      damaged++;
      continue;
    }
    if (protocol !== TCP) continue;
    const from = `${dotted(ip, 12)}:${transport.readUInt16BE(0)}`;
    const to = `${dotted(ip, 16)}:${transport.readUInt16BE(2)}`;
    const flags = transport[13]!;
    const sequence = transport.readUInt32BE(4);
    const syn = (flags & 2) !== 0;
    const key = [from, to].sort().join(' ');
    let stream = open.get(key);
    if (syn && !(flags & 16)) stream = undefined;
    if (!stream) {
      const opening = syn && (flags & 16) !== 0 ? [to, from] : [from, to];
      stream = { halves: new Map(), client: opening[0]!, server: opening[1]!, packets: 0 };
      open.set(key, stream);
      done.push(stream);
    }
    stream.packets++;
    const half = halfOf(stream, from);
    if (syn) half.start = (sequence + 1) >>> 0;
    const payload = transport.subarray((transport[12]! >> 4) * 4);
    half.start ??= sequence;
    if (payload.length > 0) half.segments.push({ sequence, payload });
    if (flags & 1) half.fin = true;
    if (flags & 4) half.rst = true;
  }
  const streams = done.map(stream => ({
    client: stream.client,
    server: stream.server,
    fromClient: assembled(halfOf(stream, stream.client)),
    fromServer: assembled(halfOf(stream, stream.server)),
    packets: stream.packets,
  }));
  return { streams, damaged };
}

function halfOf(stream: Open, from: string): Half {
  const half = stream.halves.get(from) ?? { segments: [], start: undefined, fin: false, rst: false };
  stream.halves.set(from, half);
  return half;
}

/** Up to the first gap. What comes twice is taken once. */
function assembled({ segments, start = 0, fin, rst }: Half): Direction {
  const at = ({ sequence }: { sequence: number }) => (sequence - start) | 0;
  const pieces: Buffer[] = [];
  const cuts: number[] = [];
  let end = 0;
  for (const segment of [...segments].sort((a, b) => at(a) - at(b))) {
    const known = end - at(segment);
    if (known < 0) break;
    if (known >= segment.payload.length) continue;
    pieces.push(segment.payload.subarray(known));
    end += segment.payload.length - known;
    cuts.push(end);
  }
  return { bytes: Buffer.concat(pieces), cuts, fin, rst };
}

function isIntact(ip: Buffer, headerLength: number, transport: Buffer, protocol: number): boolean {
  if (transport.length < 8 || sum(ip.subarray(0, headerLength)) !== 0xffff) return false;
  const declared = protocol === UDP ? transport.readUInt16BE(4) : transport.length;
  if (declared !== transport.length) return false;
  const pseudo = Buffer.concat([ip.subarray(12, 20), Buffer.from([0, protocol, declared >> 8, declared & 255])]);
  return sum(Buffer.concat([pseudo, transport])) === 0xffff;
}

/** RFC 1071; with its checksum among them, intact bytes add up to ffff. */
function sum(bytes: Buffer): number {
  let total = 0;
  for (let i = 0; i < bytes.length; i += 2) total += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
  while (total > 0xffff) total = (total % 0x10000) + Math.floor(total / 0x10000);
  return total;
}

function dotted(bytes: Buffer, at: number): string {
  return bytes.subarray(at, at + 4).join('.');
}
