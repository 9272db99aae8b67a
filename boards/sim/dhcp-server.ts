/** A small DHCP server, RFC 2131 and RFC 2132, for the virtual LAN. Strict about what it is sent, so that a client's mistake shows. */
import { addressBytes, addressNumber, dotted, numberToDotted } from './addresses.js';
import type { Endpoint, UdpService } from './lan.js';

export const DhcpType = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
} as const;

const FIXED_LENGTH = 236;
const MAGIC = [99, 130, 83, 99];
const Option = {
  MASK: 1,
  ROUTER: 3,
  DNS: 6,
  NTP: 42,
  REQUESTED: 50,
  LEASE: 51,
  TYPE: 53,
  SERVER: 54,
  T1: 58,
  T2: 59,
  END: 255,
};

export interface DhcpOptions {
  /** The server's own address: also router, DNS and NTP server unless told otherwise. */
  address: string;
  mask: string;
  router: string;
  dns: string;
  ntp: string | undefined;
  /** Addresses are handed out from here upwards. */
  poolStart: string;
  leaseSeconds: number;
}

export class DhcpServer {
  /** Client MAC (hexadecimal) to the address it was offered or holds. */
  readonly leases = new Map<string, string>();
  /** Message types received, in order. */
  readonly received: number[] = [];
  /** Why messages were thrown away. */
  readonly rejected: string[] = [];
  /** So many messages are ignored first. */
  ignore = 0;
  /** REQUESTs are answered with NAK. */
  refuse = false;
  /** Leases come with T1 and T2. */
  tellsTimes = true;

  constructor(readonly options: DhcpOptions) {}

  readonly service: UdpService = (request, reply) => {
    const message = request.payload;
    const problem = this.problemOf(message, request.from);
    if (problem !== undefined) {
      this.rejected.push(problem);
      return;
    }
    const options = parseOptions(message)!;
    const type = options.get(Option.TYPE)![0]!;
    this.received.push(type);
    if (this.ignore > 0) {
      this.ignore--;
      return;
    }
    const answer = this.answerType(type, message, options);
    if (answer === undefined) return;
    const mac = Buffer.from(message.subarray(28, 34)).toString('hex');
    reply(this.compose(answer, message, mac), replyTo(answer, message, this.addressFor(mac)));
  };

  private problemOf(message: Uint8Array, from: Endpoint): string | undefined {
    if (message.length < FIXED_LENGTH + 4) return `message of ${message.length} bytes`;
    if (from.port !== 68) return `from port ${from.port}`;
    if (message[0] !== 1 || message[1] !== 1 || message[2] !== 6) return 'op, htype or hlen';
    if (MAGIC.some((byte, i) => message[FIXED_LENGTH + i] !== byte)) return 'magic cookie';
    const options = parseOptions(message);
    if (options === undefined) return 'options are cut short or without an end';
    return options.get(Option.TYPE)?.length === 1 ? undefined : 'no message type';
  }

  /** What to answer, RFC 2131 §4.3; undefined for silence. */
  private answerType(type: number, message: Uint8Array, options: Map<number, Uint8Array>): number | undefined {
    const mac = Buffer.from(message.subarray(28, 34)).toString('hex');
    const server = options.get(Option.SERVER);
    if (type === DhcpType.DISCOVER) return DhcpType.OFFER;
    if (type === DhcpType.INFORM) return DhcpType.ACK;
    if (type === DhcpType.RELEASE || type === DhcpType.DECLINE) {
      this.leases.delete(mac);
      return undefined;
    }
    if (type !== DhcpType.REQUEST) return undefined;
    if (server !== undefined && dotted(server) !== this.options.address) return undefined;
    const requested = options.get(Option.REQUESTED);
    const wanted = requested === undefined ? dotted(message, 12) : dotted(requested);
    return !this.refuse && wanted === this.leases.get(mac) ? DhcpType.ACK : DhcpType.NAK;
  }

  private addressFor(mac: string): string {
    const known = this.leases.get(mac);
    if (known !== undefined) return known;
    const taken = new Set(this.leases.values());
    let candidate = addressNumber(this.options.poolStart);
    while (taken.has(numberToDotted(candidate))) candidate++;
    this.leases.set(mac, numberToDotted(candidate));
    return numberToDotted(candidate);
  }

  private compose(type: number, request: Uint8Array, mac: string): Uint8Array {
    const message = new Uint8Array(300);
    message.set([2, 1, 6, 0], 0);
    message.set(request.subarray(4, 8), 4); // xid
    message.set(request.subarray(10, 12), 10); // flags
    if (type !== DhcpType.NAK) {
      message.set(request.subarray(12, 16), 12); // ciaddr
      message.set(addressBytes(this.addressFor(mac)), 16);
      message.set(addressBytes(this.options.address), 20);
    }
    message.set(request.subarray(28, 44), 28); // chaddr
    message.set(MAGIC, FIXED_LENGTH);
    const { address, mask, router, dns, ntp, leaseSeconds } = this.options;
    const options = [Option.TYPE, 1, type, Option.SERVER, 4, ...addressBytes(address)];
    if (type !== DhcpType.NAK) {
      options.push(Option.MASK, 4, ...addressBytes(mask), Option.ROUTER, 4, ...addressBytes(router));
      options.push(Option.DNS, 4, ...addressBytes(dns), Option.LEASE, 4, ...seconds(leaseSeconds));
      if (this.tellsTimes) {
        options.push(Option.T1, 4, ...seconds(leaseSeconds / 2), Option.T2, 4, ...seconds(leaseSeconds * 0.875));
      }
      if (ntp !== undefined) options.push(Option.NTP, 4, ...addressBytes(ntp));
    }
    options.push(Option.END);
    message.set(options, FIXED_LENGTH + 4);
    return message;
  }
}

/** RFC 2131 §4.1: to ciaddr, else broadcast if asked for, else to the address that is being handed out. */
function replyTo(type: number, message: Uint8Array, offered: string): Endpoint {
  const client = dotted(message, 12);
  if (type === DhcpType.NAK) return { address: '255.255.255.255', port: 68 };
  if (client !== '0.0.0.0') return { address: client, port: 68 };
  return { address: (message[10]! & 0x80) !== 0 ? '255.255.255.255' : offered, port: 68 };
}

/** Option number to value; undefined if they run over the end of the message or have no end mark. */
export function parseOptions(message: Uint8Array): Map<number, Uint8Array> | undefined {
  const options = new Map<number, Uint8Array>();
  let at = FIXED_LENGTH + 4;
  while (at < message.length) {
    const option = message[at++]!;
    if (option === 0) continue;
    if (option === Option.END) return options;
    const length = message[at++];
    if (length === undefined || at + length > message.length) return undefined;
    options.set(option, message.subarray(at, at + length));
    at += length;
  }
  return undefined;
}

function seconds(value: number): number[] {
  const whole = Math.floor(value);
  return [whole >>> 24, (whole >>> 16) & 255, (whole >>> 8) & 255, whole & 255];
}
