/**
 * The server's side of the handshake target: hellos that never change, hence handshake keys that never change, and messages
 * sealed under them. Made of the test peers' key schedule and records, none of src/.
 */
import { createPublicKey, diffieHellman, sign } from 'node:crypto';
import { parseClientHello } from '../peers/client-hello.js';
import { digest, KeySchedule, type Suite, suites } from '../peers/key-schedule.js';
import { HANDSHAKE, plaintextRecord, TrafficKeys } from '../peers/records.js';
import { framed, uint16, vector } from '../peers/steps.js';
import { clientHello, run } from './client.js';
import { fixture, serverKey, serverP256, serverX25519, x25519PublicKey } from './fixtures.js';

/** None, with a cookie, for secp256r1, or both. */
export type Retry = 0 | 1 | 2 | 3;

interface Hellos {
  wire: Buffer;
  transcript: Buffer;
  secret: Buffer;
}

const X25519_SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const RETRY_RANDOM = digest('sha256', Buffer.from('HelloRetryRequest'));
const VERSIONS = Buffer.from('002b00020304', 'hex');

/** Hellos by suite, retry and ring, whose size the ClientHello tells; each worked out once. */
const known = new Map<string, Hellos>();

function hello(random: Buffer, sessionId: Buffer, suite: Suite, extensions: Buffer[]): Buffer {
  const compression = Buffer.from([0]);
  const body = [uint16(0x0303), random, vector(1, sessionId), uint16(suite.id), compression, vector(2, ...extensions)];
  return framed(2, Buffer.concat(body));
}

function extension(type: number, data: Buffer): Buffer {
  return Buffer.concat([uint16(type), vector(2, data)]);
}

function hellos(suite: Suite, retry: Retry, capacity: number): Hellos {
  const slot = suite.name + retry + capacity;
  let found = known.get(slot);
  if (!found) known.set(slot, (found = makeHellos(suite, retry, capacity)));
  return found;
}

function makeHellos(suite: Suite, retry: Retry, capacity: number): Hellos {
  const first = clientHello(capacity);
  const { sessionId, keyShares } = parseClientHello(first.subarray(5));
  let wire = Buffer.alloc(0);
  let transcript: Buffer = Buffer.from(first.subarray(5));
  let shares = keyShares;
  if (retry) {
    const extensions: Buffer[] = [VERSIONS];
    if (retry & 1) extensions.push(extension(44, vector(2, Buffer.from('a cookie'))));
    if (retry & 2) extensions.push(extension(51, uint16(0x0017)));
    const request = hello(RETRY_RANDOM, sessionId, suite, extensions);
    wire = plaintextRecord(HANDSHAKE, request) as Buffer<ArrayBuffer>;
    // What follows the first hello and its record is the second one's record (and, behind it, an alert), without a cookie behind change_cipher_spec.
    const rest = run(wire, capacity, undefined).sent.subarray(first.length);
    const second = rest.subarray(rest[0] === HANDSHAKE ? 0 : 6);
    const message = second.subarray(5, 5 + second.readUInt16BE(3));
    const hash = digest(suite.hash, transcript);
    transcript = Buffer.concat([Buffer.from([254, 0, 0, hash.length]), hash, request, message]);
    shares = parseClientHello(message).keyShares;
  }
  const p256 = (retry & 2) !== 0;
  const share = p256 ? serverP256.getPublicKey() : x25519PublicKey(serverX25519);
  const group = p256 ? 0x0017 : 0x001d;
  const keyShare = extension(51, Buffer.concat([uint16(group), vector(2, share)]));
  const serverHello = hello(Buffer.alloc(32, 0x77), sessionId, suite, [VERSIONS, keyShare]);
  const peer = shares.get(group)!;
  const publicKey = () => createPublicKey({ key: Buffer.concat([X25519_SPKI, peer]), format: 'der', type: 'spki' });
  return {
    wire: Buffer.concat([wire, plaintextRecord(HANDSHAKE, serverHello)]),
    transcript: Buffer.concat([transcript, serverHello]),
    secret: p256 ? serverP256.computeSecret(peer) : diffieHellman({ privateKey: serverX25519, publicKey: publicKey() }),
  };
}

export class FuzzServer {
  /** Everything sent. */
  readonly wire: Buffer[];
  /** The most handshake bytes a record carries. */
  fragment = 512;
  /** false: each message begins a record. */
  coalesce = false;
  private transcript: Buffer;
  private keys: TrafficKeys;
  private pending: Buffer = Buffer.alloc(0);
  private readonly schedule: KeySchedule;
  private readonly handshakeSecret: Buffer;
  private readonly suite: Suite;

  /** `capacity`: the client's ring. */
  constructor(suiteNumber: number, retry: Retry, capacity: number) {
    const suite = suites[suiteNumber % suites.length]!;
    const { wire, transcript, secret } = hellos(suite, retry, capacity);
    this.wire = [wire];
    this.transcript = transcript;
    this.schedule = new KeySchedule(suite);
    this.handshakeSecret = this.schedule.handshakeSecrets(secret, transcript).server;
    this.keys = new TrafficKeys(suite, this.handshakeSecret, 'handshake');
    this.suite = suite;
  }

  /** Bodies of messages as a good server sends them now. */
  body(type: number): Buffer {
    switch (type) {
      case 13:
        return Buffer.from('000008000d000400020403', 'hex');
      case 11:
        return Buffer.concat([vector(1), vector(3, vector(3, fixture('server')), vector(2))]);
      case 15: {
        const content = Buffer.concat([
          Buffer.alloc(64, 0x20),
          Buffer.from('TLS 1.3, server CertificateVerify\0'),
          digest(this.suite.hash, this.transcript),
        ]);
        return Buffer.concat([uint16(0x0807), vector(2, sign(null, content, serverKey))]);
      }
      case 20:
        return this.schedule.verifyData(this.handshakeSecret, this.transcript);
      case 4:
        return Buffer.from('00001c2001020304010000087469636b65742121' + '0000', 'hex');
      default:
        return vector(2);
    }
  }

  /** Sends a message of the handshake, which counts for the transcript. */
  message(type: number, body: Uint8Array): void {
    const bytes = framed(type, body);
    this.transcript = Buffer.concat([this.transcript, bytes]);
    this.handshake(bytes);
  }

  /** Handshake bytes that the transcript does not have. */
  handshake(bytes: Buffer): void {
    this.pending = Buffer.concat([this.pending, bytes]);
    if (!this.coalesce) this.flush();
  }

  flush(): void {
    for (let at = 0; at < this.pending.length; at += this.fragment) {
      this.wire.push(this.keys.seal(HANDSHAKE, this.pending.subarray(at, at + this.fragment)));
    }
    this.pending = Buffer.alloc(0);
  }

  /** One record under the keys of the moment. */
  record(type: number, content: Uint8Array, padding: number): void {
    this.flush();
    this.wire.push(this.keys.seal(type, content, padding));
  }

  raw(bytes: Uint8Array): void {
    this.flush();
    this.wire.push(Buffer.from(bytes));
  }

  useApplicationKeys(): void {
    this.flush();
    this.keys = new TrafficKeys(this.suite, this.schedule.applicationSecrets(this.transcript).server, 'application');
  }

  updateKeys(): void {
    this.flush();
    this.keys = this.keys.next();
  }
}
