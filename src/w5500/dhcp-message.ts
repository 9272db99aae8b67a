/**
 * DHCP messages (RFC 2131 §2, options: RFC 2132): what the client sends, and a strict reading of what it gets. A message with
 * a length that does not fit is ignored as a whole. Options that a server put into the fields `sname` and `file`
 * (option 52) are not read.
 */
import { addressAt, startsWith, uint32 } from './network-order.js';

export const enum DhcpType {
  DISCOVER = 1,
  OFFER = 2,
  REQUEST = 3,
  ACK = 5,
  NAK = 6,
}

export const enum DhcpOption {
  PAD = 0,
  MASK = 1,
  ROUTER = 3,
  DNS = 6,
  HOSTNAME = 12,
  NTP = 42,
  REQUESTED_ADDRESS = 50,
  LEASE_TIME = 51,
  TYPE = 53,
  SERVER = 54,
  PARAMETERS = 55,
  RENEWAL_TIME = 58,
  REBINDING_TIME = 59,
  CLIENT_ID = 61,
  END = 255,
}

/** `op` to the end of `file`, then the cookie that says options follow. */
const COOKIE_AT = 236;
const COOKIE = [0x63, 0x82, 0x53, 0x63];
const OPTIONS_AT = 240;
const MIN_LENGTH = 300;
const YIADDR_AT = 16;
/** Options with one number or address of 4 bytes, then those with any number of addresses. */
const FOURS = [
  DhcpOption.MASK,
  DhcpOption.LEASE_TIME,
  DhcpOption.SERVER,
  DhcpOption.RENEWAL_TIME,
  DhcpOption.REBINDING_TIME,
  DhcpOption.ROUTER,
  DhcpOption.DNS,
  DhcpOption.NTP,
];
const FIRST_LIST = 5;

export type DhcpMessage = ReturnType<typeof dhcpMessage>;

/** Writes messages into `bytes`, and reads them from there. `hostname`: at most 63 characters. */
export function dhcpMessage(bytes: Uint8Array, mac: Uint8Array, hostname: string) {
  const xid = new Uint8Array(4);
  /** Where the value of each option is that the server has sent; its length is in front of it. */
  let options: number[] = [];

  return {
    xid,

    /**
     * Writes a message and answers its length, 300 bytes or a little more. `current`: our address while renewing, otherwise
     * answers are asked for as broadcast. `requested` and `server`: what the offer said, in a REQUEST for it.
     */
    encode(
      type: DhcpType,
      seconds: number,
      current: Uint8Array | undefined,
      requested: Uint8Array | undefined,
      server: Uint8Array,
    ): number {
      let at = COOKIE_AT;
      const add = (values: ArrayLike<number>): void => {
        bytes.set(values, at);
        at += values.length;
      };
      bytes.fill(0);
      // BOOTREQUEST, Ethernet, 6 bytes of address
      bytes.set([1, 1, 6]);
      bytes.set(xid, 4);
      // As long as we have no address, the answer has to go to all.
      bytes.set([seconds >> 8, seconds, current ? 0 : 0x80], 8);
      if (current) bytes.set(current, 12);
      bytes.set(mac, 28);
      add(COOKIE);
      add([DhcpOption.TYPE, 1, type, DhcpOption.CLIENT_ID, 7, 1]);
      add(mac);
      if (requested) {
        add([DhcpOption.REQUESTED_ADDRESS, 4]);
        add(requested);
        add([DhcpOption.SERVER, 4]);
        add(server);
      }
      add([
        DhcpOption.PARAMETERS,
        7,
        DhcpOption.MASK,
        DhcpOption.ROUTER,
        DhcpOption.DNS,
        DhcpOption.NTP,
        DhcpOption.LEASE_TIME,
        DhcpOption.RENEWAL_TIME,
        DhcpOption.REBINDING_TIME,
      ]);
      if (hostname) add([DhcpOption.HOSTNAME, hostname.length]);
      for (let i = 0; i < hostname.length; i++) bytes[at++] = hostname.charCodeAt(i);
      bytes[at++] = DhcpOption.END;
      return at < MIN_LENGTH ? MIN_LENGTH : at;
    },

    /** The type of the reply in the first `length` bytes, or undefined if it is not one to us, or not well-formed. */
    parseReply(length: number): DhcpType | undefined {
      options = [];
      if (
        length < OPTIONS_AT ||
        !startsWith(bytes, 0, [2, 1, 6]) ||
        !startsWith(bytes, 4, xid) ||
        !startsWith(bytes, 28, mac) ||
        !startsWith(bytes, COOKIE_AT, COOKIE)
      )
        return undefined;
      let at = OPTIONS_AT;
      while (at < length && bytes[at] !== DhcpOption.END) {
        const option = bytes[at++];
        if (option === DhcpOption.PAD) continue;
        const size = at < length ? bytes[at++] : length;
        if (size > length - at || !fits(option, size)) return undefined;
        options[option] = at;
        at += size;
      }
      const typeAt = options[DhcpOption.TYPE];
      return typeAt && bytes[typeAt];
    },

    /** The address that is offered, 4 bytes. */
    offered: (): Uint8Array => addressAt(bytes, YIADDR_AT),

    /** The number in a 4-byte option, or 0 if there is no such option. */
    numberIn(option: DhcpOption): number {
      const at = options[option];
      return at ? uint32(bytes, at) : 0;
    },

    /** The addresses in an option. */
    addresses(option: DhcpOption): Uint8Array[] {
      const addresses: Uint8Array[] = [];
      const at = options[option];
      if (at) for (let i = 0; i < bytes[at - 1]; i += 4) addresses.push(addressAt(bytes, at + i));
      return addresses;
    },
  };
}

/** Whether an option that we read may have that length: addresses by fours, one type, and times of 4 bytes. */
function fits(option: number, size: number): boolean {
  const kind = FOURS.indexOf(option);
  if (option === DhcpOption.TYPE) return size === 1;
  return kind < 0 || size === 4 || (kind >= FIRST_LIST && size > 0 && size % 4 === 0);
}
