/**
 * The client's handshake, RFC 8446 §2 and §A.1, and what comes after it (§4.6). States are named by what they expect; one
 * function per expected message, which answers the next state; the state is assigned in one place (`receive`).
 *
 *   WaitServerHello ------------ HelloRetryRequest, once --> WaitServerHello
 *   WaitEncryptedExtensions
 *   WaitCertificateOrRequest --- CertificateRequest -------> WaitCertificate
 *   WaitCertificate
 *   WaitCertificateVerify
 *   WaitFinished --------------- ours is sealed here ------> Connected
 *   Connected ------------------ NewSessionTicket, KeyUpdate
 *
 * No message is looked at before its type is known to be the expected one. A message after which the peer's keys change
 * must end its record (RFC 8446 §5.1).
 */
import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { equalConstantTime } from '../bytes/constant-time.js';
import type { KeyShare } from '../crypto/provider.js';
import { ringletError } from '../errors.js';
import { type VerifiedPath, verifyServerCertificate } from '../x509/verify.js';
import { type CipherSuite, groupId } from './cipher-suites.js';
import { checkConfig, firstClientHello, sizeOption, type TlsClientConfig, type TlsListener } from './config.js';
import { ContentType, HandshakeType, Size, Version } from './constants.js';
import { illegalParameter, malformedMessage, messageTooLarge, unexpectedMessage } from './errors.js';
import { HandshakeReader } from './handshake-reader.js';
import { keyLogLine } from './key-log.js';
import { KeySchedule } from './key-schedule.js';
import { emptyCertificate, parseCertificate, parseCertificateRequest } from './messages/certificate.js';
import { verifyCertificateVerify } from './messages/certificate-verify.js';
import { type ClientHello, writeClientHello } from './messages/client-hello.js';
import { parseEncryptedExtensions } from './messages/encrypted-extensions.js';
import { keyUpdate, parseKeyUpdate, parseNewSessionTicket } from './messages/post-handshake.js';
import { parseServerHello, type ServerHello } from './messages/server-hello.js';
import { RecordProtection } from './record-protection.js';
import type { RecordReader } from './record-reader.js';
import type { RecordWriter } from './record-writer.js';
import { Transcript } from './transcript.js';

const enum ClientState {
  WaitServerHello,
  WaitEncryptedExtensions,
  WaitCertificateOrRequest,
  WaitCertificate,
  WaitCertificateVerify,
  WaitFinished,
  Connected,
}

/** The largest second flight: change_cipher_spec (6), Certificate (22 + 8), Finished (22 + 4 + 48). */
const FLIGHT = 6 + 30 + 74;

export class ClientHandshake {
  readonly messages: HandshakeReader;
  /** True once the server's Finished is verified and ours is sealed. */
  connected: boolean;
  suite: CipherSuite | undefined;
  alpnProtocol: string | undefined;
  peerPath: VerifiedPath | undefined;
  readonly hello: ClientHello;
  private readonly config: TlsClientConfig;
  private readonly listener: TlsListener;
  private readonly records: RecordReader;
  private readonly writer: RecordWriter;
  private readonly events: Array<() => void>;
  private state: ClientState;
  private keyShare: KeyShare;
  private offered: number[];
  private retried: boolean;
  private transcript: Transcript | undefined;
  private schedule: KeySchedule | undefined;
  private certificateRequested: boolean;

  /** Writes the ClientHello. `events` takes what the listener is to be told when the step is done. */
  constructor(config: TlsClientConfig, records: RecordReader, writer: RecordWriter, events: Array<() => void>) {
    checkConfig(config);
    const group = config.crypto.groups[0];
    this.config = config;
    this.listener = config.listener || {};
    this.records = records;
    this.writer = writer;
    this.events = events;
    this.connected = this.retried = this.certificateRequested = false;
    this.suite = this.alpnProtocol = this.peerPath = undefined;
    this.transcript = this.schedule = undefined;
    this.messages = new HandshakeReader(
      sizeOption(config.handshakeBufferSize, 'handshakeBufferSize', 8192, 1024),
      type => this.checkType(type),
    );
    this.keyShare = group.generate(config.random);
    this.hello = firstClientHello(config, group, this.keyShare.publicKey);
    this.offered = [];
    this.state = ClientState.WaitServerHello;
    this.messages.start = this.sendClientHello(Version.Tls10);
  }

