/**
 * The client's handshake, RFC 8446 §2 and §A.1, and what comes after it (§4.6). The state is the messages that may come next (`Expected`), each with a
 * function that takes it and answers the next state.
 *
 *   ServerHello ----------- HelloRetryRequest, once --> ServerHello
 *   EncryptedExtensions --- the server authenticates itself: certificates.ts, or psk/ where Finished does
 *   Finished -------------- ours is sealed here
 *   NewSessionTicket ------ or KeyUpdate, any number of them, as long as the connection lasts
 *
 * No message is looked at before its type is known to be an expected one. Some are taken in pieces, the others when they are whole. A message after which the
 * peer's keys change must end its record (RFC 8446 §5.1).
 *
 * Four states compute for long: before a ClientHello its key share, after the ServerHello the shared secret, after Certificate the
 * signatures of a path, and CertificateVerify. While there is a `computation` the message that has led to it stays where it is, and nothing
 * else is received; `goOn` goes on with it, and at its end with what waits for it.
 */
import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { equalConstantTime } from '../bytes/constant-time.js';
import type { Computation } from '../crypto/computation.js';
import type { KeyExchangeGroup, KeyShare } from '../crypto/provider.js';
import { type CipherSuite, groupId, suiteOf } from './cipher-suites.js';
import { ContentType, HandshakeType, Size, Version } from './constants.js';
import { illegalParameter, malformedMessage, messageTooLarge, tlsError, unexpectedMessage } from './errors.js';
import {
  absorb,
  absorbServerHello,
  type ClientHandshake,
  Computing,
  changeKeys,
  compute,
  type Expected,
  endOfRecord,
  type Message,
  protect,
  send,
  tellMessage,
  transcriptHash,
  wipeKeyShare,
} from './handshake-state.js';
import { KeySchedule } from './key-schedule.js';
import { HelloWriter, writeClientHello } from './messages/client-hello.js';
import { parseEncryptedExtensions } from './messages/encrypted-extensions.js';
import { missingExtension } from './messages/extensions.js';
import { parseKeyUpdate } from './messages/key-update.js';
import { parseServerHello, type ServerHello, selectsTls13 } from './messages/server-hello.js';
import { skippedIfLarge } from './messages/streamed-message.js';
import type { PreSharedKeys, ServerProof } from './profile.js';

/** The largest second flight: change_cipher_spec (6), Certificate (22 + 8), Finished (22 + 4 + 48). */
export const FLIGHT = 6 + 30 + 74;

/** Begins with the key share, if there is to be one; the ClientHello follows when it is computed. */
export function startHandshake(tls: ClientHandshake): void {
  const hello = tls.clientHello;
  const keys = keysOf(tls);
  tls.clientConfig.random(hello.randoms, 0, 64);
  if (tls.tls12) tls.tls12.hooks.prepare(tls);
  if (keys) keys.start(tls);
  tls.expected = hello.keyGroup ? makeKeyShare(tls, hello.keyGroup) : sendClientHello(tls);
}

/** Goes on with `tls.computation`, which there is, for about `budget` units. */
export function goOn(tls: ClientHandshake, budget: number): void {
  const computation = tls.computation as Computation<unknown>;
  if (!computation.step(budget)) return;
  const proceed = tls.proceed as (result: unknown) => Expected;
  // They hold on to much.
  tls.computation = tls.proceed = undefined;
  nextMessage(tls, proceed(computation.result()));
}

/** Takes what the opened record has of a message. */
export function receive(tls: ClientHandshake): void {
  const incoming = tls.incoming;
  while (incoming.fill(tls.records)) {
    const here = incoming.pieceLength;
    const reader = new ByteReader(incoming.messageBuffer, incoming.messageStart, here, malformedMessage);
    if (!incoming.messageLength) begin(tls, reader);
    const streamed = tls.streamed;
    let wanted = incoming.messageLength;
    if (streamed) {
      if (tls.transcript) absorb(tls);
      incoming.pieceLength = 0;
      wanted = streamed(reader);
    }
    incoming.wanted = wanted;
    if (streamed ? !wanted : wanted === here) {
      // The message's last byte is here.
      if (!streamed) reader.offset = incoming.messageStart + Size.HandshakeHeader;
      // On Espruino what goes to a function stays with whatever that makes, named or not: here a buffer, as long as signatures are verified.
      nextMessage(tls, (tls.taken as Message).take(tls, (streamed ? undefined : reader) as ByteReader));
      return;
    }
  }
}

