/** A DNS server for the virtual LAN, RFC 1035: answers from the zone, and from the machine's resolver if `outside` is set. */
import { lookup } from 'node:dns';
import * as dnsPacket from 'dns-packet';
import { isDotted } from './addresses.js';
import type { Lan, UdpService } from './lan.js';

const SERVFAIL = 2;
const NXDOMAIN = 3;
const TTL = 300;

export class DnsServer {
  /** Names asked for, in order. */
  readonly queries: string[] = [];
  /** So many queries are ignored first. */
  ignore = 0;
  /** May replace an answer, or drop it by answering undefined. */
  alter: ((answer: Uint8Array) => Uint8Array | undefined) | undefined;

  constructor(private readonly lan: Lan) {}

  readonly service: UdpService = (request, reply) => {
    let query: dnsPacket.DecodedPacket;
    try {
      query = dnsPacket.decode(Buffer.from(request.payload));
    } catch {
      return;
    }
    const question = query.questions?.[0];
    if (query.type !== 'query' || question === undefined || query.questions?.length !== 1) return;
    this.queries.push(question.name);
    if (this.ignore > 0) {
      this.ignore--;
      return;
    }
    const answer = (code: number, answers: dnsPacket.Answer[]) => {
      const packet = dnsPacket.encode({
        type: 'response',
        id: query.id,
        // dns-packet keeps RCODE in the low nibble of the flags.
        flags: dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE | code,
        questions: [question],
        answers,
      });
      const final = this.alter === undefined ? packet : this.alter(packet);
      if (final !== undefined) reply(final);
    };
    this.resolve(question.name, question.type, answer);
  };

  private resolve(name: string, type: string, answer: (code: number, answers: dnsPacket.Answer[]) => void): void {
    const answers: dnsPacket.Answer[] = [];
    let target = name;
    for (let hops = 0; hops < 8; hops++) {
      const entry = this.lan.zone.get(target.toLowerCase());
      if (entry === undefined) break;
      if (isDotted(entry)) {
        if (type === 'A') answers.push({ type: 'A', name: target, ttl: TTL, data: entry });
        answer(0, answers);
        return;
      }
      answers.push({ type: 'CNAME', name: target, ttl: TTL, data: entry });
      target = entry;
    }
    if (!this.lan.options.outside) {
      answer(NXDOMAIN, answers);
      return;
    }
    lookup(target, { family: 4, all: true }, (error, found) => {
      if (error !== null) answer(error.code === 'ENOTFOUND' ? NXDOMAIN : SERVFAIL, answers);
      else {
        const addresses = type === 'A' ? found.slice(0, 4) : [];
        answer(0, [
          ...answers,
          ...addresses.map(({ address }) => ({ type: 'A' as const, name: target, ttl: TTL, data: address })),
        ]);
      }
    });
  }
}