  /** The type is looked at before the body is even waited for. */
  checkType(type: number): void {
    const expected =
      this.state === ClientState.Connected
        ? type === HandshakeType.NewSessionTicket || type === HandshakeType.KeyUpdate
        : type === EXPECTED[this.state] ||
          (type === HandshakeType.CertificateRequest && this.state === ClientState.WaitCertificateOrRequest);
    if (!expected) unexpectedMessage('handshake message ' + type);
  }

  /** Takes the message that `messages` has whole. Answers true if it was a KeyUpdate that asks for ours. */
  receive(): boolean {
    const messages = this.messages;
    const type = messages.buffer[messages.start];
    const length = messages.length;
    const reader = new ByteReader(
      messages.buffer,
      messages.start + Size.HandshakeHeader,
      length - Size.HandshakeHeader,
      malformedMessage,
    );
    let updateRequested = false;
    this.note(false, type, length);
    if (type === HandshakeType.KeyUpdate) updateRequested = this.expectKeyUpdate(reader);
    else this.state = this.dispatch(type, reader);
    messages.clear();
    return updateRequested;
  }

  /** Our KeyUpdate; the next record is sealed with the next keys. RFC 8446 §4.6.3. */
  sendKeyUpdate(requestUpdate: boolean): void {
    this.sendMessage(keyUpdate(requestUpdate));
    this.protectWriter((this.schedule as KeySchedule).updateClient());
  }

  wipe(): void {
    this.keyShare.wipe();
    if (this.schedule) this.schedule.wipe();
    if (this.records.protection) this.records.protection.wipe();
    if (this.writer.protection) this.writer.protection.wipe();
  }

  private dispatch(type: number, reader: ByteReader): ClientState {
    switch (this.state) {
      case ClientState.WaitServerHello:
        return this.expectServerHello(reader);
      case ClientState.WaitEncryptedExtensions:
        return this.expectEncryptedExtensions(reader);
      case ClientState.WaitCertificateOrRequest:
        return type === HandshakeType.CertificateRequest
          ? this.expectCertificateRequest(reader)
          : this.expectCertificate(reader);
      case ClientState.WaitCertificate:
        return this.expectCertificate(reader);
      case ClientState.WaitCertificateVerify:
        return this.expectCertificateVerify(reader);
      case ClientState.WaitFinished:
        return this.expectFinished(reader);
      default:
        return this.expectNewSessionTicket(reader);
    }
  }

  /** Writes a ClientHello to the front of the handshake buffer, and sends it. Answers its length. */
  private sendClientHello(recordVersion: number): number {
    const buffer = this.messages.buffer;
    const output = this.writer.output;
    const writer = new ByteWriter(buffer, 0, buffer.length, needed =>
      messageTooLarge(buffer.length + needed, buffer.length, 'handshakeBufferSize'),
    );
    this.offered = writeClientHello(writer, this.hello);
    const length = writer.offset;
    const flight = length + Size.RecordHeader + FLIGHT;
    if (flight > this.writer.room || length > Size.MaxFragment) {
      throw messageTooLarge(flight, output.space, 'outputSize');
    }
    this.writer.record(ContentType.Handshake, recordVersion, buffer, 0, length);
    this.note(true, HandshakeType.ClientHello, length);
    return length;
  }

  private expectServerHello(reader: ByteReader): ClientState {
    const hello = parseServerHello(reader, this.hello.random, this.offered);
    let suite: CipherSuite | undefined;
    for (const candidate of this.hello.suites) if (candidate.id === hello.suite) suite = candidate;
    if (!suite) illegalParameter('cipher suite ' + hello.suite + ' was not offered');
    if (hello.retry) return this.retry(hello, suite);
    // RFC 8446 §4.1.4: the suite of the HelloRetryRequest stays.
    if (this.retried && suite !== this.suite) illegalParameter('the cipher suite changed after HelloRetryRequest');
    if (hello.group !== groupId(this.hello.group)) illegalParameter('key_share is for group ' + hello.group);
    const sharedSecret = this.keyShare.agree(hello.keyExchange as Uint8Array);
    this.keyShare.wipe();
    if (!sharedSecret) illegalParameter('key_share is not a valid public key');
    const transcript = this.beginTranscript(suite);
    this.absorb();
    this.messages.start = 0;
    const schedule = new KeySchedule(suite.hash);
    this.schedule = schedule;
    schedule.enterHandshake(sharedSecret, transcript.hash());
    this.keylog('CLIENT_HANDSHAKE_TRAFFIC_SECRET', schedule.client);
    this.keylog('SERVER_HANDSHAKE_TRAFFIC_SECRET', schedule.server);
    this.records.protection = new RecordProtection(suite, schedule.server);
    this.protectWriter(schedule.client);
    this.endOfRecord();
    return ClientState.WaitEncryptedExtensions;
  }