/** Our KeyUpdate; the next record is sealed with the next keys. RFC 8446 §4.6.3. */
export function sendKeyUpdate(tls: ClientHandshake, requestUpdate: boolean): void {
  send(tls, HandshakeType.KeyUpdate, [requestUpdate ? 1 : 0]);
  protect(tls, tls.writer, (tls.schedule as KeySchedule).updateClient());
}

/** The header is here. The type is looked at before the body is even waited for. */
function begin(tls: ClientHandshake, header: ByteReader): void {
  const incoming = tls.incoming;
  const type = header.readUint8();
  const length = header.readUint(3) + Size.HandshakeHeader;
  const message = tls.expected[type];
  if (!message) unexpectedMessage('handshake message ' + type);
  tellMessage(tls, false, type, length);
  tls.taken = message;
  incoming.messageLength = length;
  if (message.pieces) tls.streamed = message.pieces(tls, length);
}

/** What has been received is done with, unless its result has to be computed: then `computation` answers what may come next. */
function nextMessage(tls: ClientHandshake, expected: Expected): void {
  if (tls.computation) return;
  tls.expected = expected;
  tls.streamed = tls.taken = undefined;
  tls.incoming.nextMessage();
}

/** A new key share, then the ClientHello that offers it. */
function makeKeyShare(tls: ClientHandshake, group: KeyExchangeGroup): Expected {
  return compute(tls, Computing.KeyShare, group.generate(tls.clientConfig.random), keyShare => {
    tls.clientHello.keyGroup = group;
    tls.clientHello.keyShare = keyShare;
    return sendClientHello(tls);
  });
}

/** Writes a ClientHello to the front of the handshake buffer, and sends it. */
export function sendClientHello(tls: ClientHandshake): Expected {
  const incoming = tls.incoming;
  const transcript = tls.transcript;
  const hello = tls.clientHello;
  const sender = tls.writer;
  const keys = keysOf(tls);
  let size = 768;
  if (hello.keyShare) size += hello.keyShare.publicKey.length;
  if (hello.retryCookie) size += hello.retryCookie.length;
  if (tls.tls12 && tls.tls12.session) size += tls.tls12.session.ticket.length;
  for (const key of tls.offeredKeys) size += key.identity.length + 64;
  if (tls.extensions) {
    size += tls.clientConfig.serverName.length;
    for (const protocol of tls.clientConfig.alpnProtocols || []) size += protocol.length + 1;
  }
  if (size > incoming.capacity) size = incoming.capacity;
  const buffer = incoming.roomFor(size, 0);
  const writer = new ByteWriter(buffer, 0, size, needed => incoming.tooLarge(size + needed, 1));
  const out = new HelloWriter(writer);
  writeClientHello(
    out,
    hello,
    () => firstExtensions(tls, out),
    () => {
      if (tls.tls12) tls.tls12.hooks.offer(tls, out);
      // The last one, RFC 8446 §4.2.11.
      if (keys) keys.offer(tls, out);
    },
  );
  tls.offeredExtensions = out.offered;
  const length = writer.offset;
  const bound = keys ? keys.bind(tls, buffer, length) : 0;
  const flight = length + Size.RecordHeader + (tls.tls12 ? Size.Tls12Flight : FLIGHT);
  if (flight > sender.room || length > Size.MaxFragment) {
    throw messageTooLarge(flight, sender.output.space, 'outputSize');
  }
  // RFC 8446 §D.4: before the second flight, of which a second ClientHello is the first message. A server that keeps no state over its cookie (OpenSSL's
  // SSL_stateless) takes it only where the RFC allows it as well, before the encrypted flight.
  if (transcript && !hello.retryCookie) sender.changeCipherSpec();
  sender.record(ContentType.Handshake, tls.suite ? Version.Tls12 : Version.Tls10, buffer, 0, length);
  tellMessage(tls, true, HandshakeType.ClientHello, length);
  if (transcript) transcript.update(buffer, bound, length - bound);
  else incoming.messageStart = length;
  if (keys) keys.helloSent(tls);
  return tls.tls12 ? tls.tls12.hooks.expected : SERVER_HELLO;
}

