/**
 * The record reader over a ring: a program of records, sealed by the test peers' own code under a known key, and anything else
 * between them. Whatever the chunks, the reader sees the same records; what it opens is a prefix of what was sealed.
 *
 *   ring (1) · limit (1) · chunks (1) · keys (1), then records: kind (1) · type (1) · length (2) · padding (1) · content
 */
import assert from 'node:assert/strict';
import { nodeCryptoProvider } from '../../../boards/node/crypto-provider.js';
import { ByteRing } from '../../../src/bytes/byte-ring.js';
import { supportedSuites } from '../../../src/tls/cipher-suites.js';
import { RecordProtection } from '../../../src/tls/record-protection.js';
import { RecordReader } from '../../../src/tls/record-reader.js';
import { suites } from '../../peers/key-schedule.js';
import { plaintextRecord, TrafficKeys } from '../../peers/records.js';
import { generator } from '../../peers/seeded.js';
import { Choices } from '../choices.js';
import { outcomeOf, TLS_CODES } from '../invariants.js';

const RINGS = [64, 256, 300, 517, 1024, 2048, 4096, 16645];
const CHANGE_CIPHER_SPEC = 20;

interface Opened {
  type: number;
  content: string;
}

interface Reading {
  records: Opened[];
  /** The error that ended it. */
  code: string | undefined;
  /** Bytes left in the ring. */
  left: number;
}

export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const capacity = RINGS[choices.byte() % RINGS.length]!;
  const limit = choices.byte();
  const seed = choices.byte();
  const keys = choices.byte();
  const suite = keys & 1 ? suites[(keys >> 1) % suites.length]! : undefined;
  const { wire, sealed } = build(choices, suite && new TrafficKeys(suite, secretOf(suite.digestLength), 'application'));

  const read = (random: () => number): Reading => {
    const ring = new ByteRing(capacity);
    const reader = new RecordReader(ring);
    if (suite) {
      const ours = supportedSuites(nodeCryptoProvider, true).find(candidate => candidate.id === suite.id)!;
      reader.protection = new RecordProtection(ours, secretOf(suite.digestLength));
      if (limit >= 64) reader.limit = limit;
    }
    return readAll(ring, reader, wire, random);
  };
  const whole = read(() => 0.9999999);
  const inPieces = read(generator(seed));
  assert.deepEqual(inPieces, whole, 'the chunks make a difference');
  if (!suite) return;
  const opened = whole.records.filter(({ type }) => type !== CHANGE_CIPHER_SPEC);
  assert.deepEqual(opened, sealed.slice(0, opened.length), 'opened what was not sealed');
}

function build(choices: Choices, keys: TrafficKeys | undefined): { wire: Buffer; sealed: Opened[] } {
  const wire: Buffer[] = [];
  const sealed: Opened[] = [];
  while (choices.left > 0 && wire.length < 80) {
    const kind = choices.byte() & 7;
    const type = choices.byte();
    if (kind === 0) wire.push(choices.bytes(type));
    else if (kind === 1) wire.push(plaintextRecord(CHANGE_CIPHER_SPEC, Buffer.from([1])));
    else {
      const length = choices.uint16() & (kind === 2 ? 0x7fff : 0x1ff);
      const padding = choices.byte();
      const content = kind < 4 ? Buffer.alloc(length, type) : choices.bytes(length);
      const record = keys ? keys.seal(type, content, padding) : plaintextRecord(type, content);
      if (kind === 7) record[padding % record.length]! ^= 1 << (length & 7);
      wire.push(record);
      sealed.push(innermost(Buffer.concat([content, Buffer.from([type])])));
    }
  }
  return { wire: Buffer.concat(wire), sealed };
}

/** RFC 8446 §5.4: the type is the last byte that is not 0, so with type 0 it is found in the content. */
function innermost(inner: Buffer): Opened {
  let end = inner.length - 1;
  while (end > 0 && inner[end] === 0) end--;
  return { type: inner[end]!, content: inner.toString('hex', 0, end) };
}

/** Feeds all of `wire` in chunks, and takes records in pieces, of random sizes. Every step must bring something. */
function readAll(ring: ByteRing, reader: RecordReader, wire: Buffer, random: () => number): Reading {
  const records: Opened[] = [];
  const piece = new Uint8Array(512);
  let at = 0;
  let code: string | undefined;
  for (;;) {
    const opened = outcomeOf(TLS_CODES, () => reader.next());
    code = opened.code;
    if (code) break;
    if (!opened.value) {
      if (at === wire.length) break;
      const taken = ring.write(wire, at, 1 + Math.floor(random() * Math.min(wire.length - at, 600)));
      assert.ok(taken > 0, 'the ring is full and no record is whole');
      at += taken;
      continue;
    }
    const content: Buffer[] = [];
    assert.ok(reader.remaining <= ring.length, 'more remains than the ring has');
    while (reader.remaining > 0) {
      const length = Math.min(1 + Math.floor(random() * piece.length), reader.remaining, piece.length);
      const before = reader.remaining;
      reader.take(piece, 0, length);
      assert.equal(reader.remaining, before - length);
      content.push(Buffer.from(piece.subarray(0, length)));
    }
    records.push({ type: reader.contentType, content: Buffer.concat(content).toString('hex') });
  }
  return { records, code, left: code ? 0 : ring.length };
}

function secretOf(length: number): Buffer {
  return Buffer.alloc(length, 0x5a);
}