  /** HelloRetryRequest: another group, a cookie, or both. RFC 8446 §4.1.4. */
  private retry(request: ServerHello, suite: CipherSuite): ClientState {
    const hello = this.hello;
    if (this.retried) unexpectedMessage('second HelloRetryRequest');
    this.retried = true;
    this.endOfRecord();
    if (request.group < 0 && !request.cookie) illegalParameter('HelloRetryRequest changes nothing');
    if (request.group >= 0) {
      let chosen = hello.group;
      for (const group of hello.groups) if (groupId(group) === request.group) chosen = group;
      if (chosen === hello.group) illegalParameter('HelloRetryRequest asks for group ' + request.group);
      this.keyShare.wipe();
      this.keyShare = chosen.generate(this.config.random);
      hello.group = chosen;
      hello.publicKey = this.keyShare.publicKey;
    }
    // A copy, because the second ClientHello is written where this message lies.
    if (request.cookie) hello.cookie = new Uint8Array(request.cookie);
    this.beginTranscript(suite).replaceByMessageHash();
    this.absorb();
    this.messages.start = 0;
    const length = this.sendClientHello(Version.Tls12);
    (this.transcript as Transcript).add(this.messages.buffer, 0, length);
    return ClientState.WaitServerHello;
  }

  private expectEncryptedExtensions(reader: ByteReader): ClientState {
    const extensions = parseEncryptedExtensions(reader, this.offered, this.hello.alpnProtocols);
    const limit = extensions.recordSizeLimit;
    this.alpnProtocol = extensions.alpnProtocol;
    if (limit !== undefined) {
      // RFC 8449 §4: both directions have agreed; the limit counts the content type.
      this.records.limit = this.hello.recordSizeLimit;
      if (limit <= this.writer.limit) this.writer.limit = limit - 1;
    }
    this.absorb();
    return ClientState.WaitCertificateOrRequest;
  }

  private expectCertificateRequest(reader: ByteReader): ClientState {
    parseCertificateRequest(reader);
    this.certificateRequested = true;
    this.absorb();
    return ClientState.WaitCertificate;
  }

  private expectCertificate(reader: ByteReader): ClientState {
    const config = this.config;
    const chain = parseCertificate(reader, this.offered);
    // Copies, because the path outlives this message, whose buffer the next one will use.
    for (let i = 0; i < chain.length; i++) chain[i] = new Uint8Array(chain[i]);
    this.peerPath = verifyServerCertificate(chain, config.serverName, config.trust, config.unixTime(), config.crypto);
    this.absorb();
    return ClientState.WaitCertificateVerify;
  }

  private expectCertificateVerify(reader: ByteReader): ClientState {
    const transcriptHash = (this.transcript as Transcript).hash();
    const key = (this.peerPath as VerifiedPath).publicKey;
    verifyCertificateVerify(reader, this.hello.schemes, key, transcriptHash);
    this.absorb();
    return ClientState.WaitFinished;
  }