/** They are for TLS 1.3. */
function keysOf(tls: ClientHandshake): PreSharedKeys | undefined {
  return tls.clientHello.versions[0] === Version.Tls13 ? tls.profile.preSharedKeys : undefined;
}

function firstExtensions(tls: ClientHandshake, out: HelloWriter): void {
  const profile = tls.profile;
  if (tls.extensions) for (const extension of tls.extensions) extension.offer(tls, out);
  if (profile.certificates) profile.certificates.offer(tls, out);
}

function expectServerHello(tls: ClientHandshake, reader: ByteReader): Expected {
  const ours = tls.clientHello;
  const tls12 = tls.tls12;
  if (ours.versions[0] !== Version.Tls13 || !selectsTls13(reader)) {
    if (tls.transcript) illegalParameter('version after HelloRetryRequest');
    if (tls12) return tls12.hooks.serverHello(tls, reader);
    tlsError('PROTOCOL_VERSION', 'the server does not speak TLS 1.3');
  }
  const theirs = parseServerHello(reader, ours, tls.offeredExtensions);
  const suite = suiteOf(tls.suites, theirs.suite);
  // RFC 8446 §4.1.4: the suite of the HelloRetryRequest stays.
  if (!suite || (tls.suite && tls.suite !== suite && !theirs.retry)) illegalParameter('cipher suite');
  if (theirs.retry) return retry(tls, theirs, suite);
  if (tls12) tls12.wipe();
  tls.tls12 = undefined;
  const keys = tls.profile.preSharedKeys;
  const selected = keys && keys.select(tls, theirs, suite);
  tls.schedule = selected ? selected.schedule : new KeySchedule(suite.hash);
  // psk_ke: "the (EC)DHE" of the key schedule "is a string of Hash.length bytes set to zero" (RFC 8446 §7.1).
  if (keys && keys.pskKe && selected && !ours.keyGroup)
    return enterHandshake(tls, suite, new Uint8Array(suite.hash.digestLength));
  if (theirs.keyGroup < 0) missingExtension('key_share');
  if (!ours.keyGroup || theirs.keyGroup !== groupId(ours.keyGroup)) illegalParameter('group of key_share');
  const agreement = (ours.keyShare as KeyShare).agree(theirs.keyExchange as Uint8Array);
  return compute(tls, Computing.SharedSecret, agreement, sharedSecret =>
    enterHandshake(tls, suite, sharedSecret || illegalParameter('public key in key_share')),
  );
}

function enterHandshake(tls: ClientHandshake, suite: CipherSuite, sharedSecret: Uint8Array): Expected {
  wipeKeyShare(tls);
  tls.suites = [suite];
  absorbServerHello(tls, suite, false);
  (tls.schedule as KeySchedule).enter(sharedSecret, transcriptHash(tls));
  changeKeys(tls, '_HANDSHAKE_TRAFFIC_SECRET');
  endOfRecord(tls);
  // Large enough for a ClientHello; certificates may well be smaller.
  tls.incoming.release();
  return ENCRYPTED_EXTENSIONS;
}

/** HelloRetryRequest: another group, a cookie, or both. RFC 8446 §4.1.4. */
function retry(tls: ClientHandshake, request: ServerHello, suite: CipherSuite): Expected {
  const hello = tls.clientHello;
  if (tls.suite) unexpectedMessage('second HelloRetryRequest');
  endOfRecord(tls);
  if (request.keyGroup < 0 && !request.retryCookie) illegalParameter('HelloRetryRequest');
  // A copy, because the second ClientHello is written where this message lies.
  if (request.retryCookie) hello.retryCookie = new Uint8Array(request.retryCookie);
  absorbServerHello(tls, suite, true);
  if (tls.profile.preSharedKeys) tls.profile.preSharedKeys.retry(tls);
  if (request.keyGroup < 0) return sendClientHello(tls);
  let chosen = hello.keyGroup;
  for (const group of hello.groups) if (groupId(group) === request.keyGroup) chosen = group;
  if (!chosen || chosen === hello.keyGroup) illegalParameter('group in HelloRetryRequest');
  wipeKeyShare(tls);
  return makeKeyShare(tls, chosen);
}

