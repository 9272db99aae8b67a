/**
 * A question for the time (SNTP: RFC 5905 §14, RFC 4330 §5). The transmit timestamp of the request is a random number; an
 * answer must echo it, so nobody who has not seen the request can answer. It is not authenticated: whoever can read
 * the network can lie about the time. Memory: 48 bytes.
 */
import { ringletError } from '../errors.js';
import { startsWith, uint32 } from './network-order.js';
import type { Question } from './udp-exchange.js';

const LENGTH = 48;
const ORIGINATE = 24;
const TRANSMIT = 40;
/** Seconds from 1900, the start of NTP era 0, to 1970. */
const NTP_TO_UNIX = 2208988800;
const ERA = 4294967296;
/** 2024-01-01: an older time is a server that does not know it. */
const PLAUSIBLE = 1704067200;

export interface SntpQuestion extends Question {
  /** Seconds since 1970 when the answer arrived, with fractions. */
  time: number;
}

export function sntpQuestion(): SntpQuestion {
  const query = new Uint8Array(LENGTH);
  query[0] = 0x23; // version 4, mode 3: client
  const question: SntpQuestion = {
    code: 'ERR_NET_TIME_',
    to: 123,
    query,
    randomAt: TRANSMIT,
    randomLength: 8,
    time: 0,

    accept(bytes, length, elapsed) {
      const first = bytes[0];
      if (length < LENGTH || (first & 7) !== 4 || !startsWith(bytes, ORIGINATE, query.subarray(TRANSMIT))) return false;
      const version = (first >> 3) & 7;
      const stratum = bytes[1];
      const seconds = uint32(bytes, TRANSMIT);
      // Era 0 ends in February 2036; then the number starts again at 0. RFC 4330 §3
      const era = seconds >= ERA / 2 ? 0 : ERA;
      question.time = seconds + era - NTP_TO_UNIX + uint32(bytes, TRANSMIT + 4) / ERA + elapsed / 2000;
      // Leap indicator 3: not synchronised. Stratum 0: a kiss of death.
      if (version < 3 || version > 4 || first >= 0xc0 || !stratum || stratum > 15 || question.time < PLAUSIBLE)
        throw ringletError('ERR_NET_TIME_FAILED', 'The time server does not know the time');
      return true;
    },
  };
  return question;
}
