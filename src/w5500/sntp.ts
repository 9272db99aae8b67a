/**
 * A question for the time (SNTP: RFC 5905 §14, RFC 4330 §5). The transmit timestamp of the request is a random number; an
 * answer must echo it, so nobody who has not seen the request can answer. It is not authenticated: whoever can read
 * the network can lie about the time. Memory: 8 bytes.
 */
import { ringletError } from '../errors.js';
import type { RandomSource } from '../platform.js';
import { sameBytes } from './address.js';
import type { Question } from './udp-exchange.js';

const LENGTH = 48;
const ORIGINATE = 24;
const TRANSMIT = 40;
/** Seconds from 1900, the start of NTP era 0, to 1970. */
const NTP_TO_UNIX = 2208988800;
const ERA = 4294967296;
/** 2024-01-01: an older time is a server that does not know it. */
const PLAUSIBLE = 1704067200;

export class SntpQuestion implements Question {
  readonly port = 123;
  readonly timeoutCode = 'ERR_NET_TIME_TIMEOUT';
  /** Seconds since 1970 when the answer arrived, with fractions. */
  unixSeconds = 0;
  private readonly random: RandomSource;
  private readonly nonce = new Uint8Array(8);

  constructor(random: RandomSource) {
    this.random = random;
  }

  encode(into: Uint8Array): number {
    for (let i = 0; i < LENGTH; i++) into[i] = 0;
    into[0] = 0x23; // version 4, mode 3: client
    this.random(this.nonce, 0, 8);
    into.set(this.nonce, TRANSMIT);
    return LENGTH;
  }

  accept(bytes: Uint8Array, offset: number, length: number, elapsed: number): boolean {
    if (length < LENGTH || (bytes[offset] & 7) !== 4) return false;
    if (!sameBytes(bytes, offset + ORIGINATE, this.nonce, 0, 8)) return false;
    const version = (bytes[offset] >> 3) & 7;
    const stratum = bytes[offset + 1];
    const seconds = uint32(bytes, offset + TRANSMIT);
    // Era 0 ends in February 2036; then the number starts again at 0. RFC 4330 §3
    const era = seconds >= ERA / 2 ? 0 : ERA;
    const fraction = uint32(bytes, offset + TRANSMIT + 4) / ERA;
    this.unixSeconds = seconds + era - NTP_TO_UNIX + fraction + elapsed / 2000;
    // Leap indicator 3: not synchronised. Stratum 0: a kiss of death.
    if (
      version < 3 ||
      version > 4 ||
      bytes[offset] >> 6 === 3 ||
      stratum === 0 ||
      stratum > 15 ||
      this.unixSeconds < PLAUSIBLE
    ) {
      throw ringletError('ERR_NET_TIME_FAILED', 'The time server does not know the time, or refuses to tell it');
    }
    return true;
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}
