/**
 * The client's handshake, RFC 8446 §2 and §A.1, and what comes after it (§4.6). The state is the type of the message
 * expected next, or being received; one function (or case of `dispatch`) per expected message, which answers the next state.
 *
 *   ServerHello ----------- HelloRetryRequest, once --> ServerHello
 *   EncryptedExtensions
 *   CertificateRequest ---- or at once the Certificate
 *   Certificate
 *   CertificateVerify
 *   Finished -------------- ours is sealed here ------> NewSessionTicket
 *   NewSessionTicket ------ or KeyUpdate, any number of them, as long as the connection lasts
 *
 * No message is looked at before its type is known to be the expected one. Certificate and CertificateRequest are taken in
 * pieces (messages/streamed-message.ts), the others when they are whole. A message after which the peer's keys change must end
 * its record (RFC 8446 §5.1).
 */
import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { equalConstantTime } from '../bytes/constant-time.js';
import { finish } from '../crypto/computation.js';
import type { Hash } from '../crypto/provider.js';
import { Noted, note } from '../recorder.js';
import { ServerChain } from '../x509/server-chain.js';
import type { VerifiedPath } from '../x509/verify.js';
import { type CipherSuite, groupId } from './cipher-suites.js';
import { firstClientHello, sizeOption, type TlsClientConfig } from './config.js';
import { ContentType, HandshakeType, Size, Version } from './constants.js';
import { illegalParameter, malformedMessage, messageTooLarge, tlsError, unexpectedMessage } from './errors.js';
import { HandshakeReader } from './handshake-reader.js';
import { keyLogLine } from './key-log.js';
import { digestOf, KeySchedule } from './key-schedule.js';
import { verifyCertificateVerify } from './messages/certificate-verify.js';
import { type ClientHello, writeClientHello } from './messages/client-hello.js';
import { parseEncryptedExtensions } from './messages/encrypted-extensions.js';
import { keyUpdate, parseKeyUpdate, parseNewSessionTicket } from './messages/post-handshake.js';
import { parseServerHello, type ServerHello } from './messages/server-hello.js';
import { emptyCertificate, type PieceReader, streamedMessage } from './messages/streamed-message.js';
import { RecordProtection } from './record-protection.js';
import type { RecordReader } from './record-reader.js';
import type { RecordWriter } from './record-writer.js';

/** The largest second flight: change_cipher_spec (6), Certificate (22 + 8), Finished (22 + 4 + 48). */
const FLIGHT = 6 + 30 + 74;

/** A message that is taken in pieces may be so many times as large as the handshake buffer. */
const MAX_PIECES = 16;

/** What the functions below work on; its owner only looks. */
export class ClientHandshake {
  readonly incoming: HandshakeReader;
  /** True once the server's Finished is verified and ours is sealed. */
  authenticated: boolean;
  /** From the ServerHello, or the HelloRetryRequest before it, on. */
  suite: CipherSuite | undefined;
  chosenProtocol: string | undefined;
  serverPath: VerifiedPath | undefined;
  readonly clientHello: ClientHello;
  readonly clientConfig: TlsClientConfig;
  readonly records: RecordReader;
  readonly writer: RecordWriter;
  readonly pendingEvents: Array<() => void>;
  readonly chainLimit: number;
  expectedType: number;
  offeredExtensions: number[];
  /** RFC 8446 §4.4.1: of every handshake message of both sides; until its hash is known and after the handshake there is none. */
  transcript: Hash | undefined;
  schedule: KeySchedule | undefined;
  certificateRequested: boolean;
  /** Takes the pieces of the message that is being received; undefined if it is not taken in pieces. */
  streamed: PieceReader | undefined;
  /** Only while they come. */
  serverChain: ServerChain | undefined;

  /** Writes the ClientHello. `events` takes what the listener is to be told when the step is done. */
  constructor(config: TlsClientConfig, records: RecordReader, writer: RecordWriter, events: Array<() => void>) {
    this.clientConfig = config;
    this.records = records;
    this.writer = writer;
    this.pendingEvents = events;
    this.authenticated = this.certificateRequested = false;
    this.suite = this.chosenProtocol = this.serverPath = this.transcript = this.schedule = undefined;
    this.streamed = this.serverChain = undefined;
    this.incoming = new HandshakeReader(sizeOption(config.handshakeBufferSize, 'handshakeBufferSize', 6144, 1024));
    this.chainLimit = sizeOption(config.chainMemory, 'chainMemory', 8192, 1024);
    this.clientHello = firstClientHello(config);
    this.offeredExtensions = [];
    this.expectedType = HandshakeType.ServerHello;
    this.incoming.messageStart = sendClientHello(this, Version.Tls10);
  }

