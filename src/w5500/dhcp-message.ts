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

const enum Option {
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

/** Addresses are 4 bytes. Times are seconds, 0 if the server gave none. */
export interface DhcpReply {
  type: number;
  address: Uint8Array;
  mask: Uint8Array | undefined;
  gateway: Uint8Array | undefined;
  dns: Uint8Array[];
  ntp: Uint8Array[];
  server: Uint8Array | undefined;
  leaseSeconds: number;
  renewSeconds: number;
  rebindSeconds: number;
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
  into.set([0x63, 0x82, 0x53, 0x63, Option.TYPE, 1, type, Option.CLIENT_ID, 7, 1], COOKIE_AT);
  into.set(facts.mac, 246);
  let at = 252;
  if (requested) at = addOption(into, at, Option.REQUESTED_ADDRESS, requested);
  if (server) at = addOption(into, at, Option.SERVER, server);
  at = addOption(into, at, Option.PARAMETERS, [
    Option.MASK,
    Option.ROUTER,
    Option.DNS,
    Option.NTP,
    Option.LEASE_TIME,
    Option.RENEWAL_TIME,
    Option.REBINDING_TIME,
  ]);
  const name = facts.hostname;
  if (name.length > 0) {
    into[at++] = Option.HOSTNAME;
    into[at++] = name.length;
    for (let i = 0; i < name.length; i++) into[at++] = name.charCodeAt(i);
  }
  into[at++] = Option.END;
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
  const reply: DhcpReply = {
    type: 0,
    address: addressAt(bytes, offset + 16),
    mask: undefined,
    gateway: undefined,
    dns: [],
    ntp: [],
    server: undefined,
    leaseSeconds: 0,
    renewSeconds: 0,
    rebindSeconds: 0,
  };
  const end = offset + length;
  let at = offset + OPTIONS_AT;
  while (at < end && bytes[at] !== Option.END) {
    const option = bytes[at++];
    if (option === Option.PAD) continue;
    if (at === end) return undefined;
    const size = bytes[at++];
    if (size > end - at || !readOption(reply, option, bytes, at, size)) return undefined;
    at += size;
  }
  return reply.type === 0 ? undefined : reply;
}

/** False if the option's length is not what it must be. */
function readOption(reply: DhcpReply, option: number, bytes: Uint8Array, at: number, size: number): boolean {
  switch (option) {
    case Option.TYPE:
      reply.type = bytes[at];
      return size === 1;
    case Option.MASK:
      reply.mask = addressAt(bytes, at);
      return size === 4;
    case Option.SERVER:
      reply.server = addressAt(bytes, at);
      return size === 4;
    case Option.LEASE_TIME:
      reply.leaseSeconds = uint32(bytes, at);
      return size === 4;
    case Option.RENEWAL_TIME:
      reply.renewSeconds = uint32(bytes, at);
      return size === 4;
    case Option.REBINDING_TIME:
      reply.rebindSeconds = uint32(bytes, at);
      return size === 4;
    case Option.ROUTER:
      reply.gateway = addressAt(bytes, at);
      return size > 0 && size % 4 === 0;
    case Option.DNS:
      return readAddresses(reply.dns, bytes, at, size);
    case Option.NTP:
      return readAddresses(reply.ntp, bytes, at, size);
    default:
      return true;
  }
}

function readAddresses(list: Uint8Array[], bytes: Uint8Array, at: number, size: number): boolean {
  for (let i = 0; i + 4 <= size && list.length < 3; i += 4) list.push(addressAt(bytes, at + i));
  return size > 0 && size % 4 === 0;
}

function addOption(into: Uint8Array, at: number, option: number, value: ArrayLike<number>): number {
  into[at] = option;
  into[at + 1] = value.length;
  into.set(value, at + 2);
  return at + 2 + value.length;
}

/** A copy of 4 bytes; bytes beyond the array are 0. */
function addressAt(bytes: Uint8Array, at: number): Uint8Array {
  const address = new Uint8Array(4);
  for (let i = 0; i < 4 && at + i < bytes.length; i++) address[i] = bytes[at + i];
  return address;
}

function uint32(bytes: Uint8Array, at: number): number {
  const a = addressAt(bytes, at);
  return ((a[0] << 24) | (a[1] << 16) | (a[2] << 8) | a[3]) >>> 0;
}
