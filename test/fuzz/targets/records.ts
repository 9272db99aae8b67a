/**
 * The record reader over a ring: a program of records, sealed by the test peers' own code under a known key, and anything else
 * between them. Whatever the chunks, the reader sees the same records; what it opens is a prefix of what was sealed.
 *
 * With a chip's memory behind the ring records may be longer than the ring.
 *
 *   ring (1) · limit (1) · chunks (1) · keys and memory (1), then records: kind (1) · type (1) · length (2) · padding (1) · content
 */
import assert from 'node:assert/strict';
import { nodeCryptoProvider } from '../../../boards/node/crypto-provider.js';
import { ByteRing } from '../../../src/bytes/byte-ring.js';
import { supportedSuites } from '../../../src/tls/cipher-suites.js';
import { longRecords } from '../../../src/tls/long-records.js';
import { RecordProtection } from '../../../src/tls/record-protection.js';
import { RecordReader } from '../../../src/tls/record-reader.js';
import { suites } from '../../peers/key-schedule.js';
import { plaintextRecord, TrafficKeys } from '../../peers/records.js';
import { generator } from '../../peers/seeded.js';
import { ChipMemory } from '../../tls/chip-memory.js';
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
  const size = RINGS[choices.byte() % RINGS.length]!;
  const limit = choices.byte();
  const seed = choices.byte();
  const keys = choices.byte();
  const behind = (keys & 8) !== 0;
  // A chunk of a long record and its tag must fit; CCM cannot do without the whole record.
  const capacity = behind && size < 1024 ? 1024 : size;
  const suite = keys & 1 ? suites[((keys >> 1) & 3) % (behind ? 3 : 4)]! : undefined;
  const { wire, sealed } = build(choices, suite && new TrafficKeys(suite, secretOf(suite.digestLength), 'application'));

  const read = (random: () => number): Reading => {
    const ring = new ByteRing(capacity);
    const source = behind ? new Chip(ring, wire) : new Plain(ring, wire);
    const reader = new RecordReader(ring, longRecords);
    if (suite) {
      const ours = supportedSuites(nodeCryptoProvider, true).find(candidate => candidate.id === suite.id)!;
      reader.protection = new RecordProtection(ours, secretOf(suite.digestLength));
      if (limit >= 64) reader.limit = limit;
    }
    return readAll(ring, reader, source, random);
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

interface Source {
  /** Brings bytes into the ring, or nearer to it; false if there are no more. */
  move(random: () => number): boolean;
}

class Plain implements Source {
  private at = 0;

  constructor(
    private readonly ring: ByteRing,
    private readonly wire: Buffer,
  ) {}

  move(random: () => number): boolean {
    if (this.at === this.wire.length) return false;
    const chunk = 1 + Math.floor(random() * Math.min(this.wire.length - this.at, 600));
    const taken = this.ring.write(this.wire, this.at, chunk);
    assert.ok(taken > 0, 'the ring is full and no record is whole');
    this.at += taken;
    return true;
  }
}

/** Receive memory of 16 KB behind the ring, as a W5500 has it. */
class Chip implements Source {
  private readonly memory = new ChipMemory(16384);
  private awaited: number;

  constructor(
    private readonly ring: ByteRing,
    wire: Buffer,
  ) {
    ring.backlog = this.memory;
    this.memory.put(wire);
    this.awaited = wire.length;
  }

  move(random: () => number): boolean {
    const { ring, memory } = this;
    const arrived = memory.arrive(1 + Math.floor(random() * memory.segment));
    this.awaited -= arrived;
    const space = ring.spaceLength;
    const received = space > 0 ? memory.receive(ring.bytes, ring.spaceOffset, space) : 0;
    if (received > 0) ring.commit(received);
    if (arrived > 0 || received > 0) return true;
    assert.equal(this.awaited, 0, 'the sender waits for the reader, and the reader for the sender');
    if (memory.fin) return false;
    return (memory.fin = true);
  }
}

/** Takes records in pieces of random sizes, until the source has no more. Every step must bring something. */
function readAll(ring: ByteRing, reader: RecordReader, source: Source, random: () => number): Reading {
  const records: Opened[] = [];
  const piece = new Uint8Array(512);
  let content: Buffer[] = [];
  let code: string | undefined;
  for (;;) {
    const opened = outcomeOf(TLS_CODES, () => reader.next());
    code = opened.code;
    if (code) break;
    if (!opened.value) {
      if (!source.move(random)) break;
      continue;
    }
    assert.ok(reader.remaining <= ring.length, 'more remains than the ring has');
    while (reader.remaining > 0) {
      const length = Math.min(1 + Math.floor(random() * piece.length), reader.remaining, piece.length);
      const before = reader.remaining;
      reader.take(piece, 0, length);
      assert.equal(reader.remaining, before - length);
      content.push(Buffer.from(piece.subarray(0, length)));
    }
    // Of a record longer than the ring this was only a chunk.
    if (reader.unread > 0) continue;
    records.push({ type: reader.contentType, content: Buffer.concat(content).toString('hex') });
    content = [];
  }
  assert.equal(content.length, 0, 'a record broken off');
  return { records, code, left: code ? 0 : ring.length };
}

function secretOf(length: number): Buffer {
  return Buffer.alloc(length, 0x5a);
}
