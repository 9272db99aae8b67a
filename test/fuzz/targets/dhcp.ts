/**
 * DHCP messages: what is accepted is well-formed, and says the same to a second reading that shares no line with src/.
 */
import assert from 'node:assert/strict';
import { dhcpMessage } from '../../../src/w5500/dhcp-message.js';
import { parsedAnywhere } from '../invariants.js';

const MAC = new Uint8Array([2, 1, 2, 3, 4, 5]);
const NONE = new Set<string>();
const ADDRESSES = [3, 6, 42];
const FOUR_BYTES = [1, 51, 54, 58, 59];

export function fuzz(data: Uint8Array): void {
  const { value: reply } = parsedAnywhere(NONE, data, (array, offset, length) => {
    const bytes = array.subarray(offset);
    const parsed = dhcpMessage(bytes, MAC, 'board');
    parsed.xid.set([1, 2, 3, 4]);
    const type = parsed.parseReply(length);
    return type === undefined
      ? undefined
      : {
          type,
          address: [...parsed.offered()],
          addresses: ADDRESSES.map(number => parsed.addresses(number)),
          numbers: FOUR_BYTES.map(number => parsed.numberIn(number)),
        };
  });
  const options = secondReading(Buffer.from(data));
  assert.equal(reply !== undefined, options !== undefined, 'only one of two readings accepts');
  if (!reply || !options) return;
  assert.equal(reply.type, options.get(53)![0]);
  assert.deepEqual(reply.address, [...data.subarray(16, 20)]);
  ADDRESSES.forEach((number, i) => {
    const addresses = reply.addresses[i]!;
    assert.deepEqual(
      addresses.flatMap(address => [...address]),
      [...(options.get(number) ?? [])],
    );
    assert.ok(addresses.every(address => address.length === 4));
  });
  FOUR_BYTES.forEach((number, i) => {
    assert.equal(reply.numbers[i], options.get(number)?.readUInt32BE(0) ?? 0);
  });
}

/** RFC 2131 §2, RFC 2132 §2; of an option that comes twice, the last. */
function secondReading(message: Buffer): Map<number, Buffer> | undefined {
  const head = Buffer.concat([
    message.subarray(0, 3),
    message.subarray(4, 8),
    message.subarray(28, 34),
    message.subarray(236, 240),
  ]);
  if (head.toString('hex') !== '020106' + '01020304' + '020102030405' + '63825363') return undefined;
  const options = new Map<number, Buffer>();
  for (let rest = message.subarray(240); rest.length > 0 && rest[0] !== 255; ) {
    if (rest[0] === 0) rest = rest.subarray(1);
    else {
      const length = rest[1];
      if (length === undefined || rest.length < 2 + length) return undefined;
      const value = rest.subarray(2, 2 + length);
      if (rest[0] === 53 && length !== 1) return undefined;
      if (FOUR_BYTES.includes(rest[0]!) && length !== 4) return undefined;
      if (ADDRESSES.includes(rest[0]!) && (length === 0 || length % 4)) return undefined;
      options.set(rest[0]!, value);
      rest = rest.subarray(2 + length);
    }
  }
  return options.has(53) ? options : undefined;
}
