/** What a connection has negotiated, as the application sees it from when the server is authenticated. */
import { type CipherSuite, suiteName } from './cipher-suites.js';
import type { TlsClient } from './client.js';
import type { ClientHandshake } from './handshake-state.js';

/** Fills in what `client` has getters for. */
export function learnNegotiated(client: TlsClient, handshake: ClientHandshake): void {
  const group = handshake.clientHello.keyGroup;
  const tls12 = handshake.tls12;
  const key = handshake.selectedKey;
  const profile = handshake.profile;
  client.protocolVersion = tls12 ? 'TLSv1.2' : 'TLSv1.3';
  client.cipherSuite = suiteName(handshake.suite as CipherSuite);
  client.group = group && group.name;
  client.resumed = !!(key ? key.resumes : tls12 && tls12.resumed);
  if (profile.extensions) client.alpnProtocol = handshake.chosenProtocol;
  if (profile.certificates || profile.zeroRtt) client.earlyDataAccepted = !!handshake.earlyAccepted;
  if (!profile.certificates) return;
  client.peerPath = handshake.serverPath;
  client.ocspResponse = handshake.ocspResponse;
  client.certificateSent = !!handshake.signing;
}
