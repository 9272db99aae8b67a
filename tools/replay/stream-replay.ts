/**
 * A server's side of a recorded connection through the engine's own record layer: opened with the secrets of a key log, told
 * record by record, and once more under every partition asked for, which must tell the same.
 */
import { createHash } from 'node:crypto';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { seededRandom } from '../../boards/sim/seeded-random.js';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import type { RingletError } from '../../src/errors.js';
import { type CipherSuite, supportedSuites } from '../../src/tls/cipher-suites.js';
import { EMPTY, hkdfExpandLabel } from '../../src/tls/key-schedule.js';
import { RecordProtection } from '../../src/tls/record-protection.js';
import { RecordReader } from '../../src/tls/record-reader.js';
import { alertName, contentName, messageName } from './trace.js';

export interface Secrets {
  handshake: Uint8Array;
  /** Missing when the client has failed before it knew it. */
  application: Uint8Array | undefined;
}

export interface Reading {
  /** What came, in order. */
  lines: string[];
  applicationBytes: number;
  /** SHA-256 of the application data, hexadecimal. */
  digest: string;
  /** How it ended: the alert, an end without one, or what was wrong. */
  end: string;
  /** It could not be read to its end. */
  failed: boolean;
}

/** Sizes of pieces, in order; asked until all is handed over. */
export interface Partition {
  name: string;
  next(): number;
}

export function cutEvery(bytes: number): Partition {
  return { name: bytes === Infinity ? 'all at once' : `every ${bytes} bytes`, next: () => bytes };
}

export function cutAt(ends: readonly number[]): Partition {
  let i = 0;
  return { name: 'the segments of the capture', next: () => (i < ends.length ? ends[i]! - (ends[i++ - 1] ?? 0) : 1) };
}

export function cutAtRandom(seed: number): Partition {
  const random = seededRandom(seed);
  // Mostly small pieces, among which everything happens.
  return { name: `random cuts of seed ${seed}`, next: () => 1 + random(random(4) === 0 ? 4096 : 64) };
}

/** The client random, hexadecimal, of a client's side of a connection; undefined if it does not begin with a ClientHello. */
export function clientRandom(fromClient: Buffer): string | undefined {
  const isHello = fromClient.length >= 43 && fromClient[0] === 22 && fromClient[5] === 1;
  return isHello ? fromClient.toString('hex', 11, 43) : undefined;
}

/** Of the connection with that client random; if it is not known, of the only connection there is. Throws a sentence. */
export function secretsOf(keyLog: readonly string[], random: string | undefined): Secrets {
  const lines = keyLog.map(line => line.trim().split(/\s+/)).filter(([label, , secret]) => label !== '#' && secret);
  const randoms = new Set(lines.map(([, owner]) => owner!.toLowerCase()));
  const owner = random ?? [...randoms][0];
  if (!owner) throw new Error('there are no secrets: give a key log with --keylog');
  if (!random && randoms.size > 1) throw new Error(`the key log has the secrets of ${randoms.size} connections`);
  const secret = (label: string): Uint8Array | undefined => {
    const found = lines.find(line => line[0] === label && line[1]!.toLowerCase() === owner);
    return found && new Uint8Array(Buffer.from(found[2]!, 'hex'));
  };
  const handshake = secret('SERVER_HANDSHAKE_TRAFFIC_SECRET');
  if (!handshake) throw new Error(`the key log has no SERVER_HANDSHAKE_TRAFFIC_SECRET for the client random ${owner}`);
  return { handshake, application: secret('SERVER_TRAFFIC_SECRET_0') };
}

/** `fin`: the stream is over behind `bytes`. */
export function readStream(
  bytes: Uint8Array,
  secrets: Secrets,
  partition: Partition,
  ring: number,
  fin: boolean,
): Reading {
  const input = new ByteRing(ring);
  const reader = new StreamReader(input, secrets);
  let failed = false;
  try {
    for (let at = 0; at < bytes.length; ) {
      let piece = Math.min(Math.max(1, partition.next()), bytes.length - at);
      while (piece > 0) {
        const taken = input.write(bytes, at, piece);
        at += taken;
        piece -= taken;
        reader.read();
        if (taken === 0 && input.length > 0 && input.space === 0) throw new Error('the ring is full and nothing moves');
      }
    }
    if (!reader.closed) {
      const left = input.length > 0 ? `, ${input.length} bytes into a record` : '';
      reader.end = `${fin ? 'FIN' : 'the end of the recording'} without close_notify${left}`;
    }
  } catch (error) {
    const { code, message } = error as RingletError;
    failed = true;
    reader.end = code ? `${code}: ${message}` : message;
  }
  return {
    lines: reader.lines,
    applicationBytes: reader.applicationBytes,
    digest: reader.hash.digest('hex'),
    end: reader.end,
    failed,
  };
}

