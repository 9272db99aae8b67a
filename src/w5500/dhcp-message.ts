/**
 * DHCP messages (RFC 2131 §2, options: RFC 2132): what the client sends, and a strict reading of what it gets. A message with
 * a length that does not fit is ignored as a whole. Options that a server put into the fields `sname` and `file`
 * (option 52) are not read.
 */
import { sameBytes } from './address.js';

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
const OPTIONS_AT = 240;
const MIN_LENGTH = 300;

/** What is the same in all messages of one client. */
export interface DhcpClientFacts {
  mac: Uint8Array;
  /** At most 63 characters. */
  hostname: string;
  xid: Uint8Array;
}

export interface DhcpReply {
  type: number;
  /** The address that is offered, 4 bytes. */
  address: Uint8Array;
  /** Option number to value, for numbers below CLIENT_ID, if the server sent them. */
  options: Uint8Array[];
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
  server: Uint8Array | undefined,
): number {
  for (let i = 0; i < into.length; i++) into[i] = 0;
  into[0] = into[1] = 1; // BOOTREQUEST, Ethernet
  into[2] = 6;
  into.set(facts.xid, 4);
  into[8] = seconds >> 8;
  into[9] = seconds;
  if (current) into.set(current, 12);
  else into[10] = 0x80; // we have no address, so answer to all
  into.set(facts.mac, 28);
  into.set([0x63, 0x82, 0x53, 0x63, DhcpOption.TYPE, 1, type, DhcpOption.CLIENT_ID, 7, 1], COOKIE_AT);
  into.set(facts.mac, 246);
  let at = 252;
  if (requested) at = addOption(into, at, DhcpOption.REQUESTED_ADDRESS, requested);
  if (server) at = addOption(into, at, DhcpOption.SERVER, server);
  at = addOption(into, at, DhcpOption.PARAMETERS, [
    DhcpOption.MASK,
    DhcpOption.ROUTER,
    DhcpOption.DNS,
    DhcpOption.NTP,
    DhcpOption.LEASE_TIME,
    DhcpOption.RENEWAL_TIME,
    DhcpOption.REBINDING_TIME,
  ]);
  const name = facts.hostname;
  if (name.length > 0) {
    into[at++] = DhcpOption.HOSTNAME;
    into[at++] = name.length;
    for (let i = 0; i < name.length; i++) into[at++] = name.charCodeAt(i);
  }
  into[at++] = DhcpOption.END;
  return at < MIN_LENGTH ? MIN_LENGTH : at;
}

/** The reply in `length` bytes from `offset`, or undefined if it is not one to us, or not well-formed. */
export function parseDhcp(
  bytes: Uint8Array,
  offset: number,
  length: number,
  facts: DhcpClientFacts,
): DhcpReply | undefined {
  if (length < OPTIONS_AT || bytes[offset] !== 2 || bytes[offset + 1] !== 1 || bytes[offset + 2] !== 6)
    return undefined;
  if (!sameBytes(bytes, offset + 4, facts.xid, 0, 4) || !sameBytes(bytes, offset + 28, facts.mac, 0, 6))
    return undefined;
  if (!sameBytes(bytes, offset + COOKIE_AT, new Uint8Array([0x63, 0x82, 0x53, 0x63]), 0, 4)) return undefined;
  const options: Uint8Array[] = [];
  const end = offset + length;
  let at = offset + OPTIONS_AT;
  while (at < end && bytes[at] !== DhcpOption.END) {
    const option = bytes[at++];
    if (option === DhcpOption.PAD) continue;
    if (at === end) return undefined;
    const size = bytes[at++];
    if (size > end - at || !fits(option, size)) return undefined;
    if (option < DhcpOption.CLIENT_ID) options[option] = new Uint8Array(bytes.subarray(at, at + size));
    at += size;
  }
  const type = options[DhcpOption.TYPE];
  if (!type) return undefined;
  return { type: type[0], address: new Uint8Array(bytes.subarray(offset + 16, offset + 20)), options: options };
}

/** The number in a 4-byte option, or 0 if there is no such option. */
export function optionNumber(reply: DhcpReply, option: DhcpOption): number {
  const v = reply.options[option];
  return v ? ((v[0] << 24) | (v[1] << 16) | (v[2] << 8) | v[3]) >>> 0 : 0;
}

/** The addresses in an option. */
export function optionAddresses(reply: DhcpReply, option: DhcpOption): Uint8Array[] {
  const addresses: Uint8Array[] = [];
  const v = reply.options[option];
  if (v) for (let i = 0; i < v.length; i += 4) addresses.push(new Uint8Array(v.subarray(i, i + 4)));
  return addresses;
}

/** Whether an option that we read may have that length: addresses by fours, one type, and times of 4 bytes. */
function fits(option: number, size: number): boolean {
  switch (option) {
    case DhcpOption.TYPE:
      return size === 1;
    case DhcpOption.ROUTER:
    case DhcpOption.DNS:
    case DhcpOption.NTP:
      return size > 0 && size % 4 === 0;
    case DhcpOption.MASK:
    case DhcpOption.SERVER:
    case DhcpOption.LEASE_TIME:
    case DhcpOption.RENEWAL_TIME:
    case DhcpOption.REBINDING_TIME:
      return size === 4;
    default:
      return true;
  }
}

function addOption(into: Uint8Array, at: number, option: number, value: ArrayLike<number>): number {
  into[at] = option;
  into[at + 1] = value.length;
  into.set(value, at + 2);
  return at + 2 + value.length;
}
