/**
 * DNS questions for an IPv4 address (RFC 1035 §4): one A question, and what a server may answer. An answer counts only with
 * our random id and our question in it (the exchange checks address and port). The answer section then holds the
 * chain of CNAME records and the addresses at its end (RFC 1034 §4.3.2), so the first address is the answer: owners
 * are skipped, never followed, and compression pointers have no way to loop. Memory: the encoded question.
 */
import { type RingletError, ringletError, usageError } from '../errors.js';
import { addressAt, uint16, uint32 } from './network-order.js';
import type { Question } from './udp-exchange.js';

const HEADER_LENGTH = 12;
const TYPE_A_CLASS_IN = 0x10001;
const NO_SUCH_NAME = 3;

export interface DnsQuestion extends Question {
  /** Once an answer was accepted: undefined if the name has none. */
  found?: Uint8Array;
}

/** `name`: labels of 1 to 63 characters, 253 in all, with or without a final dot. Otherwise it throws ERR_USAGE. */
export function dnsQuestion(name: string): DnsQuestion {
  // Id 0, recursion desired, one question.
  const encoded = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  const labels = name.split('.');
  let valid = true;
  if (labels.length > 1 && !labels[labels.length - 1]) labels.pop();
  for (const label of labels) {
    if (!/^[!-~]+$/.test(label) || label.length > 63) valid = false;
    encoded.push(label.length);
    for (let i = 0; i < label.length; i++) encoded.push(label.charCodeAt(i));
  }
  // The root, type A, class IN.
  encoded.push(0, 0, 1, 0, 1);
  if (!valid || encoded.length > HEADER_LENGTH + 254 + 5)
    usageError('Host name: 1 to 253 ASCII characters, 1 to 63 between dots');
  const query = new Uint8Array(encoded);

  const question: DnsQuestion = {
    code: 'ERR_NET_DNS_',
    to: 53,
    query,
    randomAt: 0,
    randomLength: 2,

    accept(bytes, length) {
      const flags = uint16(bytes, 2);
      const rcode = flags & 15;
      let at = query.length;
      // QR is set, opcode is a standard query, and there is one question: ours.
      if (length < at || uint16(bytes, 0) !== uint16(query, 0) || (flags & 0xf800) !== 0x8000 || uint16(bytes, 4) !== 1)
        return false;
      for (let i = HEADER_LENGTH; i < at; i++) if (lowerCase(bytes[i]) !== lowerCase(query[i])) return false;
      if (rcode === NO_SUCH_NAME) return true;
      if (rcode) throw failed(`answered rcode ${rcode}`);
      if (flags & 0x0200) throw failed('sent a truncated answer');
      for (let left = uint16(bytes, 6); left > 0 && !question.found; left--) {
        // The owner: labels up to an empty one, or up to a pointer.
        let label = 1;
        while (label > 0 && label < 0xc0 && at < length) {
          label = bytes[at];
          at += label < 0xc0 ? label + 1 : 2;
        }
        const data = at + 10;
        const size = uint16(bytes, at + 8);
        if (data + size > length) throw failed('sent a broken answer');
        if (size === 4 && uint32(bytes, at) === TYPE_A_CLASS_IN) question.found = addressAt(bytes, data);
        at = data + size;
      }
      return true;
    },
  };
  return question;
}

function lowerCase(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 32 : code;
}

function failed(what: string): RingletError {
  return ringletError('ERR_NET_DNS_FAILED', `The DNS server ${what}`);
}
