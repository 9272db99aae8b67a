/**
 * DNS questions for an IPv4 address (RFC 1035 §4): one A question, and what a server may answer. An answer counts only with
 * our random id and our question in it (the exchange checks address and port); chains of CNAME are followed inside it.
 * Compression pointers must point backwards, so every walk ends. Memory: the encoded question.
 */
import { type RingletError, ringletError, usageError } from '../errors.js';
import type { RandomSource } from '../platform.js';
import type { Question } from './udp-exchange.js';

const HEADER_LENGTH = 12;
const TYPE_A = 1;
const TYPE_CNAME = 5;
const CLASS_IN = 1;
const MAX_CHAIN = 8;

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
    const flags = (bytes[offset + 2] << 8) | bytes[offset + 3];
    // QR is set, opcode is a standard query, and there is one question: ours.
    if ((flags & 0xf800) !== 0x8000 || bytes[offset + 4] !== 0 || bytes[offset + 5] !== 1) return false;
    for (let i = HEADER_LENGTH; i < query.length; i++) {
      if (lowerCase(bytes[offset + i]) !== lowerCase(query[i])) return false;
    }
    const rcode = flags & 15;
    if (rcode === 3) {
      this.missing = notFound(this.name);
      return true;
    }
    if (rcode !== 0) throw failed('answered rcode ' + rcode);
    if (flags & 0x0200) throw failed('sent a truncated answer');
    const answers = (bytes[offset + 6] << 8) | bytes[offset + 7];
    this.address = new AnswerReader(bytes, offset, length).find(query.length, answers);
    if (!this.address) this.missing = notFound(this.name);
    return true;
  }
}

/** Header and question, with id 0. `name`: labels of 1 to 63 characters, 253 in all, with or without a final dot. */
export function encodeQuery(name: string): Uint8Array {
  const end = name.length > 0 && name.charAt(name.length - 1) === '.' ? name.length - 1 : name.length;
  if (end < 1 || end > 253) usageError('A host name has 1 to 253 characters');
  const query = new Uint8Array(HEADER_LENGTH + end + 6);
  query[2] = 1; // recursion desired
  query[5] = 1;
  let lengthAt = HEADER_LENGTH;
  let at = HEADER_LENGTH + 1;
  for (let i = 0; i <= end; i++) {
    const code = i < end ? name.charCodeAt(i) : 0x2e;
    if (code === 0x2e) {
      const label = at - lengthAt - 1;
      if (label < 1 || label > 63) usageError('A label of a host name has 1 to 63 characters');
      query[lengthAt] = label;
      lengthAt = at;
    } else if (code <= 0x20 || code >= 0x7f) usageError('A host name is ASCII; use its xn-- form');
    else query[at] = code;
    at++;
  }
  query[at] = 0;
  query[at + 1] = TYPE_A;
  query[at + 3] = CLASS_IN;
  return query;
}

/** The answer section of one message; offsets count from the start of the message. */
class AnswerReader {
  private readonly bytes: Uint8Array;
  private readonly base: number;
  private readonly length: number;

  constructor(bytes: Uint8Array, base: number, length: number) {
    this.bytes = bytes;
    this.base = base;
    this.length = length;
  }

  /** The first address of the name that was asked for, following CNAME records whatever their order. */
  find(firstAnswer: number, count: number): Uint8Array | undefined {
    let name = HEADER_LENGTH;
    for (let link = 0; link < MAX_CHAIN; link++) {
      let at = firstAnswer;
      let alias = 0;
      for (let i = 0; i < count && alias === 0; i++) {
        const owner = at;
        at = this.skipName(at);
        const type = this.uint16(at);
        const inet = this.uint16(at + 2) === CLASS_IN;
        const size = this.uint16(at + 8);
        const data = at + 10;
        at = data + size;
        if (at > this.length) throw failed('sent a broken answer');
        if (!inet || (type !== TYPE_A && type !== TYPE_CNAME) || !this.same(owner, name)) continue;
        if (type === TYPE_CNAME) alias = data;
        else if (size === 4) return new Uint8Array(this.bytes.subarray(this.base + data, this.base + at));
      }
      if (alias === 0) return undefined;
      name = alias;
    }
    return undefined;
  }

  /** Where what follows the name at `at` starts. */
  private skipName(at: number): number {
    for (;;) {
      const label = this.uint8(at);
      if (label >= 0xc0) return at + 2;
      if (label > 63) throw failed('sent a broken name');
      at += label + 1;
      if (label === 0) return at;
    }
  }

  /** The offset of the label at `at`, behind any compression pointers; each points further back. */
  private label(at: number): number {
    while (this.uint8(at) >= 0xc0) {
      const target = this.uint16(at) & 0x3fff;
      if (target >= at) throw failed('sent a name that points forwards');
      at = target;
    }
    return at;
  }

  private same(a: number, b: number): boolean {
    // A name has at most 127 labels; a loop of pointers and labels has no end.
    for (let labels = 0; labels < 128; labels++) {
      a = this.label(a);
      b = this.label(b);
      if (a === b) return true;
      const size = this.uint8(a);
      if (size > 63 || size !== this.uint8(b)) return false;
      if (size === 0) return true;
      for (let i = 1; i <= size; i++) if (lowerCase(this.uint8(a + i)) !== lowerCase(this.uint8(b + i))) return false;
      a += size + 1;
      b += size + 1;
    }
    return false;
  }

  private uint16(at: number): number {
    return (this.uint8(at) << 8) | this.uint8(at + 1);
  }

  private uint8(at: number): number {
    if (at >= this.length) throw failed('sent an answer that ends early');
    return this.bytes[this.base + at];
  }
}

function lowerCase(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 32 : code;
}

function failed(what: string): RingletError {
  return ringletError('ERR_NET_DNS_FAILED', 'The DNS server ' + what);
}

function notFound(name: string): RingletError {
  return ringletError('ERR_NET_DNS_NOT_FOUND', 'No IPv4 address is known for ' + name);
}
