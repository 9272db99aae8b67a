/** Client certificates in both versions with real servers: node:tls, `openssl s_server`, `gnutls-serv`; required and optional, keys of both kinds, chains of two. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { TLSSocket, type TLSSocketOptions } from 'node:tls';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { NO_DATA_YET } from '../../src/bytes/outcomes.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { portableSigners } from '../../src/crypto/portable-signers.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { CLOSE_NOTIFY, type TlsClient } from '../../src/tls/client.js';
import { privateKeyFromPem } from '../../src/x509/private-key.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import { authority, client as clientChain, server as serverIdentity } from '../peers/identities.js';
import {
  isInstalled,
  PAGE,
  type RunningServer,
  startGnutls,
  startNode,
  startOpenssl,
  untilPrinted,
} from '../peers/servers.js';
import { trusting } from '../peers/trust.js';
import { skip } from '../skip.js';
import { type ClientOptions, drain, exchange, feed, makeClient, provider, takeOutput } from './connection.js';

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
        assert.equal(second.client.certificateSent, false);
        assert.deepEqual(seen, [true, false, true, true]);
      });
    });
  }

  describe('TLSv1.2, byte by byte', () => {
    // 1a: what a transport takes at a time.
    for (const accept of [1, 5, 6, 17, 536, 1460, Infinity]) {
      it(`a transport that takes ${accept}: Certificate, ClientKeyExchange, CertificateVerify, change_cipher_spec, Finished`, async () => {
        const { pem, keyPem } = await serverIdentity();
        const { client, input } = makeClient(trust, { ...(await own('rsa2048')), maxVersion: 'TLSv1.2' });
        const incoming: Buffer[] = [];
        const pipe = new Duplex({
          read() {},
          write(bytes, _encoding, done) {
            incoming.push(bytes);
            done();
          },
        });
        const secure = new TLSSocket(pipe, {
          isServer: true,
          requestCert: true,
          rejectUnauthorized: true,
          ca: (await authority()).pem,
          cert: pem,
          key: keyPem,
        } as TLSSocketOptions);
        let wire = Buffer.alloc(0);
        for (let turn = 0; turn < 20000 && !(client.handshakeComplete && client.output.length === 0); turn++) {
          const out = takeOutput(client, accept);
          wire = Buffer.concat([wire, out]);
          if (out.length > 0) pipe.push(out);
          await new Promise(resolve => setImmediate(resolve));
          for (const bytes of incoming.splice(0)) assert.equal(feed(input, bytes).length, 0);
          assert.equal(drain(client).end, NO_DATA_YET);
        }
        assert.ok(client.handshakeComplete);
        await new Promise(resolve => setImmediate(resolve));
        assert.match(secure.getPeerCertificate().subject.CN as string, /^a device/);
        const records: string[] = [];
        for (let at = 0; at < wire.length; at += 5 + wire.readUInt16BE(at + 3)) {
          // What is behind change_cipher_spec is ciphertext.
          records.push(records.includes('20') ? 'sealed' : wire[at] === 22 ? `22:${wire[at + 5]}` : `${wire[at]}`);
        }
        assert.deepEqual(records, ['22:1', '22:11', '22:16', '22:15', '20', 'sealed']);
        secure.destroy();
      });
    }

    it('openssl s_server asks for it in a renegotiation, amid data', async function () {
      if (!isInstalled('openssl')) return skip(this, 'openssl is not installed');
      running = await startOpenssl(await serverIdentity(), ['-CAfile', caFile, '-tls1_2', '-legacy_renegotiation']);
      const { type, port } = running;
      const served = running;
      let typed = false;
      const types: number[] = [];
      const options: ClientOptions = {
        ...(await own('p256')),
        renegotiation: true,
        outputSize: 1024,
        listener: { message: (sent, handshakeType) => void (sent && types.push(handshakeType)) },
      };
      const lines = Array.from({ length: 200 }, (_, i) => `line ${i}\n`).join('');
      const result = exchange(port, trust, lines, options, () => {
        if (typed || !served.log.includes('line 1\n')) return;
        typed = true;
        type('R');
      });
      let said = false;
      const terminal = setInterval(() => {
        // Something has to come, so that the client looks.
        if (!typed) type('knock');
        else if (types.length < 8) return;
        else if (said) type('Q');
        else {
          said = true;
          type('hello from the server');
        }
      }, 100);
      const { client, data } = await result.finally(() => clearInterval(terminal));
      assert.match(data.toString(), /hello from the server/);
      assert.deepEqual(types, [1, 16, 20, 1, 11, 16, 15, 20]);
      await untilPrinted(served, 'line 199');
      await untilPrinted(served, 'a device of this kind');
      assert.equal(client.protocolVersion, 'TLSv1.2');
    });
  });
});