function expectEncryptedExtensions(tls: ClientHandshake, reader: ByteReader): Expected {
  const profile = tls.profile;
  const extensions = tls.extensions;
  const answers = extensions ? extensions.map(extension => extension.type) : [];
  parseEncryptedExtensions(reader, tls.offeredExtensions, answers, (type, body) => {
    if (extensions) for (const extension of extensions) if (extension.type === type) extension.accept(tls, body);
  });
  absorb(tls);
  return ((tls.selectedKey ? profile.preSharedKeys : profile.certificates) as ServerProof).begin(tls);
}

/** The server's Finished, then our whole second flight, RFC 8446 §4.4.4. */
function expectFinished(tls: ClientHandshake, reader: ByteReader): Expected {
  const schedule = tls.schedule as KeySchedule;
  const profile = tls.profile;
  const expected = schedule.verifyData(schedule.serverSecret, transcriptHash(tls));
  const length = expected.length;
  const at = reader.advance(length);
  reader.expectEnd();
  if (!equalConstantTime(reader.bytes, at, expected, 0, length)) {
    tlsError('BAD_FINISHED', 'the handshake was tampered with');
  }
  endOfRecord(tls);
  absorb(tls);
  const serverFinished = transcriptHash(tls);
  tls.writer.changeCipherSpec();
  if (profile.zeroRtt) profile.zeroRtt.end(tls);
  const own = tls.signing && profile.clientCertificates;
  if (own) {
    own.send(tls);
    return own.verify(tls, () => sendFinished(tls, serverFinished));
  }
  // Of one that has no certificate: empty context, empty list (RFC 8446 §4.4.2).
  if (tls.certificateRequested) send(tls, HandshakeType.Certificate, [0, 0, 0, 0]);
  return sendFinished(tls, serverFinished);
}

/** `serverFinished` is the hash of the transcript with the server's, and the last that its keys have been derived from. */
function sendFinished(tls: ClientHandshake, serverFinished: Uint8Array): Expected {
  const schedule = tls.schedule as KeySchedule;
  const profile = tls.profile;
  send(tls, HandshakeType.Finished, schedule.verifyData(schedule.clientSecret, transcriptHash(tls)));
  schedule.enter(undefined, serverFinished);
  changeKeys(tls, '_TRAFFIC_SECRET_0');
  if (profile.preSharedKeys) profile.preSharedKeys.finish(tls);
  if (profile.exporter) profile.exporter.tls13(tls, serverFinished);
  schedule.stageSecret.fill(0);
  tls.transcript = undefined;
  tls.incoming.release();
  tls.authenticated = true;
  return CONNECTED;
}

/** RFC 8446 §4.6.1: "a client MAY use" a ticket; one larger than the buffer was skipped. */
function expectNewSessionTicket(tls: ClientHandshake, reader: ByteReader): Expected {
  const keys = tls.profile.preSharedKeys;
  if (keys && keys.ticket && !tls.streamed) keys.ticket(tls, reader);
  tls.incoming.release();
  return CONNECTED;
}

function expectKeyUpdate(tls: ClientHandshake, reader: ByteReader): Expected {
  tls.updateRequested = parseKeyUpdate(reader);
  endOfRecord(tls);
  protect(tls, tls.records, (tls.schedule as KeySchedule).updateServer());
  return CONNECTED;
}

export const SERVER_HELLO: Expected = { 2: { take: expectServerHello } };

const ENCRYPTED_EXTENSIONS: Expected = { 8: { take: expectEncryptedExtensions } };

export const FINISHED: Expected = { 20: { take: expectFinished } };

const CONNECTED: Expected = {
  4: {
    pieces: skippedIfLarge,
    take: expectNewSessionTicket,
  },
  24: { take: expectKeyUpdate },
};
