/** TLS 1.2 with node:tls, openssl s_server and gnutls-serv: suites, sessions, client certificates asked for, renegotiation. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { parseSession } from '../../src/tls/session.js';
import type { Identity, KeyKind } from '../../tools/certificates.js';
import { skip } from '../skip.js';
import { Conversation, type ConversationOptions } from './conversation.js';
import { authority, server as serverIdentity } from './identities.js';
import {
  isInstalled,
  PAGE,
  type RunningServer,
  startGnutls,
  startNode,
  startOpenssl,
  untilPrinted,
} from './servers.js';
import { trusting } from './trust.js';
import { nodeWire, simulatedChipWire, type Wire } from './wires.js';

const REQUEST = 'GET / HTTP/1.0\r\n\r\n';

const stacks: { name: string; open: () => Wire; crypto: CryptoProvider }[] = [
  { name: 'node:net, node:crypto', open: nodeWire, crypto: nodeCryptoProvider },
  { name: 'the simulated W5500, portable crypto', open: simulatedChipWire, crypto: portableProvider },
];

/** [OpenSSL's name, GnuTLS' name, the registry's], each behind ECDHE and the kind of key. */
const SUITES = [
  ['AES128-GCM-SHA256', 'AES-128-GCM', 'AES_128_GCM_SHA256'],
  ['AES256-GCM-SHA384', 'AES-256-GCM', 'AES_256_GCM_SHA384'],
  ['CHACHA20-POLY1305', 'CHACHA20-POLY1305', 'CHACHA20_POLY1305_SHA256'],
] as const;

const KINDS: [string, KeyKind][] = [
  ['ECDSA', 'p256'],
  ['RSA', 'rsa2048'],
];