  /** Takes what the opened record has of a message. Answers true if that made it whole, and it was a KeyUpdate that asks for ours. */
  receive(): boolean {
    const incoming = this.incoming;
    while (incoming.fill(this.records)) {
      const here = incoming.pieceLength;
      const reader = new ByteReader(incoming.messageBuffer, incoming.messageStart, here, malformedMessage);
      if (!incoming.messageLength) begin(this, reader);
      const streamed = this.streamed;
      let wanted = incoming.messageLength;
      if (streamed) {
        if (this.transcript) absorb(this);
        incoming.pieceLength = 0;
        wanted = streamed(reader);
      }
      incoming.wanted = wanted;
      if (streamed ? !wanted : wanted === here) return end(this, reader);
    }
    return false;
  }

  /** Our KeyUpdate; the next record is sealed with the next keys. RFC 8446 §4.6.3. */
  sendKeyUpdate(requestUpdate: boolean): void {
    send(this, keyUpdate(requestUpdate));
    protect(this, this.writer, (this.schedule as KeySchedule).updateClient());
  }

  wipe(): void {
    this.clientHello.keyShare.wipe();
    if (this.schedule) this.schedule.wipe();
    wipeKeys(this.records);
    wipeKeys(this.writer);
  }
}

/** The header is here. The type is looked at before the body is even waited for. */
function begin(tls: ClientHandshake, header: ByteReader): void {
  const incoming = tls.incoming;
  const capacity = incoming.messageBuffer.length;
  const expected = tls.expectedType;
  const type = header.readUint8();
  const length = header.readUint(3) + Size.HandshakeHeader;
  if (
    type !== expected &&
    !(expected === HandshakeType.CertificateRequest && type === HandshakeType.Certificate) &&
    !(expected === HandshakeType.NewSessionTicket && type === HandshakeType.KeyUpdate)
  ) {
    unexpectedMessage('handshake message ' + type);
  }
  tell(tls, 'message', false, type, length);
  tls.expectedType = type;
  incoming.messageLength = length;
  if (type === HandshakeType.Certificate) tls.serverChain = new ServerChain(tls.clientConfig, tls.chainLimit);
  if (
    tls.serverChain ||
    type === HandshakeType.CertificateRequest ||
    (type === HandshakeType.NewSessionTicket && length > capacity)
  ) {
    // So much is hashed, and looked through, for a peer that nobody knows yet.
    if (length > capacity * MAX_PIECES) incoming.tooLarge(length, MAX_PIECES);
    tls.streamed = streamedMessage(type, length, capacity, tls.offeredExtensions, tls.serverChain);
  }
}

/** The message's last byte is here; `reader` has the whole message, or its last piece. Answers true if an update of ours is requested. */
function end(tls: ClientHandshake, reader: ByteReader): boolean {
  const incoming = tls.incoming;
  const type = tls.expectedType;
  let updateRequested = false;
  // No message is empty that is not streamed: behind an empty one the reader stands already, and fails.
  if (!tls.streamed) reader.advance(Size.HandshakeHeader);
  if (type === HandshakeType.KeyUpdate) {
    updateRequested = expectKeyUpdate(tls, reader);
    tls.expectedType = HandshakeType.NewSessionTicket;
  } else tls.expectedType = dispatch(tls, type, reader);
  tls.streamed = undefined;
  incoming.nextMessage();
  return updateRequested;
}

function dispatch(tls: ClientHandshake, type: number, reader: ByteReader): HandshakeType {
  switch (type) {
    case HandshakeType.ServerHello:
      return expectServerHello(tls, reader);
    case HandshakeType.EncryptedExtensions:
      return expectEncryptedExtensions(tls, reader);
    case HandshakeType.CertificateRequest:
      tls.certificateRequested = true;
      return HandshakeType.Certificate;
    case HandshakeType.Certificate:
      return expectCertificate(tls);
    case HandshakeType.CertificateVerify:
      return expectCertificateVerify(tls, reader);
    case HandshakeType.Finished:
      return expectFinished(tls, reader);
    default:
      // RFC 8446 §4.6.1: a client MAY use a ticket; one larger than the buffer was skipped.
      if (!tls.streamed) tell(tls, 'session', parseNewSessionTicket(reader));
      return HandshakeType.NewSessionTicket;
  }
}

