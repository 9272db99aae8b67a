/**
 * What a handshake consists of, and what its messages have in common: transcript, keys, long computations, what the listener is told.
 *
 * Memory: one handshake buffer, allocated once.
 */
import type { ByteReader } from '../bytes/byte-reader.js';
import { type Computation, finish } from '../crypto/computation.js';
import type { Hash } from '../crypto/provider.js';
import { Noted, note } from '../recorder.js';
import type { CertificateChain } from '../x509/server-chain.js';
import type { VerifiedPath } from '../x509/verify.js';
import type { CipherSuite } from './cipher-suites.js';
import type { Signing } from './client-certificate.js';
import { firstClientHello, sizeOption, suitesOf, type TlsClientConfig, type TlsListener } from './config.js';
import { ContentType, HandshakeType, Size, Version } from './constants.js';
import { unexpectedMessage } from './errors.js';
import type { Extension } from './extensions/extension.js';
import { HandshakeReader } from './handshake-reader.js';
import { digestOf, type KeySchedule } from './key-schedule.js';
import type { ClientHello } from './messages/client-hello.js';
import type { KeyingMaterial, OfferedKey, TlsProfile } from './profile.js';
import { RecordProtection } from './record-protection.js';
import type { RecordReader } from './record-reader.js';
import type { RecordWriter } from './record-writer.js';
import type { Tls12State } from './tls12/state.js';

/** What is computed in a handshake, in this order. */
export const enum Computing {
  KeyShare,
  SharedSecret,
  Path,
  CertificateVerify,
  /** Our own CertificateVerify. */
  Signature,
}

/** Takes a whole piece of a message, and answers how many bytes the next one is to have; 0 if it was the last. The first is the message's header. */
export type PieceReader = (piece: ByteReader) => number;

/** A handshake message that may come. */
export interface Message {
  /** What takes it in pieces; undefined, or missing, if it is taken as a whole. `length` is in bytes, its header included. */
  pieces?(tls: ClientHandshake, length: number): PieceReader | undefined;
  /** What it means, once all of it is here; `reader` has the body, unless it was taken in pieces. Answers which may come next. */
  take(tls: ClientHandshake, reader: ByteReader): Expected;
}

/** Those that may come next, by HandshakeType: the state of the handshake. */
export interface Expected {
  readonly [handshakeType: number]: Message;
  /** TLS 1.2: a change_cipher_spec may come, which is no handshake message but has its place among them. */
  newKeys?(tls: ClientHandshake): Expected;
}

/** What the functions below and those of handshake.ts work on; its owner only looks. */
export class ClientHandshake {
  readonly incoming: HandshakeReader;
  /** True once the server's Finished is verified and ours is sealed; in TLS 1.2 not while a change of keys waits for the server's next one. */
  authenticated?: boolean;
  /** From the ServerHello, or the HelloRetryRequest before it, on. */
  suite?: CipherSuite;
  chosenProtocol?: string;
  serverPath?: VerifiedPath;
  /** Which extension has agreed on the size of records. */
  limitedBy?: number;
  /** If status_request is offered: takes a CertificateStatus, which becomes `ocspResponse`. */
  takeStatus?: (status: ByteReader) => void;
  /** TLS 1.2, if a CertificateStatus may come: what may come then, instead of `next`. */
  statusOr?: (next: Expected) => Expected;
  ocspResponse?: Uint8Array;
  /** Of an authenticated connection, if there is an `exporter`. */
  keyingMaterial?: KeyingMaterial;
  readonly clientHello: ClientHello;
  readonly clientConfig: TlsClientConfig;
  readonly profile: TlsProfile;
  readonly listening: TlsListener;
  readonly records: RecordReader;
  readonly writer: RecordWriter;
  /** What the listener is to be told when the step is done. */
  pendingEvents?: Array<() => void>;
  /** Those of this connection. */
  extensions: ReadonlyArray<Extension> | undefined;
  expected: Expected;
  /** Types of the extensions in the ClientHello. */
  offeredExtensions: number[];
  /** Those that the server may choose, and then the one that it has. */
  suites: CipherSuite[];
  /** RFC 8446 §4.4.1: of every handshake message of both sides; until its hash is known and after the handshake there is none. */
  transcript?: Hash;
  schedule?: KeySchedule;
  /** Undefined if TLS 1.2 is out of the question, for the server has chosen TLS 1.3 or because it is not offered. */
  tls12?: Tls12State;
  /** Records in a row that brought nothing. */
  futile: number;
  /** Alerts that do not end the connection, as many. */
  warnings: number;
  certificateRequested?: boolean;
  /** How the certificate is signed for that it is answered with; undefined if it is answered with none. */
  signing?: Signing;
  /** The pre-shared keys in the ClientHello, in its order. */
  offeredKeys: OfferedKey[];
  /** The one that the server has selected: it has authenticated itself by it. */
  selectedKey?: OfferedKey;
  /** For the tickets that come. */
  resumptionSecret?: Uint8Array;
  /** Early data was sent, and what we send is still under its keys. */
  earlyKeys?: boolean;
  earlyAccepted?: boolean;
  /** Those of the configuration, until it is told what became of them. */
  earlyData?: Uint8Array;
  /** The last KeyUpdate that came asks for ours. */
  updateRequested?: boolean;
  /** The message that is being received, from its header on. */
  taken?: Message;
  /** Takes its pieces; undefined if it is not taken in pieces. */
  streamed?: PieceReader;
  /** Only while they come. */
  serverChain?: CertificateChain;
  /** What has to be computed before anything else is received: number `step` of what is. `proceed` takes its result and answers the next state. */
  computation?: Computation<unknown>;
  step?: Computing;
  proceed?: (result: never) => Expected;

