/**
 * DNS answers: ignored, an error with a code, or an answer. When dns-packet reads the same bytes, it finds the same address.
 *
 *   the datagram, with the id as the difference from ours
 */
import assert from 'node:assert/strict';
import * as dnsPacket from 'dns-packet';
import { dnsQuestion } from '../../../src/w5500/dns.js';
import { countingRandom } from '../fixtures.js';
import { parsedAnywhere } from '../invariants.js';

const CODES = new Set(['ERR_NET_DNS_FAILED']);
const NAME = 'www.example.com';

export function fuzz(data: Uint8Array): void {
  const bytes = Buffer.from(data);
  if (bytes.length > 1) bytes.writeUInt16BE(bytes.readUInt16BE(0) ^ 0x0001, 0);
  const { value } = parsedAnywhere(CODES, bytes, (array, offset, length) => {
    const question = dnsQuestion(NAME);
    countingRandom()(question.query, question.randomAt, question.randomLength);
    const accepted = question.accept(array.subarray(offset), length, 0);
    assert.ok(accepted || !question.found, 'an ignored answer counts');
    return { accepted, address: question.found?.join('.') };
  });
  if (!value?.accepted) return;
  if (value.address) {
    const data = Buffer.from([0, 4, ...value.address.split('.').map(Number)]);
    assert.ok(bytes.includes(data, 12), 'an address that is not the data of any record');
  }
  const packet = decoded(bytes);
  if (!packet) return;
  assert.equal(packet.id, 0x0001);
  assert.equal(packet.questions?.[0]?.name.toLowerCase(), NAME);
  const answers = packet.answers as dnsPacket.StringAnswer[];
  const first = answers.find(({ type, class: c, flush }) => type === 'A' && c === 'IN' && !flush);
  assert.equal(value.address, packet.rcode === 'NXDOMAIN' ? undefined : first?.data);
}

/**
 * dns-packet believes its own idea of a record's length, not RDLENGTH, and so reads what follows from the wrong place. Where
 * the two differ there is nothing to compare.
 */
const TYPES =
  'A PTR TXT NULL AAAA SRV HINFO CAA NS SOA MX OPT DNSKEY RRSIG RP NSEC NSEC3 SSHFP DS NAPTR TLSA UNKNOWN_9999'.split(
    ' ',
  );
const codecs = TYPES.map((dnsPacket as unknown as { record(type: string): Codec }).record).map(codec => ({
  codec,
  plain: codec.decode,
  checked: checkingLength(codec, codec.decode),
}));

function checkingLength(codec: Codec, plain: Decode): Decode {
  const checked: Decode = (bytes, offset) => {
    const data = plain(bytes, offset);
    // What was read is noted at the codec's function, which is this one now.
    if (codec.decode.bytes !== 2 + bytes.readUInt16BE(offset)) throw new Error('RDLENGTH');
    return data;
  };
  checked.bytes = 0;
  return checked;
}

interface Decode {
  (bytes: Buffer, offset: number): unknown;
  /** How many it read the last time. */
  bytes: number;
}

interface Codec {
  decode: Decode;
}

/** Undefined if dns-packet cannot read it: it follows names that we skip. */
function decoded(bytes: Buffer): (dnsPacket.DecodedPacket & { rcode?: string }) | undefined {
  for (const { codec, checked } of codecs) codec.decode = checked;
  try {
    return dnsPacket.decode(bytes);
  } catch {
    return undefined;
  } finally {
    for (const { codec, plain } of codecs) codec.decode = plain;
  }
}
