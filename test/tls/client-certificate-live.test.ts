/** Client certificates in both versions with real servers: node:tls, `openssl s_server`, `gnutls-serv`; required and optional, keys of both kinds, chains of two. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { portableSigners } from '../../src/crypto/portable-signers.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { CLOSE_NOTIFY, type TlsClient } from '../../src/tls/client.js';
import { privateKeyFromPem } from '../../src/x509/private-key.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import { authority, client as clientChain, server as serverIdentity } from '../peers/identities.js';
import { isInstalled, PAGE, type RunningServer, startGnutls, startNode, startOpenssl } from '../peers/servers.js';
import { trusting } from '../peers/trust.js';
import { skip } from '../skip.js';
import { type ClientOptions, exchange, provider } from './connection.js';

const REQUEST = 'GET / HTTP/1.0\r\n\r\n';
const KINDS = ['p256', 'rsa2048'] as const;
const CERTIFICATE_REQUIRED = 116;
const HANDSHAKE_FAILURE = 40;

type Kind = (typeof KINDS)[number];
type Version = 'TLSv1.2' | 'TLSv1.3';

async function own(kind: Kind): Promise<Pick<ClientOptions, 'cert' | 'key'>> {
  const chain = await clientChain(kind);
  return { cert: chain.map(({ der }) => der), key: privateKeyFromPem(chain[0]!.keyPem) };
}

describe('client certificates with real servers', function () {
  this.timeout(30000);
  let trust: TrustPolicy;
  let directory: string;
  let caFile: string;
  let running: RunningServer | undefined;

  before(async () => {
    const ca = await authority();
    trust = trusting(ca);
    directory = mkdtempSync(join(tmpdir(), 'ringlet-clients-'));
    caFile = join(directory, 'ca.pem');
    writeFileSync(caFile, ca.pem);
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });

  /** A page and a clean end; answers both. */
  async function fetchPage(
    server: RunningServer,
    options: ClientOptions,
  ): Promise<{ client: TlsClient; page: string }> {
    running = server;
    const { client, data, end } = await exchange(server.port, trust, REQUEST, options);
    if (client.error) throw client.error;
    assert.equal(end, CLOSE_NOTIFY);
    assert.ok(client.handshakeComplete);
    return { client, page: data.toString() };
  }

  for (const version of ['TLSv1.3', 'TLSv1.2'] as Version[]) {
    describe(version, () => {
      const flag = version === 'TLSv1.3' ? '-tls1_3' : '-tls1_2';

      for (const kind of KINDS) {
        for (const [stack, crypto] of [
          ['node:crypto', nodeCryptoProvider],
          ['portable signers', { ...portableProvider, signers: portableSigners }],
        ] as Array<[string, CryptoProvider]>) {
          it(`node:tls requires one: ${kind}, ${stack}`, async () => {
            const seen: unknown[] = [];
            const serve = (socket: TLSSocket) => {
              seen.push(
                socket.authorized,
                socket.getProtocol() ?? '',
                socket.getPeerCertificate(true).issuerCertificate?.subject.CN,
              );
              socket.once('data', () => socket.end(PAGE));
            };
            const options = {
              requestCert: true,
              ca: (await authority()).pem,
              minVersion: version,
              maxVersion: version,
            };
            const server = await startNode(await serverIdentity(), options, serve);
            const { client, page } = await fetchPage(server, { ...(await own(kind)), crypto });
            assert.equal(page, PAGE);
            assert.equal(client.certificateSent, true);
            assert.deepEqual(seen, [true, version, 'Clients']);
          });
        }

        it(`openssl s_server -Verify: ${kind}`, async function () {
          if (!isInstalled('openssl')) return skip(this, 'openssl is not installed');
          const args = ['-www', '-Verify', '3', '-verify_return_error', '-CAfile', caFile, flag];
          const server = await startOpenssl(await serverIdentity(), args);
          const { page } = await fetchPage(server, await own(kind));
          assert.match(page, /Client certificate[\s\S]*CN ?= ?a device/);
        });

        it(`openssl s_server -verify, with SHA-384 suites: ${kind}`, async function () {
          if (!isInstalled('openssl')) return skip(this, 'openssl is not installed');
          const args = ['-www', '-verify', '3', '-verify_return_error', '-CAfile', caFile, flag];
          const server = await startOpenssl(await serverIdentity(), args);
          const crypto = provider(['aes-256-gcm'], ['x25519', 'secp256r1']);
          const { client, page } = await fetchPage(server, { ...(await own(kind)), crypto });
          assert.match(page, /Client certificate[\s\S]*CN ?= ?a device/);
          assert.match(client.cipherSuite!, /SHA384/);
        });

        it(`gnutls-serv --require-client-cert: ${kind}`, async function () {
          if (!isInstalled('gnutls-serv')) return skip(this, 'gnutls-serv is not installed');
          const priority = `NORMAL:-VERS-ALL:+VERS-${version.replace('v', '')}`;
          const args = ['--require-client-cert', '--verify-client-cert', '--x509cafile', caFile];
          const server = await startGnutls(await serverIdentity(), priority, args);
          const { client, page } = await fetchPage(server, await own(kind));
          assert.equal(client.protocolVersion, version);
          assert.match(page, /a device of this kind/);
        });
      }

      it('openssl s_server -verify without a certificate: goes on', async function () {
        if (!isInstalled('openssl')) return skip(this, 'openssl is not installed');
        const server = await startOpenssl(await serverIdentity(), ['-www', '-verify', '3', '-CAfile', caFile, flag]);
        const { client, page } = await fetchPage(server, {});
        assert.match(page, /no client certificate available/);
        assert.equal(client.certificateSent, false);
      });

      it('openssl s_server -Verify without a certificate: its alert', async function () {
        if (!isInstalled('openssl')) return skip(this, 'openssl is not installed');
        running = await startOpenssl(await serverIdentity(), ['-www', '-Verify', '3', '-CAfile', caFile, flag]);
        const { client, end } = await exchange(running.port, trust, REQUEST);
        assert.equal(end, 'ERR_TLS_ALERT_RECEIVED');
        assert.equal(client.error?.alert, version === 'TLSv1.3' ? CERTIFICATE_REQUIRED : HANDSHAKE_FAILURE);
      });

      it('openssl s_server -client_sigalgs: what the key cannot do is answered with no certificate', async function () {
        if (!isInstalled('openssl')) return skip(this, 'openssl is not installed');
        const args = ['-www', '-verify', '3', '-CAfile', caFile, '-client_sigalgs', 'rsa_pss_rsae_sha256', flag];
        const server = await startOpenssl(await serverIdentity(), args);
        const { client, page } = await fetchPage(server, await own('p256'));
        assert.match(page, /no client certificate available/);
        assert.equal(client.certificateSent, false);
      });

      for (const protocol of ['mqtt', 'x-amzn-mqtt-ca']) {
        it(`as brokers want it: mutual authentication and ALPN ${protocol}`, async () => {
          const seen: unknown[] = [];
          const options = {
            requestCert: true,
            ca: (await authority()).pem,
            ALPNProtocols: [protocol],
            minVersion: version,
            maxVersion: version,
          };
          // The broker sends CONNACK when it has the client's CONNECT.
          const serve = (socket: TLSSocket) => {
            seen.push(socket.authorized, socket.alpnProtocol);
            socket.once('data', () => socket.end(Buffer.from([0x20, 2, 0, 0])));
          };
          running = await startNode(await serverIdentity('rsa2048'), options, serve);
          const connect = Buffer.from([0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x64]);
          const config = { ...(await own('rsa2048')), alpnProtocols: [protocol] };
          const { client, data } = await exchange(running.port, trust, connect, config);
          if (client.error) throw client.error;
          assert.deepEqual([...data], [0x20, 2, 0, 0]);
          assert.equal(client.alpnProtocol, protocol);
          assert.deepEqual(seen, [true, protocol]);
        });
      }

      it('a session goes on without it: the server knows', async () => {
        const seen: unknown[] = [];
        const serve = (socket: TLSSocket) => {
          seen.push(socket.authorized, socket.isSessionReused());
          socket.once('data', () => socket.end(PAGE));
        };
        const options = {
          requestCert: true,
          ca: (await authority()).pem,
          sessionIdContext: 'clients',
          minVersion: version,
          maxVersion: version,
        };
        const server = await startNode(await serverIdentity(), options, serve);
        const sessions: Uint8Array[] = [];
        const config = {
          ...(await own('p256')),
          listener: { session: (session: Uint8Array) => void sessions.push(session) },
        };
        const first = await fetchPage(server, config);
        assert.equal(first.client.certificateSent, true);
        assert.ok(sessions.length > 0);
        const second = await fetchPage(server, { ...config, session: sessions[0] });
        assert.equal(second.client.resumed, true);
        assert.equal(second.client.certificateSent, undefined);
        assert.deepEqual(seen, [true, false, true, true]);
      });
    });
  }
});
