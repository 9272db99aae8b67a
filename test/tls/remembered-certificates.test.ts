/** serverCertificatesRemembered: a second connection computes CertificateVerify and nothing else, and that it always does. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { serverCertificates, serverCertificatesRemembered } from '../../src/tls/certificates.js';
import { tls13 } from '../../src/tls/profiles.js';
import { type Identity, makeCertificate } from '../../tools/certificates.js';
import { assertReceived, assertRefused } from '../peers/exchange.js';
import { replaced } from '../peers/flights.js';
import { authority, leaf, SERVER_NAME_UNDER_TEST } from '../peers/identities.js';
import { exchange } from '../peers/refusal.js';
import type { Step } from '../peers/scripted-server.js';
import { applicationData, certificateVerify, closeNotify, fin, serverFlight } from '../peers/steps.js';
import { slowProvider } from '../slow-provider.js';

describe('serverCertificatesRemembered', () => {
  let intermediate: Identity;
  let identity: Identity;

  before(async () => {
    intermediate = await makeCertificate({ ca: true, subject: 'CN=Intermediate', issuer: await authority() });
    identity = await leaf({ issuer: intermediate });
  });

  /** Connections of one profile with one provider; each answers how many signatures it has verified. */
  function connections(certificates = serverCertificatesRemembered()) {
    const slow = slowProvider(nodeCryptoProvider, 1);
    const client = { profile: { ...tls13, certificates }, crypto: slow.provider };
    return async (flight: Step[] = serverFlight(), serverName = SERVER_NAME_UNDER_TEST) => {
      const before = slow.begun.length;
      const afterFinished = [applicationData('hi'), closeNotify, fin];
      const server = { flights: [flight], afterFinished, chain: [intermediate] };
      const ran = (await exchange(server, { ...client, serverName }, identity)).run();
      return { ran, verified: slow.begun.slice(before).filter(name => name === 'verify').length };
    };
  }

  it('the path of a later connection costs nothing, its CertificateVerify what it always does', async () => {
    const connect = connections();
    for (const expected of [3, 1, 1]) {
      const { ran, verified } = await connect();
      assertReceived(ran, 'hi');
      assert.equal(verified, expected);
      assert.equal(ran.client.peerPath?.path.length, 2);
    }
  });

  it('who does not compose it in verifies everything every time', async () => {
    const connect = connections(serverCertificates);
    for (let i = 0; i < 2; i++) assert.equal((await connect()).verified, 3);
  });

  it('a server that lacks the key of the certificate is refused at every connection', async () => {
    const connect = connections();
    const wrong = replaced(
      serverFlight(),
      'CertificateVerify',
      certificateVerify(undefined, undefined, 'TLS 1.3, client CertificateVerify'),
    );
    for (const flight of [serverFlight(), wrong, serverFlight(), wrong]) {
      const { ran } = await connect(flight);
      if (flight === wrong) assertRefused(ran, 'ERR_TLS_BAD_CERTIFICATE_VERIFY', 'handshake');
      else assertReceived(ran, 'hi');
    }
  });

  it('a name that the certificate is not for is refused at every connection', async () => {
    const connect = connections();
    assertReceived((await connect()).ran, 'hi');
    assertRefused((await connect(serverFlight(), 'other.test')).ran, 'ERR_CERT_NAME_MISMATCH', 'handshake');
  });
});