export function sameReading(a: Reading, b: Reading): boolean {
  return a.end === b.end && a.digest === b.digest && a.lines.join('\n') === b.lines.join('\n');
}

const HELLO_RETRY = createHash('sha256').update('HelloRetryRequest').digest();

class StreamReader {
  readonly lines: string[] = [];
  readonly hash = createHash('sha256');
  applicationBytes = 0;
  closed = false;
  end = '';
  private readonly records: RecordReader;
  private readonly content = new Uint8Array(16385);
  private handshake: Buffer = Buffer.alloc(0);
  private suite: CipherSuite | undefined;
  private secret: Uint8Array = EMPTY;
  /** What follows cannot be opened. */
  private sealed = false;

  constructor(
    private readonly input: ByteRing,
    private readonly secrets: Secrets,
  ) {
    this.records = new RecordReader(input);
  }

  /** Opens every record that is whole. */
  read(): void {
    const { records } = this;
    while (!this.closed && this.canOpen() && records.next()) {
      const length = records.remaining;
      const type = records.contentType;
      this.lines.push(`record   ${contentName(type)}, ${length} bytes${records.protection ? '' : ' in plaintext'}`);
      if (length > 0) records.take(this.content, 0, length);
      const content = Buffer.from(this.content.subarray(0, length));
      if (type === 22) this.messages(content);
      else if (type === 21) this.alert(content[1] ?? -1);
      else if (type === 23) {
        this.hash.update(content);
        this.applicationBytes += length;
      }
    }
    if (this.closed) this.input.discard(this.input.length);
  }

  private canOpen(): boolean {
    if (this.sealed && this.input.length > 0) {
      throw new Error('the key log has no SERVER_TRAFFIC_SECRET_0 for what follows the Finished');
    }
    return true;
  }

  private alert(description: number): void {
    this.lines.push(`alert    ${alertName(description)}`);
    this.closed = true;
    this.end = alertName(description);
  }

  private messages(content: Buffer): void {
    this.handshake = Buffer.concat([this.handshake, content]);
    while (this.handshake.length >= 4) {
      const length = 4 + this.handshake.readUIntBE(1, 3);
      if (this.handshake.length < length) return;
      const message = this.handshake.subarray(0, length);
      this.handshake = this.handshake.subarray(length);
      const retry = message[0] === 2 && message.subarray(6, 38).equals(HELLO_RETRY);
      this.lines.push(`message  ${retry ? 'HelloRetryRequest' : messageName(message[0]!)}, ${length} bytes`);
      if (message[0] === 2 && !retry) this.serverHello(message);
      else if (message[0] === 20) this.protect(this.secrets.application);
      else if (message[0] === 24) this.protect(this.updated());
    }
  }

  private serverHello(message: Buffer): void {
    const id = message.readUInt16BE(39 + message[38]!);
    this.suite = supportedSuites(nodeCryptoProvider, true).find(suite => suite.id === id);
    if (!this.suite) throw new Error(`the cipher suite 0x${id.toString(16)} is not one of TLS 1.3 that is known here`);
    this.protect(this.secrets.handshake);
  }

  private protect(secret: Uint8Array | undefined): void {
    if (!this.suite) throw new Error('a Finished without a ServerHello: the recording does not begin at the beginning');
    this.sealed = !secret;
    if (!secret) return;
    this.secret = secret;
    this.records.protection = new RecordProtection(this.suite, secret);
  }

  /** RFC 8446 §7.2. */
  private updated(): Uint8Array {
    const { hash } = this.suite!;
    return hkdfExpandLabel(hash, this.secret, 'traffic upd', EMPTY, hash.digestLength);
  }
}
