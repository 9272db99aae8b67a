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

/** What is the same in all messages of one client. */
export interface DhcpClientFacts {
  mac: Uint8Array;
  /** At most 63 characters. */
  hostname: string;
  xid: Uint8Array;
}

/** A message that is well-formed and for us; it lies where it was read. */
export interface DhcpReply {
  bytes: Uint8Array;
  type: DhcpType;
  /** Where the value of each option is that the server sent; its length is in front of it. */
  options: number[];
}

/**
 * Writes a message and answers its length, 300 bytes or a little more. `current`: our address while renewing, otherwise
 * answers are asked for as broadcast. `requested` and `server`: what the offer said, in a REQUEST for it.
 */
export function encodeDhcp(
  into: Uint8Array,
  type: DhcpType,
  facts: DhcpClientFacts,
  seconds: number,
  current: Uint8Array | undefined,
  requested: Uint8Array | undefined,
  server: Uint8Array,
): number {
  let at = COOKIE_AT;
  const add = (bytes: ArrayLike<number>): void => {
    into.set(bytes, at);
    at += bytes.length;
  };
  into.fill(0);
  // BOOTREQUEST, Ethernet, 6 bytes of address
  into.set([1, 1, 6]);
  into.set(facts.xid, 4);
  // As long as we have no address, the answer has to go to all.
  into.set([seconds >> 8, seconds, current ? 0 : 0x80], 8);
  if (current) into.set(current, 12);
  into.set(facts.mac, 28);
  add(COOKIE);
  add([DhcpOption.TYPE, 1, type, DhcpOption.CLIENT_ID, 7, 1]);
  add(facts.mac);
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
  const name = facts.hostname;
  if (name) add([DhcpOption.HOSTNAME, name.length]);
  for (let i = 0; i < name.length; i++) into[at++] = name.charCodeAt(i);
  into[at++] = DhcpOption.END;
  return at < MIN_LENGTH ? MIN_LENGTH : at;
}

/** The reply in the first `length` bytes, or undefined if it is not one to us, or not well-formed. */
export function parseDhcp(bytes: Uint8Array, length: number, facts: DhcpClientFacts): DhcpReply | undefined {
  if (
    length < OPTIONS_AT ||
    !startsWith(bytes, 0, [2, 1, 6]) ||
    !startsWith(bytes, 4, facts.xid) ||
    !startsWith(bytes, 28, facts.mac) ||
    !startsWith(bytes, COOKIE_AT, COOKIE)
  )
    return undefined;
  const options: number[] = [];
  let at = OPTIONS_AT;
  while (at < length && bytes[at] !== DhcpOption.END) {
    const option = bytes[at++];
    if (option === DhcpOption.PAD) continue;
    if (at === length) return undefined;
    const size = bytes[at++];
    if (size > length - at || !fits(option, size)) return undefined;
    options[option] = at;
    at += size;
  }
  const typeAt = options[DhcpOption.TYPE];
  return typeAt ? { bytes, type: bytes[typeAt], options } : undefined;
}

/** The number in a 4-byte option, or 0 if there is no such option. */
export function optionNumber(reply: DhcpReply, option: DhcpOption): number {
  const at = reply.options[option];
  return at ? uint32(reply.bytes, at) : 0;
}

/** The addresses in an option. */
export function optionAddresses(reply: DhcpReply, option: DhcpOption): Uint8Array[] {
  const addresses: Uint8Array[] = [];
  const at = reply.options[option];
  if (at) for (let i = 0; i < reply.bytes[at - 1]; i += 4) addresses.push(addressAt(reply.bytes, at + i));
  return addresses;
}

/** The address that is offered, 4 bytes. */
export function offeredAddress(reply: DhcpReply): Uint8Array {
  return addressAt(reply.bytes, YIADDR_AT);
}

/** Whether an option that we read may have that length: addresses by fours, one type, and times of 4 bytes. */
function fits(option: number, size: number): boolean {
  const kind = FOURS.indexOf(option);
  if (option === DhcpOption.TYPE) return size === 1;
  return kind < 0 || size === 4 || (kind >= FIRST_LIST && size > 0 && size % 4 === 0);
}
