/** What the runner expects to have been negotiated. */
import { groupId, suiteName, supportedSuites } from '../../src/tls/cipher-suites.js';
import { HandshakeType } from '../../src/tls/constants.js';
import { parseSession } from '../../src/tls/session.js';
import { tls12Suites } from '../../src/tls/tls12/cipher-suites.js';
import type { Connection } from './connection.js';
import type { ConnectionOptions } from './options.js';
import { certificates } from './trust.js';

/** Throws an Error that says what is otherwise. */
export function checkNegotiated(connection: Connection, options: ConnectionOptions): void {
  const { client, identity, provider, received, session, state } = connection;
  const { crypto } = provider;
  const version = client.protocolVersion === 'TLSv1.3' ? 0x0304 : 0x0303;
  const group = crypto.groups.find(({ name }) => name === client.group);
  const suites = [...supportedSuites(crypto, true), ...tls12Suites(crypto)];
  const suite = suites.find(candidate => suiteName(candidate) === client.cipherSuite);
  const helloCount = received[HandshakeType.ServerHello];
  const secure = !state.tls12 || !!state.tls12.secureRenegotiation;
  expectSame('resumed', client.resumed, !!session && !options.expectSessionMiss);
  expectSame('version', version, options.expectVersion);
  expectSame('cipher suite', suite?.id, options.expectCipher);
  expectSame('group', group && groupId(group), options.expectCurveId);
  if (!client.resumed) expectSame('signature algorithm', provider.lastScheme(), options.expectPeerSignatureAlgorithm);
  expectSame('ALPN protocol', client.alpnProtocol ?? '', options.expectAlpn);
  expectSame('number of ServerHellos', helloCount, options.expectHrr ? 2 : options.expectNoHrr ? 1 : undefined);
  expectSame('secure renegotiation', secure, options.expectSecureRenegotiation);
  expectSame('no secure renegotiation', !secure, options.expectNoSecureRenegotiation);
  if (options.expectExtendedMasterSecret) {
    expectSame('extended master secret', !state.tls12 || !!state.tls12.extendedMasterSecret, true);
  }
  if (options.expectOcspResponse && !client.resumed) {
    expectSame('OCSP response', Buffer.from(client.ocspResponse ?? []).toString('base64'), options.expectOcspResponse);
  }
  expectSame('credential', client.certificateSent ? identity.chosen : undefined, options.expectSelectedCredential);
  if (options.expectPeerCertFile && !client.resumed) {
    const [leaf] = certificates(options.expectPeerCertFile).map(der => Buffer.from(der));
    const theirs = client.peerPath?.path[0].der;
    if (!theirs || !leaf.equals(theirs)) throw new Error('another certificate than expected');
  }
}

/** `first` was offered, `then` goes for what came of it. */
export function checkEarlyData(
  { client, session, offeredEarlyData }: Connection,
  first: ConnectionOptions,
  then: ConnectionOptions,
): void {
  const { expectEarlyDataReason: reason } = then;
  if (first.expectAcceptEarlyData) expectSame('early data accepted', client.earlyDataAccepted, true);
  if (first.expectRejectEarlyData) expectSame('early data accepted', client.earlyDataAccepted, false);
  if (session && first.enableEarlyData)
    expectSame('early data offered', offeredEarlyData, !first.expectNoOfferEarlyData);
  // Why it was not is not told.
  if (reason) expectSame('early data accepted', client.earlyDataAccepted, reason === 'accept');
}

/** At the end: tickets of TLS 1.3 come after the handshake. */
export function checkSessions(connection: Connection, options: ConnectionOptions): void {
  const { client, sessions, session, state } = connection;
  const last = sessions.at(-1);
  if (options.shimShutsDown) return;
  if (client.protocolVersion === 'TLSv1.3') {
    expectSame('session', !!last, !options.expectNoSession);
    if (last) {
      const { maxEarlyData } = parseSession(last);
      expectSame('early data with the ticket', maxEarlyData > 0, !!options.expectTicketSupportsEarlyData);
    }
  } else if (!client.resumed) {
    // One without an extended master secret could not be resumed.
    const expected = !options.expectNoSession && !!state.tls12?.extendedMasterSecret;
    expectSame('session', !!last, expected);
  } else if (options.expectTicketRenewal && last && session) {
    const renewed = !Buffer.from(parseSession(last).ticket).equals(parseSession(session).ticket);
    expectSame('renewed ticket', renewed, true);
  }
}

export function checkRenegotiations({ received, client }: Connection, options: ConnectionOptions): void {
  const expected = options.expectTotalRenegotiations;
  if (client.protocolVersion === 'TLSv1.2') expectSame('renegotiations', (received[20] ?? 1) - 1, expected);
}

function expectSame<Value>(what: string, actual: Value | undefined, expected: Value | undefined): void {
  if (expected !== undefined && actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`);
}
