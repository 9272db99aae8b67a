/**
 * A recorded connection to node:tls, replayed inside an engine at several chunkings; the first replay is a handshake with
 * everything it computes. Then a record longer than the ring.
 */
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { supportedSuites } from '../../src/tls/cipher-suites.js';
import { longRecords as recordsInChip } from '../../src/tls/long-records.js';
import { RecordProtection } from '../../src/tls/record-protection.js';
import { RecordReader } from '../../src/tls/record-reader.js';
import { RecordWriter } from '../../src/tls/record-writer.js';
import { Tls12RecordKeys } from '../../src/tls/tls12/record-protection.js';
import { NODE_CONNECTION, RESUMED_CONNECTION, TLS12_CONNECTION } from './recording.js';
import { replayer } from './replay.js';
import { attempt, done, same } from './report.js';

const recorded = replayer(NODE_CONNECTION);
const resumed = replayer(RESUMED_CONNECTION);
const tls12 = replayer(TLS12_CONNECTION);
const CHUNKS = [100000, 1460, 536, 61, 1];
for (const chunk of CHUNKS) {
  attempt('replay in pieces of ' + chunk, () => {
    const problem = recorded.play(() => chunk, -1);
    if (problem !== '') throw new Error(problem);
    return true;
  });
  attempt('TLS 1.2 in pieces of ' + chunk, () => {
    const problem = tls12.play(() => chunk, -1);
    if (problem !== '') throw new Error(problem);
    return true;
  });
  attempt('resumed, with early data, in pieces of ' + chunk, () => {
    const problem = resumed.play(() => chunk, -1);
    if (problem !== '') throw new Error(problem);
    return true;
  });
}
attempt('a changed byte of the last record is refused', () => {
  try {
    recorded.play(() => 1460, recorded.fromServer.length - 1);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_TLS_BAD_RECORD_MAC';
  }
});

/** A record of `content` bytes through a ring of 1024, the rest behind it; the byte at `spoiled` changes between the passes. */
function longRecord(suiteId: number, content: number, spoiled: number, ivLength: number): boolean {
  const secret = new Uint8Array(32);
  const bytes = new Uint8Array(content);
  for (let i = 0; i < content; i++) bytes[i] = i + (i >> 8);
  const writer = new RecordWriter(content + 200);
  const input = new ByteRing(1024);
  let taken = 0;
  const output = writer.output;
  const fill = (): void => {
    while (input.space > 0 && output.length > 0) {
      const length = output.spanAt(0, output.length);
      const moved = input.write(output.bytes.subarray(output.offsetAt(0), output.offsetAt(0) + length), 0, length);
      output.discard(moved);
    }
  };
  input.backlog = {
    capacity: 16384,
    ended: false,
    get length() {
      return output.length;
    },
    copy(index, into, offset, length) {
      output.copy(index, into, offset, length);
    },
    makeRoom() {},
  };
  const reader = new RecordReader(input, recordsInChip);
  for (const suite of supportedSuites(portableProvider, false)) {
    if (suite.id !== suiteId) continue;
    const key = secret.subarray(0, suite.aead.keyLength);
    const iv = secret.subarray(0, ivLength);
    writer.protection = ivLength
      ? new Tls12RecordKeys(suite.aead.create(key), iv, false)
      : new RecordProtection(suite, secret);
    reader.protection = ivLength
      ? new Tls12RecordKeys(suite.aead.create(key), iv, true)
      : new RecordProtection(suite, secret);
  }
  // So that the record lies across the end of the ring.
  input.write(new Uint8Array(300), 0, 300);
  writer.record(23, 0x0303, bytes, 0, content);
  fill();
  input.discard(300);
  fill();
  const into = new Uint8Array(content);
  let chunks = 0;
  while (taken < content && reader.next()) {
    const length = reader.remaining;
    reader.take(into, taken, length);
    taken += length;
    fill();
    if (chunks++ === 0 && spoiled >= 0) output.bytes[output.offsetAt(spoiled)] ^= 4;
  }
  return same(into, bytes) && reader.unread === 0 && chunks > 4;
}

/** TLS 1.3, and of TLS 1.2 the length of what the key block has for a nonce. */
function longRecords(suiteId: number, ivLength: number): void {
  const name = ' suite ' + suiteId + ', ' + ivLength;
  attempt('a record longer than the ring,' + name, () => longRecord(suiteId, 3000, -1, ivLength));
  attempt('its bytes change between the passes,' + name, () => {
    try {
      longRecord(suiteId, 3000, 700, ivLength);
    } catch (error) {
      return (error as { code?: string }).code === 'ERR_CHIP_MEMORY';
    }
    return false;
  });
}
for (const suiteId of [0x1301, 0x1302, 0x1303]) longRecords(suiteId, 0);
for (const suiteId of [0x1301, 0x1302]) longRecords(suiteId, 4);
longRecords(0x1303, 12);
done();
