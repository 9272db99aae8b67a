/** What the runner expects to have been negotiated. */
import { groupId, suiteName, supportedSuites } from '../../src/tls/cipher-suites.js';
import type { Connection } from './connection.js';
import type { ConnectionOptions } from './options.js';
import { certificates } from './trust.js';

/** Throws an Error that says what is otherwise. */
export function checkNegotiated({ client, provider, serverHellos }: Connection, options: ConnectionOptions): void {
  const version = client.protocolVersion === 'TLSv1.3' ? 0x0304 : 0x0303;
  const group = provider.crypto.groups.find(({ name }) => name === client.group);
  const suite = supportedSuites(provider.crypto, true).find(candidate => suiteName(candidate) === client.cipherSuite);
  expectSame('version', version, options.expectVersion);
  expectSame('cipher suite', suite?.id, options.expectCipher);
  expectSame('group', group && groupId(group), options.expectCurveId);
  expectSame('signature algorithm', provider.lastScheme(), options.expectPeerSignatureAlgorithm);
  expectSame('ALPN protocol', client.alpnProtocol ?? '', options.expectAlpn);
  expectSame('number of ServerHellos', serverHellos, options.expectHrr ? 2 : options.expectNoHrr ? 1 : undefined);
  if (options.expectPeerCertFile) {
    const [leaf] = certificates(options.expectPeerCertFile).map(der => Buffer.from(der));
    const theirs = client.peerPath?.path[0].der;
    if (!theirs || !leaf.equals(theirs)) throw new Error('another certificate than expected');
  }
}

/** At the end: tickets come after the handshake. */
export function checkSessions({ tickets }: Connection, options: ConnectionOptions): void {
  const expected = !options.expectNoSession;
  if (options.shimShutsDown) return;
  if (expected !== tickets.length > 0) throw new Error(expected ? 'no session' : 'unexpected session');
}

function expectSame<Value>(what: string, actual: Value | undefined, expected: Value | undefined): void {
  if (expected !== undefined && actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`);
}