  /** The server's Finished, then our whole second flight, RFC 8446 §4.4.4. */
  private expectFinished(reader: ByteReader): ClientState {
    const transcript = this.transcript as Transcript;
    const schedule = this.schedule as KeySchedule;
    const suite = this.suite as CipherSuite;
    const expected = schedule.verifyData(schedule.server, transcript.hash());
    const at = reader.advance(expected.length);
    reader.finish();
    if (!equalConstantTime(reader.bytes, at, expected, 0, expected.length)) {
      throw ringletError(
        'ERR_TLS_BAD_FINISHED',
        'the Finished of the server is wrong: the handshake was tampered with',
      );
    }
    this.endOfRecord();
    this.absorb();
    const serverFinished = transcript.hash();
    this.sendChangeCipherSpec();
    if (this.certificateRequested) this.sendMessage(emptyCertificate());
    const verifyData = schedule.verifyData(schedule.client, transcript.hash());
    const finished = new Uint8Array(Size.HandshakeHeader + verifyData.length);
    finished[0] = HandshakeType.Finished;
    finished[3] = verifyData.length;
    finished.set(verifyData, Size.HandshakeHeader);
    this.sendMessage(finished);
    schedule.enterApplication(serverFinished);
    this.keylog('CLIENT_TRAFFIC_SECRET_0', schedule.client);
    this.keylog('SERVER_TRAFFIC_SECRET_0', schedule.server);
    this.protectReader(new RecordProtection(suite, schedule.server));
    this.protectWriter(schedule.client);
    this.transcript = undefined;
    this.connected = true;
    return ClientState.Connected;
  }

  private expectNewSessionTicket(reader: ByteReader): ClientState {
    const ticket = parseNewSessionTicket(reader);
    const listener = this.listener;
    if (!listener.session) return ClientState.Connected;
    this.events.push(() => {
      if (listener.session) listener.session(ticket);
    });
    return ClientState.Connected;
  }

  private expectKeyUpdate(reader: ByteReader): boolean {
    const requested = parseKeyUpdate(reader);
    this.endOfRecord();
    this.protectReader(new RecordProtection(this.suite as CipherSuite, (this.schedule as KeySchedule).updateServer()));
    return requested;
  }

  /** RFC 8446 §5.1: "Handshake messages MUST NOT span key changes", nor may a message begin before one and be read after it. */
  private endOfRecord(): void {
    if (this.records.remaining > 0) unexpectedMessage('handshake data before a change of keys');
  }

  /** The suite, hence the hash, is known: the ClientHello waiting in the handshake buffer is hashed. After a retry it has been. */
  private beginTranscript(suite: CipherSuite): Transcript {
    this.suite = suite;
    if (!this.transcript) {
      this.transcript = new Transcript(suite.hash);
      this.transcript.add(this.messages.buffer, 0, this.messages.start);
    }
    return this.transcript;
  }

  /** Adds the received message to the transcript. */
  private absorb(): void {
    const messages = this.messages;
    (this.transcript as Transcript).add(messages.buffer, messages.start, messages.length);
  }

  private sendMessage(message: Uint8Array): void {
    this.writer.record(ContentType.Handshake, Version.Tls12, message, 0, message.length);
    if (this.transcript) this.transcript.add(message, 0, message.length);
    this.note(true, message[0], message.length);
  }

  /**
   * For middleboxes that want to see TLS 1.2 (RFC 8446 §D.4). It may go before the second ClientHello or here, before the
   * encrypted flight; a server that keeps no state over its cookie (OpenSSL's SSL_stateless) knows only the latter.
   */
  private sendChangeCipherSpec(): void {
    this.writer.record(ContentType.ChangeCipherSpec, Version.Tls12, new Uint8Array([1]), 0, 1);
  }

  private protectReader(protection: RecordProtection): void {
    if (this.records.protection) this.records.protection.wipe();
    this.records.protection = protection;
  }

  private protectWriter(trafficSecret: Uint8Array): void {
    if (this.writer.protection) this.writer.protection.wipe();
    this.writer.protection = new RecordProtection(this.suite as CipherSuite, trafficSecret);
  }

  private note(sent: boolean, type: number, length: number): void {
    const listener = this.listener;
    if (!listener.message) return;
    // Asked again when it is told: one listener may have taken another away, or itself.
    this.events.push(() => {
      if (listener.message) listener.message(sent, type, length);
    });
  }

  private keylog(label: string, secret: Uint8Array): void {
    const listener = this.listener;
    if (!listener.keylog) return;
    const line = keyLogLine(label, this.hello.random, secret);
    this.events.push(() => {
      if (listener.keylog) listener.keylog(line);
    });
  }
}

/** By state: the one message expected. */
const EXPECTED = [
  HandshakeType.ServerHello,
  HandshakeType.EncryptedExtensions,
  HandshakeType.Certificate,
  HandshakeType.Certificate,
  HandshakeType.CertificateVerify,
  HandshakeType.Finished,
];