/** Writes a ClientHello to the front of the handshake buffer, and sends it. Answers its length. */
function sendClientHello(tls: ClientHandshake, recordVersion: number): number {
  const incoming = tls.incoming;
  const buffer = incoming.messageBuffer;
  const size = buffer.length;
  const sender = tls.writer;
  const writer = new ByteWriter(buffer, 0, size, needed => incoming.tooLarge(size + needed, 1));
  tls.offeredExtensions = writeClientHello(writer, tls.clientHello);
  const length = writer.offset;
  const flight = length + Size.RecordHeader + FLIGHT;
  if (flight > sender.room || length > Size.MaxFragment) {
    throw messageTooLarge(flight, sender.output.space, 'outputSize');
  }
  sender.record(ContentType.Handshake, recordVersion, buffer, 0, length);
  tell(tls, 'message', true, HandshakeType.ClientHello, length);
  return length;
}

function expectServerHello(tls: ClientHandshake, reader: ByteReader): HandshakeType {
  const ours = tls.clientHello;
  const theirs = parseServerHello(reader, ours.randoms, tls.offeredExtensions);
  let suite: CipherSuite | undefined;
  for (const candidate of ours.suites) if (candidate.id === theirs.suite) suite = candidate;
  // RFC 8446 §4.1.4: the suite of the HelloRetryRequest stays.
  if (!suite || (tls.suite && tls.suite !== suite && !theirs.retry)) illegalParameter('cipher suite');
  if (theirs.retry) return retry(tls, theirs, suite);
  if (theirs.keyGroup !== groupId(ours.keyGroup)) illegalParameter('group of key_share');
  const sharedSecret = finish(ours.keyShare.agree(theirs.keyExchange as Uint8Array));
  ours.keyShare.wipe();
  if (!sharedSecret) illegalParameter('public key in key_share');
  absorbServerHello(tls, suite, false);
  tls.schedule = new KeySchedule(suite.hash);
  tls.schedule.enterHandshake(sharedSecret, transcriptHash(tls));
  changeKeys(tls, '_HANDSHAKE_TRAFFIC_SECRET');
  endOfRecord(tls);
  return HandshakeType.EncryptedExtensions;
}

/** HelloRetryRequest: another group, a cookie, or both. RFC 8446 §4.1.4. */
function retry(tls: ClientHandshake, request: ServerHello, suite: CipherSuite): HandshakeType {
  const hello = tls.clientHello;
  if (tls.suite) unexpectedMessage('second HelloRetryRequest');
  endOfRecord(tls);
  if (request.keyGroup < 0 && !request.retryCookie) illegalParameter('HelloRetryRequest');
  if (request.keyGroup >= 0) {
    let chosen = hello.keyGroup;
    for (const group of hello.groups) if (groupId(group) === request.keyGroup) chosen = group;
    if (chosen === hello.keyGroup) illegalParameter('group in HelloRetryRequest');
    hello.keyShare.wipe();
    hello.keyShare = finish(chosen.generate(tls.clientConfig.random));
    hello.keyGroup = chosen;
  }
  // A copy, because the second ClientHello is written where this message lies.
  if (request.retryCookie) hello.retryCookie = new Uint8Array(request.retryCookie);
  const transcript = absorbServerHello(tls, suite, true);
  transcript.update(tls.incoming.messageBuffer, 0, sendClientHello(tls, Version.Tls12));
  return HandshakeType.ServerHello;
}

function expectEncryptedExtensions(tls: ClientHandshake, reader: ByteReader): HandshakeType {
  const hello = tls.clientHello;
  const extensions = parseEncryptedExtensions(reader, tls.offeredExtensions, hello.applicationProtocols);
  const limit = extensions.recordSizeLimit;
  tls.chosenProtocol = extensions.chosenProtocol;
  if (limit !== undefined) {
    // RFC 8449 §4: both directions have agreed; the limit counts the content type.
    tls.records.limit = hello.recordSizeLimit;
    if (limit <= tls.writer.limit) tls.writer.limit = limit - 1;
  }
  absorb(tls);
  return HandshakeType.CertificateRequest;
}

function expectCertificate(tls: ClientHandshake): HandshakeType {
  tls.serverPath = (tls.serverChain as ServerChain).verify();
  tls.serverChain = undefined;
  return HandshakeType.CertificateVerify;
}

function expectCertificateVerify(tls: ClientHandshake, reader: ByteReader): HandshakeType {
  const key = (tls.serverPath as VerifiedPath).publicKey;
  verifyCertificateVerify(reader, tls.clientHello.schemes, key, transcriptHash(tls));
  absorb(tls);
  return HandshakeType.Finished;
}