  constructor(config: TlsClientConfig, records: RecordReader, writer: RecordWriter) {
    this.clientConfig = config;
    this.listening = config.listener || {};
    this.records = records;
    this.writer = writer;
    this.incoming = new HandshakeReader(
      sizeOption(config.handshakeBufferSize, 'handshakeBufferSize', 6144, 1024),
      config.makeBuffer,
    );
    this.profile = config.profile;
    this.futile = this.warnings = 0;
    this.suites = suitesOf(config);
    this.tls12 = this.profile.tls12 && this.profile.tls12.begin(config);
    this.clientHello = firstClientHello(config, this.suites);
    this.extensions = this.profile.extensions;
    this.offeredExtensions = [];
    this.offeredKeys = [];
    this.expected = NOTHING;
  }
}

export function wipe(tls: ClientHandshake): void {
  tls.computation = tls.proceed = tls.transcript = tls.serverChain = undefined;
  wipeKeyShare(tls);
  if (tls.schedule) tls.schedule.wipe();
  if (tls.tls12) tls.tls12.wipe();
  if (tls.profile.preSharedKeys) tls.profile.preSharedKeys.wipe(tls);
  wipeKeyingMaterial(tls);
  wipeKeys(tls.records);
  wipeKeys(tls.writer);
}

export function wipeKeyingMaterial(tls: ClientHandshake): void {
  if (tls.keyingMaterial) tls.keyingMaterial.wipe();
  tls.keyingMaterial = undefined;
}

export function wipeKeyShare(tls: ClientHandshake): void {
  const hello = tls.clientHello;
  if (hello.keyShare) hello.keyShare.wipe();
  hello.keyShare = undefined;
}

/**
 * Has `computation` done before anything else: `proceed` takes its result and answers what may come next. At once, or, if it is done in slices or has to wait, by `goOn`:
 * until then nothing may come.
 */
export function compute<T>(
  tls: ClientHandshake,
  step: Computing,
  computation: Computation<T>,
  proceed: (result: T) => Expected,
): Expected {
  if (!tls.clientConfig.sliced && !computation.waiting) return proceed(finish(computation));
  tls.step = step;
  tls.computation = computation;
  tls.proceed = proceed;
  return NOTHING;
}

/** `reader` for a message of `length` bytes, unless that is too much: so many are hashed, and looked through, for a peer that nobody knows yet. */
export function pieces(tls: ClientHandshake, length: number, reader: PieceReader): PieceReader {
  if (length > tls.incoming.capacity * MAX_PIECES) tls.incoming.tooLarge(length, MAX_PIECES);
  return reader;
}

/** RFC 8446 §5.1: "Handshake messages MUST NOT span key changes", nor may a message begin before one and be read after it. */
export function endOfRecord(tls: ClientHandshake): void {
  if (tls.records.unread > 0) unexpectedMessage('data before a change of keys');
}

/**
 * The suite, hence the hash, is known: the ClientHello waiting in the handshake buffer is hashed (after a retry it has
 * been), then this message. Before a HelloRetryRequest the ClientHello is replaced by a message of its hash:
 *
 *   Transcript-Hash(ClientHello1, HelloRetryRequest, ... Mn) =
 *       Hash(message_hash || 00 00 Hash.length || Hash(ClientHello1) || HelloRetryRequest || ... || Mn)
 */
