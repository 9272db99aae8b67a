/**
 * What an open connection of TLS 1.2 may be asked for: another handshake (HelloRequest, RFC 5246 §7.4.1.1). By default it is refused with a warning. If the application allows
 * it, it is done a few times, with servers that have secure renegotiation (RFC 5746) and prove who they are by the same certificate as before.
 *
 * Application data goes both ways meanwhile, under the old keys: ours up to our change_cipher_spec, the server's up to its own. The answer waits until all output before it
 * is sent, so that there is room for it.
 */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { certificateFlight } from '../config.js';
import { Alert, Size, Version } from '../constants.js';
import { SERVER_HELLO, sendClientHello } from '../handshake.js';
import { type ClientHandshake, countFutile, type Expected, type Message } from '../handshake-state.js';
import { Owed, type Tls12State } from './state.js';

/** Of one connection. */
const MAX_RENEGOTIATIONS = 8;

function expectHelloRequest(tls: ClientHandshake, reader: ByteReader): Expected {
  const state = tls.tls12 as Tls12State;
  reader.expectEnd();
  countFutile(tls);
  // "This message will be ignored by the client if the client is currently negotiating a session."
  if (tls.expected !== CONNECTED || state.owed === Owed.ClientHello) return tls.expected;
  const allowed = tls.clientConfig.renegotiation && state.secureRenegotiation && tls.serverPath;
  state.owed = allowed && state.renegotiations < MAX_RENEGOTIATIONS ? Owed.ClientHello : Owed.Refusal;
  state.holdsWrites = state.owed === Owed.ClientHello;
  return CONNECTED;
}

/** Sends what is owed, if now is the time. */
export function answer(tls: ClientHandshake): void {
  const state = tls.tls12 as Tls12State;
  const writer = tls.writer;
  if (state.owed === Owed.Nothing || tls.incoming.bytesHere || writer.output.length) return;
  if (state.owed === Owed.Refusal) writer.sendAlert(Alert.NoRenegotiation);
  else renegotiate(tls, state);
  state.owed = Owed.Nothing;
}

/** Nothing but TLS 1.2, and no session: the certificate is wanted. */
function renegotiate(tls: ClientHandshake, state: Tls12State): void {
  const hello = tls.clientHello;
  hello.versions = [Version.Tls12];
  hello.suites = state.suites.map(suite => suite.id);
  hello.sessionIdLength = 0;
  hello.keyGroup = undefined;
  tls.clientConfig.random(hello.randoms, 0, 32);
  state.renegotiations++;
  state.renegotiating = true;
  state.holdsWrites = tls.certificateRequested = false;
  tls.expected = sendClientHello(tls);
  // So that there always is room for what follows.
  tls.writer.reserve += Size.Tls12Flight + certificateFlight(tls.clientConfig);
}

export const HELLO_REQUEST: Message = { take: expectHelloRequest };

export const CONNECTED: Expected = { 0: HELLO_REQUEST };

/** In place of that of TLS 1.3. */
export const TLS12_SERVER_HELLO: Expected = { 0: HELLO_REQUEST, 2: SERVER_HELLO[2] };
