/**
 * DNS questions for an IPv4 address (RFC 1035 §4): one A question, and what a server may answer. An answer counts only with
 * our random id and our question in it (the exchange checks address and port). The answer section then holds the
 * chain of CNAME records and the addresses at its end (RFC 1034 §4.3.2), so the first address is the answer: owners
 * are skipped, never followed, and compression pointers have no way to loop. Memory: the encoded question.
 */
import { type RingletError, ringletError, usageError } from '../errors.js';
import type { RandomSource } from '../platform.js';
import type { Question } from './udp-exchange.js';

const HEADER_LENGTH = 12;
const TYPE_A = 1;
const CLASS_IN = 1;
const NO_NAME = 'A host name has 1 to 253 ASCII characters, and 1 to 63 between dots';

export class DnsQuestion implements Question {
  readonly port = 53;
  readonly timeoutCode = 'ERR_NET_DNS_TIMEOUT';
  /** The address, or why the name has none, once an answer was accepted. */
  address: Uint8Array | undefined;
  missing: RingletError | undefined;
  private readonly name: string;
  private readonly query: Uint8Array;

  /** Throws ERR_USAGE if `name` is no host name. */
  constructor(name: string, random: RandomSource) {
    this.name = name;
    this.query = encodeQuery(name);
    random(this.query, 0, 2);
  }

  encode(into: Uint8Array): number {
    into.set(this.query, 0);
    return this.query.length;
  }

  accept(bytes: Uint8Array, offset: number, length: number, _elapsed: number): boolean {
    const query = this.query;
    if (length < query.length || bytes[offset] !== query[0] || bytes[offset + 1] !== query[1]) return false;
    const flags = uint16(bytes, offset + 2);
    // QR is set, opcode is a standard query, and there is one question: ours.
    if ((flags & 0xf800) !== 0x8000 || uint16(bytes, offset + 4) !== 1) return false;
    for (let i = HEADER_LENGTH; i < query.length; i++) {
      if (lowerCase(bytes[offset + i]) !== lowerCase(query[i])) return false;
    }
    const rcode = flags & 15;
    // 3: there is no such name.
    if (rcode !== 3) {
      if (rcode !== 0) throw failed('answered rcode ' + rcode);
      if (flags & 0x0200) throw failed('sent a truncated answer');
      const answers = uint16(bytes, offset + 6);
      this.address = firstAddress(bytes, offset + query.length, offset + length, answers);
    }
    if (!this.address) {
      this.missing = ringletError('ERR_NET_DNS_NOT_FOUND', 'No IPv4 address is known for ' + this.name);
    }
    return true;
  }
}

/** Header and question, with id 0. `name`: labels of 1 to 63 characters, 253 in all, with or without a final dot. */
export function encodeQuery(name: string): Uint8Array {
  const end = name.length > 0 && name.charAt(name.length - 1) === '.' ? name.length - 1 : name.length;
  if (end < 1 || end > 253) usageError(NO_NAME);
  const query = new Uint8Array(HEADER_LENGTH + end + 6);
  query[2] = 1; // recursion desired
  query[5] = 1;
  let lengthAt = HEADER_LENGTH;
  let at = HEADER_LENGTH + 1;
  for (let i = 0; i <= end; i++) {
    const code = i < end ? name.charCodeAt(i) : 0x2e;
    if (code === 0x2e) {
      const label = at - lengthAt - 1;
      if (label < 1 || label > 63) usageError(NO_NAME);
      query[lengthAt] = label;
      lengthAt = at;
    } else if (code <= 0x20 || code >= 0x7f) usageError(NO_NAME);
    else query[at] = code;
    at++;
  }
  query[at] = 0;
  query[at + 1] = TYPE_A;
  query[at + 3] = CLASS_IN;
  return query;
}

/** The first address among `count` records from `at` on. */
function firstAddress(bytes: Uint8Array, at: number, end: number, count: number): Uint8Array | undefined {
  for (let i = 0; i < count; i++) {
    // The owner: labels up to an empty one, or up to a pointer.
    let label = 1;
    while (label > 0 && label < 0xc0 && at < end) {
      label = bytes[at];
      at += label < 0xc0 ? label + 1 : 2;
    }
    const data = at + 10;
    if (data > end) break;
    const size = uint16(bytes, at + 8);
    if (size > end - data) break;
    if (uint16(bytes, at) === TYPE_A && uint16(bytes, at + 2) === CLASS_IN && size === 4) {
      return new Uint8Array(bytes.subarray(data, data + 4));
    }
    at = data + size;
    if (i === count - 1) return undefined;
  }
  if (count === 0) return undefined;
  throw failed('sent a broken answer');
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

function lowerCase(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 32 : code;
}

function failed(what: string): RingletError {
  return ringletError('ERR_NET_DNS_FAILED', 'The DNS server ' + what);
}