export function absorbServerHello(tls: ClientHandshake, suite: CipherSuite, isRetry: boolean): void {
  const hash = suite.hash;
  const incoming = tls.incoming;
  let transcript = tls.transcript;
  if (!transcript) {
    transcript = hash.create();
    transcript.update(incoming.messageBuffer, 0, incoming.messageStart);
    if (isRetry) {
      const digest = digestOf(hash, transcript);
      transcript = hash.create();
      transcript.update(new Uint8Array([HandshakeType.MessageHash, 0, 0, digest.length]), 0, 4);
      transcript.update(digest, 0, digest.length);
    }
  }
  tls.suite = suite;
  tls.transcript = transcript;
  absorb(tls);
  incoming.messageStart = 0;
}

/** Adds the received message, or piece of one, to the transcript. */
export function absorb(tls: ClientHandshake): void {
  const incoming = tls.incoming;
  (tls.transcript as Hash).update(incoming.messageBuffer, incoming.messageStart, incoming.pieceLength);
}

export function transcriptHash(tls: ClientHandshake): Uint8Array {
  return digestOf((tls.suite as CipherSuite).hash, tls.transcript as Hash);
}

/** A message with so short a body. */
export function send(tls: ClientHandshake, type: HandshakeType, body: ArrayLike<number>): void {
  const length = Size.HandshakeHeader + body.length;
  const message = new Uint8Array(length);
  message[0] = type;
  message[3] = body.length;
  message.set(body, Size.HandshakeHeader);
  tls.writer.record(ContentType.Handshake, Version.Tls12, message, 0, length);
  if (tls.transcript) tls.transcript.update(message, 0, length);
  tellMessage(tls, true, type, length);
}

/** Both directions go on with the traffic secrets of the schedule's stage. */
export function changeKeys(tls: ClientHandshake, label: string): void {
  const schedule = tls.schedule as KeySchedule;
  const log = tls.profile.handshakeLog;
  if (log) {
    log.secret(tls, 'CLIENT' + label, schedule.clientSecret);
    log.secret(tls, 'SERVER' + label, schedule.serverSecret);
  }
  protect(tls, tls.records, schedule.serverSecret);
  if (!tls.earlyKeys) protect(tls, tls.writer, schedule.clientSecret);
}

export function protect(tls: ClientHandshake, side: RecordReader | RecordWriter, trafficSecret: Uint8Array): void {
  wipeKeys(side);
  side.protection = new RecordProtection(tls.suite as CipherSuite, trafficSecret);
}

export function wipeKeys(side: RecordReader | RecordWriter): void {
  if (side.protection) side.protection.wipe();
}

/** A handshake message was sent, or its header has come. */
export function tellMessage(tls: ClientHandshake, sent: boolean, type: number, length: number): void {
  note(tls.clientConfig.tape, sent ? Noted.MessageOut : Noted.MessageIn, type, length);
  if (tls.profile.handshakeLog) tls.profile.handshakeLog.message(tls, sent, type, length);
}

/** Calls this function of the listener, if there is one, when the step is done. */
export function tell(
  tls: ClientHandshake,
  name: 'message' | 'keylog' | 'session' | 'earlyData',
  a: unknown,
  b?: unknown,
  c?: number,
): void {
  const listener = tls.listening as { [name: string]: ((a: unknown, b?: unknown, c?: number) => void) | undefined };
  if (!listener[name]) return;
  tls.pendingEvents = tls.pendingEvents || [];
  tls.pendingEvents.push(() => {
    // Asked again when it is told: one listener may have taken another away, or itself.
    const listen = listener[name];
    if (listen) listen.call(listener, a, b, c);
  });
}

/** One more record that brings nothing. */
export function countFutile(tls: ClientHandshake): void {
  if (++tls.futile > MAX_FUTILE_RECORDS) unexpectedMessage('flood of empty records');
}

/** One more alert that does not end the connection. */
export function countWarning(tls: ClientHandshake): void {
  if (++tls.warnings > MAX_WARNINGS) unexpectedMessage('flood of alerts');
}

const NOTHING: Expected = {};

/** Records in a row that bring nothing: empty ones, change_cipher_spec, KeyUpdate, HelloRequest. BoringSSL allows as many, and as many alerts. */
const MAX_FUTILE_RECORDS = 32;
const MAX_WARNINGS = 4;

/** A message that is taken in pieces may be so many times as large as the handshake buffer. */
const MAX_PIECES = 16;