/** The server's Finished, then our whole second flight, RFC 8446 §4.4.4. */
function expectFinished(tls: ClientHandshake, reader: ByteReader): HandshakeType {
  const schedule = tls.schedule as KeySchedule;
  const expected = schedule.verifyData(schedule.server, transcriptHash(tls));
  const length = expected.length;
  const at = reader.advance(length);
  reader.expectEnd();
  if (!equalConstantTime(reader.bytes, at, expected, 0, length)) {
    tlsError('BAD_FINISHED', 'the handshake was tampered with');
  }
  endOfRecord(tls);
  absorb(tls);
  const serverFinished = transcriptHash(tls);
  // For middleboxes that want to see TLS 1.2 (RFC 8446 §D.4). It may go before the second ClientHello or here, before the
  // encrypted flight; a server that keeps no state over its cookie (OpenSSL's SSL_stateless) knows only the latter.
  tls.writer.record(ContentType.ChangeCipherSpec, Version.Tls12, new Uint8Array([1]), 0, 1);
  if (tls.certificateRequested) send(tls, emptyCertificate());
  const finished = new Uint8Array(Size.HandshakeHeader + length);
  finished[0] = HandshakeType.Finished;
  finished[3] = length;
  finished.set(schedule.verifyData(schedule.client, transcriptHash(tls)), Size.HandshakeHeader);
  send(tls, finished);
  schedule.enterApplication(serverFinished);
  changeKeys(tls, '_TRAFFIC_SECRET_0');
  tls.transcript = undefined;
  tls.authenticated = true;
  return HandshakeType.NewSessionTicket;
}

function expectKeyUpdate(tls: ClientHandshake, reader: ByteReader): boolean {
  const requested = parseKeyUpdate(reader);
  endOfRecord(tls);
  protect(tls, tls.records, (tls.schedule as KeySchedule).updateServer());
  return requested;
}

/** RFC 8446 §5.1: "Handshake messages MUST NOT span key changes", nor may a message begin before one and be read after it. */
function endOfRecord(tls: ClientHandshake): void {
  if (tls.records.unread > 0) unexpectedMessage('handshake data before a change of keys');
}

/**
 * The suite, hence the hash, is known: the ClientHello waiting in the handshake buffer is hashed (after a retry it has
 * been), then this message. Before a HelloRetryRequest the ClientHello is replaced by a message of its hash:
 *
 *   Transcript-Hash(ClientHello1, HelloRetryRequest, ... Mn) =
 *       Hash(message_hash || 00 00 Hash.length || Hash(ClientHello1) || HelloRetryRequest || ... || Mn)
 */
function absorbServerHello(tls: ClientHandshake, suite: CipherSuite, isRetry: boolean): Hash {
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
  return transcript;
}

/** Adds the received message, or piece of one, to the transcript. */
function absorb(tls: ClientHandshake): void {
  const incoming = tls.incoming;
  (tls.transcript as Hash).update(incoming.messageBuffer, incoming.messageStart, incoming.pieceLength);
}

function transcriptHash(tls: ClientHandshake): Uint8Array {
  return digestOf((tls.suite as CipherSuite).hash, tls.transcript as Hash);
}

/** `message` with its header. */
function send(tls: ClientHandshake, message: Uint8Array): void {
  const length = message.length;
  tls.writer.record(ContentType.Handshake, Version.Tls12, message, 0, length);
  if (tls.transcript) tls.transcript.update(message, 0, length);
  tell(tls, 'message', true, message[0], length);
}

/** Both directions go on with the traffic secrets of the schedule's stage. */
function changeKeys(tls: ClientHandshake, label: string): void {
  const schedule = tls.schedule as KeySchedule;
  if (tls.clientConfig.listener && tls.clientConfig.listener.keylog) {
    tell(tls, 'keylog', keyLogLine('CLIENT' + label, tls.clientHello.randoms, schedule.client));
    tell(tls, 'keylog', keyLogLine('SERVER' + label, tls.clientHello.randoms, schedule.server));
  }
  protect(tls, tls.records, schedule.server);
  protect(tls, tls.writer, schedule.client);
}

function protect(tls: ClientHandshake, side: RecordReader | RecordWriter, trafficSecret: Uint8Array): void {
  wipeKeys(side);
  side.protection = new RecordProtection(tls.suite as CipherSuite, trafficSecret);
}

function wipeKeys(side: RecordReader | RecordWriter): void {
  if (side.protection) side.protection.wipe();
}

/** Calls this function of the listener, if there is one, when the step is done. */
function tell(tls: ClientHandshake, name: 'message' | 'keylog' | 'session', a: unknown, b?: number, c?: number): void {
  const listener = tls.clientConfig.listener as {
    [name: string]: ((a: unknown, b?: number, c?: number) => void) | undefined;
  };
  // Only a message has a length.
  if (c) note(tls.clientConfig.tape, a ? Noted.MessageOut : Noted.MessageIn, b as number, c);
  if (!listener || !listener[name]) return;
  tls.pendingEvents.push(() => {
    // Asked again when it is told: one listener may have taken another away, or itself.
    const listen = listener[name];
    if (listen) listen.call(listener, a, b, c);
  });
}
