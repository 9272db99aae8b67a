/**
 * Early data, RFC 8446 §2.3 and §4.2.10: application data behind the ClientHello, under a key of the session. All of it is given before the handshake and goes out at once; what
 * the server does not accept is handed back.
 *
 *   ClientHello, change_cipher_spec     plaintext
 *   application data                    early keys, until EncryptedExtensions say no (a HelloRetryRequest, or another choice of the ServerHello, do so before), or
 *   EndOfEarlyData                      early keys, behind the server's Finished
 *   Finished                            handshake keys
 *
 * Anybody can send a ClientHello and what follows it to the server once more. It is the application that says what may be repeated: nothing is sent here but `earlyData` of the configuration.
 *
 * Memory: a copy of the early data until they are answered.
 */
import { type CipherSuite, suiteOf } from '../cipher-suites.js';
import { certificateFlight } from '../config.js';
import { ContentType, ExtensionType, HandshakeType, Size, Version } from '../constants.js';
import { illegalParameter } from '../errors.js';
import type { Extension } from '../extensions/extension.js';
import { FLIGHT } from '../handshake.js';
import { type ClientHandshake, protect, send, tell, wipeKeys } from '../handshake-state.js';
import { deriveSecret, digestOf, type KeySchedule } from '../key-schedule.js';
import type { HelloWriter } from '../messages/client-hello.js';
import type { EarlyData, OfferedKey } from '../profile.js';
import { RecordProtection } from '../record-protection.js';
import type { Session } from '../session.js';

export const earlyData: EarlyData = { offer, send: sendEarlyData, refuse, answered, end, finish };

/** The server's answer to early_data, an empty extension in EncryptedExtensions. */
const ANSWER: Extension = {
  type: ExtensionType.EarlyData,
  offer() {},
  accept(tls) {
    if (!tls.earlyKeys) illegalParameter('early_data');
    tls.earlyAccepted = true;
  },
};

/** Only in a first ClientHello, and with its first key (RFC 8446 §4.2.10). */
function offer(tls: ClientHandshake, hello: HelloWriter, rest: number): void {
  const bytes = tls.earlyData;
  const session = tls.offeredKeys[0].resumes;
  if (!bytes || !bytes.length || !session || tls.suite || !suiteOf(tls.suites, session.suite)) return;
  const records = Math.ceil(bytes.length / Size.MaxFragment) + 1; // and EndOfEarlyData
  const flight = hello.writer.offset + 4 + rest + Size.RecordHeader + FLIGHT + certificateFlight(tls.clientConfig);
  const sealed = bytes.length + Size.HandshakeHeader + records * Size.RecordOverhead;
  if (bytes.length > session.maxEarlyData || flight + sealed > tls.writer.room) return;
  hello.extension(ExtensionType.EarlyData, () => {});
  tls.extensions = (tls.extensions || []).concat([ANSWER]);
  tls.earlyKeys = true;
}

function sendEarlyData(tls: ClientHandshake): void {
  const incoming = tls.incoming;
  const writer = tls.writer;
  const log = tls.profile.handshakeLog;
  // The second ClientHello has none.
  if (!tls.earlyKeys) return;
  const bytes = tls.earlyData as Uint8Array;
  const key = tls.offeredKeys[0];
  const schedule = key.schedule;
  const hash = schedule.hashAlgorithm;
  const transcript = hash.create();
  transcript.update(incoming.messageBuffer, 0, incoming.messageStart);
  const secret = deriveSecret(hash, schedule.stageSecret, 'c e traffic', digestOf(hash, transcript));
  if (log) log.secret(tls, 'CLIENT_EARLY_TRAFFIC_SECRET', secret);
  writer.changeCipherSpec();
  writer.protection = new RecordProtection(suiteOf(tls.suites, (key.resumes as Session).suite) as CipherSuite, secret);
  secret.fill(0);
  for (let at = 0; at < bytes.length; at += Size.MaxFragment) {
    const left = bytes.length - at;
    const length = left < Size.MaxFragment ? left : Size.MaxFragment;
    writer.record(ContentType.ApplicationData, Version.Tls12, bytes, at, length);
  }
}

/** What comes now is plaintext, or its keys are about to be known. */
function refuse(tls: ClientHandshake): void {
  if (!tls.earlyKeys) return;
  tls.earlyKeys = false;
  wipeKeys(tls.writer);
  tls.writer.protection = undefined;
}

/** "the server's ... selected ALPN protocol" has to be the session's too (RFC 8446 §4.2.10). */
function answered(tls: ClientHandshake): void {
  const session = (tls.selectedKey as OfferedKey).resumes as Session;
  if (!tls.earlyKeys) return;
  if (!tls.earlyAccepted) useHandshakeKeys(tls);
  else if ((tls.chosenProtocol || '') !== session.alpnProtocol) illegalParameter('ALPN protocol, with early data');
}

function end(tls: ClientHandshake): void {
  if (!tls.earlyKeys) return;
  send(tls, HandshakeType.EndOfEarlyData, []);
  useHandshakeKeys(tls);
}

function useHandshakeKeys(tls: ClientHandshake): void {
  tls.earlyKeys = false;
  protect(tls, tls.writer, (tls.schedule as KeySchedule).clientSecret);
}

function finish(tls: ClientHandshake): void {
  // A handshake that offers TLS 1.2 only has made no copy.
  const bytes = tls.earlyData || tls.clientConfig.earlyData;
  if (bytes) tell(tls, 'earlyData', !!tls.earlyAccepted, bytes);
  tls.earlyData = undefined;
}
