/** An NTP server for the virtual LAN, RFC 5905 §7.3: one answer per client request, stratum 2. */
import type { UdpService } from './lan.js';

const PACKET_LENGTH = 48;
const MODE_CLIENT = 3;
const MODE_SERVER = 4;
/** From 1900-01-01 to 1970-01-01. */
const EPOCH_OFFSET_S = 2208988800;

export class NtpServer {
  requests = 0;
  /** So many requests are ignored first. */
  ignore = 0;
  /** Stratum 0 turns the answer into a kiss-of-death. */
  stratum = 2;

  /** `unixMs` is the time it tells. */
  constructor(public unixMs: () => number = () => Date.now()) {}

  readonly service: UdpService = (request, reply) => {
    const packet = request.payload;
    if (packet.length < PACKET_LENGTH || (packet[0]! & 7) !== MODE_CLIENT) return;
    this.requests++;
    if (this.ignore > 0) {
      this.ignore--;
      return;
    }
    const answer = new Uint8Array(PACKET_LENGTH);
    const view = new DataView(answer.buffer);
    answer[0] = (packet[0]! & 0x38) | MODE_SERVER;
    answer[1] = this.stratum;
    answer[2] = packet[2]!;
    answer[3] = 0xec; // precision 2^-20 s
    answer.set(this.stratum === 0 ? Buffer.from('RATE') : [10, 0, 0, 1], 12);
    const now = this.unixMs();
    writeTimestamp(view, 16, now - 1000); // reference
    answer.set(packet.subarray(40, 48), 24); // origin: the client's transmit timestamp
    writeTimestamp(view, 32, now);
    writeTimestamp(view, 40, now);
    reply(answer);
  };
}

function writeTimestamp(view: DataView, offset: number, unixMs: number): void {
  const seconds = Math.floor(unixMs / 1000);
  view.setUint32(offset, (seconds + EPOCH_OFFSET_S) >>> 0);
  view.setUint32(offset + 4, Math.floor(((unixMs - seconds * 1000) / 1000) * 2 ** 32));
}
