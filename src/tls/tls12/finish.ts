/**
 * How a handshake of TLS 1.2 ends, RFC 5246 §7.3. Keys change at change_cipher_spec, which is a record of its own, each followed by a Finished.
 *
 *   in full     ClientKeyExchange, [change_cipher_spec], Finished   -->
 *                               <--  NewSessionTicket*, [change_cipher_spec], Finished
 *   resumed                     <--  NewSessionTicket*, [change_cipher_spec], Finished
 *               [change_cipher_spec], Finished                      -->
 *
 * No application data goes out before the server's Finished ("false start", RFC 7918, is off).
 */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { equalConstantTime } from '../../bytes/constant-time.js';
import { copyBytes } from '../../bytes/copy-bytes.js';
import type { CipherSuite } from '../cipher-suites.js';
import { ContentType, HandshakeType, Size, Version } from '../constants.js';
import { tlsError } from '../errors.js';
import { absorb, type ClientHandshake, type Expected, send, transcriptHash, wipeKeys } from '../handshake-state.js';
import { skippedIfLarge } from '../messages/streamed-message.js';
import { keyBlock, masterSecret, prf, verifyData } from './key-schedule.js';
import { Tls12RecordKeys } from './record-protection.js';
import { CONNECTED, HELLO_REQUEST } from './renegotiation.js';
import { tellSession } from './sessions.js';
import type { Tls12State } from './state.js';

/** Both directions' keys are made out of the master secret; they come into use at change_cipher_spec. */
export function makeKeys(tls: ClientHandshake): void {
  const state = tls.tls12 as Tls12State;
  const suite = tls.suite as CipherSuite;
  const aead = suite.aead;
  const keyLength = aead.keyLength;
  const ivLength = aead.name === 'chacha20-poly1305' ? 12 : 4;
  const block = keyBlock(suite.hash, state.masterSecret, state.randoms, 2 * (keyLength + ivLength));
  const keysOf = (server: number): Tls12RecordKeys => {
    const iv = 2 * keyLength + server * ivLength;
    const key = block.subarray(server * keyLength, (server + 1) * keyLength);
    return new Tls12RecordKeys(aead.create(key), block.subarray(iv, iv + ivLength), !!server);
  };
  state.writeKeys = keysOf(0);
  state.readKeys = keysOf(1);
  block.fill(0);
  if (tls.profile.handshakeLog) tls.profile.handshakeLog.secret(tls, 'CLIENT_RANDOM', state.masterSecret);
}

/** The client's part of a full handshake. `premaster` is wiped, `publicKey` is the client's share. */
export function sendKeyExchange(tls: ClientHandshake, publicKey: Uint8Array, premaster: Uint8Array): Expected {
  const state = tls.tls12 as Tls12State;
  const hash = (tls.suite as CipherSuite).hash;
  const length = publicKey.length;
  const body = new Uint8Array(length + 1);
  body[0] = length;
  body.set(publicKey, 1);
  const own = tls.certificateRequested && tls.signing ? tls.profile.clientCertificates : undefined;
  if (own) own.send(tls);
  // Of one that has no certificate: an empty list (RFC 5246 §7.4.6).
  else if (tls.certificateRequested) send(tls, HandshakeType.Certificate, [0, 0, 0]);
  send(tls, HandshakeType.ClientKeyExchange, body);
  const sessionHash = state.extendedMasterSecret ? transcriptHash(tls) : undefined;
  state.masterSecret = masterSecret(hash, premaster, state.randoms, sessionHash);
  makeKeys(tls);
  return own ? own.verify(tls, () => clientEnds(tls)) : clientEnds(tls);
}

function clientEnds(tls: ClientHandshake): Expected {
  sendFinished(tls);
  return serverEnds(tls);
}

/** What comes before the server's Finished. */
export function serverEnds(tls: ClientHandshake): Expected {
  return (tls.tls12 as Tls12State).ticketExpected ? NEW_SESSION_TICKET : CHANGE_CIPHER_SPEC;
}

function sendFinished(tls: ClientHandshake): void {
  const state = tls.tls12 as Tls12State;
  const writer = tls.writer;
  const data = finishedOf(tls, 'client');
  copyBytes(state.verifyData, 0, data, 0, 12);
  writer.record(ContentType.ChangeCipherSpec, Version.Tls12, new Uint8Array([1]), 0, 1);
  wipeKeys(writer);
  writer.protection = state.writeKeys;
  state.writeKeys = undefined;
  send(tls, HandshakeType.Finished, data);
}

/** verify_data over everything so far. */
function finishedOf(tls: ClientHandshake, side: string): Uint8Array {
  const state = tls.tls12 as Tls12State;
  return verifyData((tls.suite as CipherSuite).hash, state.masterSecret, side, transcriptHash(tls));
}

/**
 *   struct {
 *       uint32 ticket_lifetime_hint;
 *       opaque ticket<0..2^16-1>;
 *   } NewSessionTicket;
 */
function expectNewSessionTicket(tls: ClientHandshake, reader: ByteReader): Expected {
  const state = tls.tls12 as Tls12State;
  if (tls.streamed) return CHANGE_CIPHER_SPEC;
  state.ticketLifetime = reader.readUint(4);
  state.ticket = new Uint8Array(reader.vector(2, 0).rest());
  reader.expectEnd();
  absorb(tls);
  return CHANGE_CIPHER_SPEC;
}

/** From here on nothing may come until the Finished has told that the keys are right. */
function expectChangeCipherSpec(tls: ClientHandshake): Expected {
  const state = tls.tls12 as Tls12State;
  wipeKeys(tls.records);
  tls.records.protection = state.readKeys;
  state.readKeys = undefined;
  tls.authenticated = false;
  return FINISHED;
}

function expectFinished(tls: ClientHandshake, reader: ByteReader): Expected {
  const state = tls.tls12 as Tls12State;
  const expected = finishedOf(tls, 'server');
  const at = reader.advance(12);
  reader.expectEnd();
  if (!equalConstantTime(reader.bytes, at, expected, 0, 12)) {
    tlsError('BAD_FINISHED', 'the handshake was tampered with');
  }
  absorb(tls);
  if (state.resumed) sendFinished(tls);
  copyBytes(state.verifyData, 12, expected, 0, 12);
  tls.writer.reserve = RESERVE;
  tls.transcript = undefined;
  tls.incoming.release();
  state.renegotiating = false;
  tls.authenticated = true;
  if (tls.profile.exporter) tls.profile.exporter.tls12(tls, prf);
  tellSession(tls);
  // Nothing more is derived from it.
  state.masterSecret.fill(0);
  return CONNECTED;
}

const RESERVE = 2 * (Size.Tls12RecordOverhead + 2) + Size.Tls12RecordOverhead;

const FINISHED: Expected = { 0: HELLO_REQUEST, 20: { take: expectFinished } };

const CHANGE_CIPHER_SPEC: Expected = { 0: HELLO_REQUEST, newKeys: expectChangeCipherSpec };

const NEW_SESSION_TICKET: Expected = {
  0: HELLO_REQUEST,
  4: {
    pieces: skippedIfLarge,
    take: expectNewSessionTicket,
  },
};