for (const stack of stacks) {
  describe(`TLS 1.2 over ${stack.name}`, function () {
    this.timeout(20000);

    let running: RunningServer | undefined;
    let wire: Wire | undefined;
    afterEach(async () => {
      await running?.stop();
      wire?.close();
      running = wire = undefined;
    });

    async function talkTo(server: RunningServer, options: Partial<ConversationOptions> = {}): Promise<Conversation> {
      running = server;
      wire ??= stack.open();
      const trust = trusting(await authority(), await authority('rsa2048'));
      const conversation = new Conversation({ wire, port: server.port, crypto: stack.crypto, trust, ...options });
      await conversation.until('the handshake', () => conversation.client.handshakeComplete);
      assert.equal(conversation.client.protocolVersion, 'TLSv1.2');
      return conversation;
    }

    /** Asks for a page; answers once the server has ended cleanly. */
    async function fetchPage(server: RunningServer, options: Partial<ConversationOptions> = {}): Promise<Conversation> {
      const conversation = await talkTo(server, options);
      await conversation.write(REQUEST);
      await conversation.until('close_notify', () => conversation.closeNotify);
      await conversation.end();
      assert.ok(conversation.received.toLowerCase().startsWith(PAGE), conversation.received);
      return conversation;
    }

    function itSpeaks(start: (identity: Identity, suite: number, kind: string) => Promise<RunningServer>): void {
      SUITES.forEach(([name, , registered], suite) => {
        for (const [kind, key] of KINDS) {
          it(`ECDHE-${kind}-${name}, offered with TLS 1.3 and alone`, async () => {
            const server = await start(await serverIdentity(key), suite, kind);
            for (const maxVersion of [undefined, 'TLSv1.2'] as const) {
              const { client } = await fetchPage(server, { maxVersion });
              assert.equal(client.cipherSuite, `TLS_ECDHE_${kind}_WITH_${registered}`);
            }
          });
        }
      });
    }

    /** A session of one connection is taken up in the next. */
    async function resumes(server: RunningServer, by: 'sessionId' | 'ticket'): Promise<void> {
      const first = await fetchPage(server);
      assert.equal(first.sessions.length, 1);
      assert.ok(parseSession(first.sessions[0]!)[by].length > 0, 'no ' + by);
      const second = await fetchPage(server, { session: first.sessions[0] });
      assert.equal(second.client.resumed, true);
      const third = await fetchPage(server, { session: second.sessions[0], maxVersion: 'TLSv1.2' });
      assert.equal(third.client.resumed, true);
    }

    describe('node:tls', () => {
      const older = { maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' } as const;
      itSpeaks((identity, suite, kind) =>
        startNode(identity, { ...older, ciphers: `ECDHE-${kind}-${SUITES[suite]![0]}` }),
      );

      it('resumption by ticket', async () => resumes(await startNode(await serverIdentity(), older), 'ticket'));

      it('asks for a client certificate and takes none', async () => {
        const options = { ...older, requestCert: true, rejectUnauthorized: false };
        await fetchPage(await startNode(await serverIdentity(), options));
      });

      it('a server of TLS 1.3 that meets a client of TLS 1.2: its sentinel is no downgrade then', async () => {
        await fetchPage(await startNode(await serverIdentity(), { minVersion: 'TLSv1.2' }), { maxVersion: 'TLSv1.2' });
      });

      it('200 KB to the server, and back', async () => {
        const echo = (socket: NodeJS.ReadWriteStream) => socket.pipe(socket);
        const text = Array.from({ length: 40000 }, (_, i) => String(i).padStart(5, '0')).join('');
        const conversation = await talkTo(await startNode(await serverIdentity(), older, echo));
        await conversation.write(text);
        await conversation.until('the echo', () => conversation.received.length >= text.length);
        await conversation.end();
        assert.ok(conversation.received === text, 'the echo differs');
      });
    });

    describe('openssl s_server', () => {
      before(function () {
        if (!isInstalled('openssl')) skip(this, 'openssl is not installed');
      });
      const start = async (...args: string[]) => startOpenssl(await serverIdentity(), ['-tls1_2', ...args]);
      itSpeaks((identity, suite, kind) =>
        startOpenssl(identity, ['-tls1_2', '-www', '-cipher', `ECDHE-${kind}-${SUITES[suite]![0]}`]),
      );

      it('resumption by ticket', async () => resumes(await start('-www'), 'ticket'));

      it('-no_ticket: resumption by ID', async () => resumes(await start('-www', '-no_ticket'), 'sessionId'));

      for (const args of [['-max_send_frag', '512'], ['-verify', '1'], ['-serverpref'], ['-groups', 'P-256']]) {
        it(args.join(' '), async () => {
          await fetchPage(await start('-www', ...args));
        });
      }

      /** `R` makes s_server ask for a renegotiation, and then write more. */
      for (const renegotiation of [false, true]) {
        it(`R in mid-transfer, ${renegotiation ? 'allowed (5d)' : 'refused by default (5c)'}`, async () => {
          const server = await start();
          const conversation = await talkTo(server, { renegotiation });
          const expectText = (text: string) => conversation.until(text, () => conversation.received.includes(text));
          server.type('before');
          await expectText('before\n');
          await conversation.write('from the client\n');
          server.type('R');
          if (!renegotiation) {
            // To our warning OpenSSL says: "Terminate with a fatal alert because if application tried to renegotiate it presumably had a good reason".
            await assert.rejects(
              conversation.until('the end', () => false),
              { code: 'ERR_TLS_ALERT_RECEIVED', alert: 40 },
            );
            await untilPrinted(server, 'no renegotiation');
            return;
          }
          await conversation.until('ClientHello', () => conversation.clientHellos === 2);
          await conversation.write('amid it\n');
          await conversation.until('the data at the server', () => server.log.includes('amid it'));
          server.type('after');
          await expectText('after\n');
          await conversation.write('and back\n');
          await conversation.until('the data at the server', () => server.log.includes('and back'));
          assert.equal(conversation.clientHellos, 2);
          await conversation.end();
        });
      }

      it('R again and again, with a client certificate asked for by it (r)', async () => {
        const server = await start('-verify', '1');
        const conversation = await talkTo(server, { renegotiation: true });
        for (let i = 1; i < 5; i++) {
          server.type(i % 2 ? 'R' : 'r');
          await conversation.until('ClientHello', () => conversation.clientHellos === 1 + i);
          await conversation.write(`round ${i}\n`);
          await conversation.until('data', () => server.log.includes(`round ${i}`));
        }
        await conversation.end();
      });
    });

    describe('gnutls-serv', () => {
      before(function () {
        if (!isInstalled('gnutls-serv')) skip(this, 'gnutls-serv is not installed');
      });
      const base = 'NORMAL:-VERS-ALL:+VERS-TLS1.2';
      itSpeaks((identity, suite, kind) =>
        startGnutls(identity, `${base}:-CIPHER-ALL:+${SUITES[suite]![1]}:-KX-ALL:+ECDHE-${kind}`),
      );

      it('resumption by ticket', async () => resumes(await startGnutls(await serverIdentity(), base), 'ticket'));

      it('--noticket: resumption by ID', async () => {
        await resumes(await startGnutls(await serverIdentity(), base, ['--noticket']), 'sessionId');
      });
    });
  });
}
