/**
 * The interoperability matrix against real servers on loopback: node:tls, `openssl s_server`, `gnutls-serv`; each suite with
 * each group, with and without HelloRetryRequest; each kind of certificate; and the odd things real servers do.
 */
import assert from 'node:assert/strict';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { type Identity, type KeyKind, makeCertificate } from '../../tools/certificates.js';
import { skip } from '../skip.js';
import { Conversation, type ConversationOptions } from './conversation.js';
import { authority, leaf, server as serverIdentity } from './identities.js';
import { type SuiteName, suites } from './key-schedule.js';
import type { GroupName } from './key-shares.js';
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

/** What moves the bytes, and who computes; the engine does not know which. */
const stacks: { name: string; open: () => Wire; crypto: CryptoProvider }[] = [
  { name: 'node:net, node:crypto', open: nodeWire, crypto: nodeCryptoProvider },
  { name: 'the simulated W5500, portable crypto', open: simulatedChipWire, crypto: portableProvider },
];

/** The one who offers a share of `first` and no other. */
function preferring(crypto: CryptoProvider, first: GroupName): CryptoProvider {
  const groups = [...crypto.groups].sort(group => (group.name === first ? -1 : 1));
  return { ...crypto, groups };
}

for (const stack of stacks) {
  describe(`interoperability over ${stack.name}`, function () {
    this.timeout(20000);

    let running: RunningServer | undefined;
    let wire: Wire | undefined;
    afterEach(async () => {
      await running?.stop();
      wire?.close();
      running = wire = undefined;
    });

    function talkTo(server: RunningServer, options: Omit<ConversationOptions, 'wire' | 'port'>): Conversation {
      running = server;
      wire ??= stack.open();
      return new Conversation({ wire, port: server.port, crypto: stack.crypto, ...options });
    }

    /** Asks for a page; answers what came, once the server has ended cleanly. */
    async function fetchPage(server: RunningServer, options: Partial<ConversationOptions> = {}): Promise<Conversation> {
      const conversation = talkTo(server, { trust: trusting(await authority()), ...options });
      try {
        await conversation.until('the handshake', () => conversation.client.handshakeComplete);
        await conversation.write(REQUEST);
        await conversation.until('close_notify', () => conversation.closeNotify);
        await conversation.end();
      } finally {
        conversation.abort();
      }
      assert.ok(conversation.received.toLowerCase().startsWith(PAGE), conversation.received);
      return conversation;
    }

    /** Each suite × group of a server that accepts nothing else, the client's first share right or wrong. */
    function itSpeaks(start: (identity: Identity, suite: SuiteName, group: GroupName) => Promise<RunningServer>): void {
      for (const { name } of suites) {
        for (const group of ['x25519', 'secp256r1'] as const) {
          it(`${name} with ${group}, directly and after HelloRetryRequest`, async () => {
            const server = await start(await serverIdentity(), name, group);
            for (const first of ['x25519', 'secp256r1'] as const) {
              const { client, clientHellos } = await fetchPage(server, { crypto: preferring(stack.crypto, first) });
              assert.equal(clientHellos, first === group ? 1 : 2);
              assert.equal(client.cipherSuite, name);
              assert.equal(client.group, group);
            }
          });
        }
      }
    }

    /** Each kind of key and of signature in the chain. */
    function itAccepts(start: (identity: Identity, chain: Identity[]) => Promise<RunningServer>): void {
      const chains: [string, () => Promise<{ anchor: Identity; identity: Identity; chain?: Identity[] }>][] = [
        ...(
          [
            ['p256', 'p384'],
            ['p384', 'p384'],
            ['rsa2048', 'rsa2048'],
            ['rsa4096', 'rsa4096'],
            ['ed25519', 'ed25519'],
          ] as [KeyKind, KeyKind][]
        ).map(
          ([kind, issuer]) =>
            [
              `${kind} signed by ${issuer}`,
              async () => ({ anchor: await authority(issuer), identity: await serverIdentity(kind, issuer) }),
            ] as [string, () => Promise<{ anchor: Identity; identity: Identity; chain?: Identity[] }>],
        ),
        [
          'rsa2048 under an rsa2048 intermediate under a p384 root',
          async () => {
            const anchor = await authority('p384');
            const issuer = anchor;
            const intermediate = await makeCertificate({ kind: 'rsa2048', ca: true, subject: 'CN=Middle', issuer });
            return { anchor, identity: await leaf({ kind: 'rsa2048', issuer: intermediate }), chain: [intermediate] };
          },
        ],
      ];
      for (const [name, make] of chains) {
        it(`certificate ${name}`, async () => {
          const { anchor, identity, chain } = await make();
          await fetchPage(await start(identity, chain ?? []), { trust: trusting(anchor) });
        });
      }
    }

    describe('node:tls', () => {
      const groups = { x25519: 'X25519', secp256r1: 'prime256v1' };
      itSpeaks((identity, suite, group) => startNode(identity, { ciphers: suite, ecdhCurve: groups[group] }));
      itAccepts((identity, chain) =>
        startNode(identity, { cert: [identity, ...chain].map(({ pem }) => pem).join('\n') }),
      );

      it('ALPN', async () => {
        const server = await startNode(await serverIdentity(), { ALPNProtocols: ['mqtt', 'http/1.1'] });
        const { client } = await fetchPage(server, { alpnProtocols: ['h2', 'http/1.1'] });
        assert.equal(client.alpnProtocol, 'http/1.1');
      });

      it('200 KB to the server, and back', async () => {
        const echo = (socket: NodeJS.ReadWriteStream) => socket.pipe(socket);
        const server = await startNode(await serverIdentity(), {}, echo);
        const text = Array.from({ length: 40000 }, (_, i) => String(i).padStart(5, '0')).join('');
        const conversation = talkTo(server, { trust: trusting(await authority()) });
        await conversation.write(text);
        await conversation.until('the echo', () => conversation.received.length >= text.length);
        await conversation.end();
        assert.ok(conversation.received === text, 'the echo differs');
      });

      it('asks for a client certificate and takes none', async () => {
        await fetchPage(await startNode(await serverIdentity(), { requestCert: true, rejectUnauthorized: false }));
      });
    });

    describe('openssl s_server', () => {
      before(function () {
        if (!isInstalled('openssl')) skip(this, 'openssl is not installed');
      });
      const groups = { x25519: 'X25519', secp256r1: 'P-256' };
      const www = (...args: string[]) => ['-www', ...args];
      itSpeaks((identity, suite, group) =>
        startOpenssl(identity, www('-ciphersuites', suite, '-groups', groups[group])),
      );
      itAccepts((identity, chain) => startOpenssl(identity, www(), chain));

      for (const args of [
        ['-max_send_frag', '512'],
        ['-record_padding', '512'],
        ['-record_padding', '16384'],
        ['-verify', '1'],
        ['-no_middlebox'],
        ['-num_tickets', '0'],
        ['-num_tickets', '10'],
        ['-no_ticket'],
        ['-serverpref', '-prioritize_chacha'],
      ]) {
        it(args.join(' '), async () => {
          // A large certificate, so that 512 bytes are not enough for it.
          const server = await startOpenssl(await serverIdentity('rsa4096'), www(...args));
          await fetchPage(server);
        });
      }

      // Not with -www, where s_server forgets about its cookie.
      for (const args of [['-stateless'], ['-stateless', '-groups', 'P-256']]) {
        it(`${args.join(' ')}: HelloRetryRequest with a cookie`, async () => {
          const server = await startOpenssl(await serverIdentity(), args);
          const conversation = talkTo(server, { trust: trusting(await authority()) });
          await conversation.until('the handshake', () => conversation.client.handshakeComplete);
          assert.equal(conversation.clientHellos, 2);
          server.type('hello');
          await conversation.until('data', () => conversation.received === 'hello\n');
          await conversation.end();
        });
      }

      it('-Verify 1, which needs a client certificate: its alert is what we end with', async () => {
        const server = await startOpenssl(await serverIdentity(), www('-Verify', '1'));
        await assert.rejects(fetchPage(server), (error: { code: string; alert: number }) => {
          assert.equal(error.code, 'ERR_TLS_ALERT_RECEIVED');
          assert.equal(error.alert, 116);
          return true;
        });
      });

      it('KeyUpdates of the server in mid-stream: k, K, and data both ways', async () => {
        const server = await startOpenssl(await serverIdentity(), []);
        const conversation = talkTo(server, { trust: trusting(await authority()) });
        /** A command of s_server must be alone in what it reads, so its KeyUpdate is waited for. */
        const keyUpdate = async (command: string) => {
          const before = conversation.keyUpdates;
          server.type(command);
          await conversation.until(command, () => conversation.keyUpdates > before);
        };
        const expectText = (text: string) => conversation.until(text, () => conversation.received.includes(text));
        await conversation.until('the handshake', () => conversation.client.handshakeComplete);
        server.type('before');
        await expectText('before\n');
        await keyUpdate('k');
        server.type('after k');
        await expectText('after k\n');
        await conversation.write('answer to k\n');
        await keyUpdate('K');
        server.type('after K');
        await expectText('after K\n');
        await conversation.write('answer to K\n');
        await conversation.until('the answer at the server', () => server.log.includes('answer to K'));
        conversation.client.updateKeys(true);
        await conversation.write('our own update\n');
        await conversation.until('the data at the server', () => server.log.includes('our own update'));
        server.type('after ours');
        await expectText('after ours\n');
        await untilPrinted(server, 'answer to k');
        await conversation.end();
      });
    });

    describe('gnutls-serv', () => {
      before(function () {
        if (!isInstalled('gnutls-serv')) skip(this, 'gnutls-serv is not installed');
      });
      const ciphers: Record<SuiteName, string> = {
        TLS_AES_128_GCM_SHA256: 'AES-128-GCM',
        TLS_AES_256_GCM_SHA384: 'AES-256-GCM',
        TLS_CHACHA20_POLY1305_SHA256: 'CHACHA20-POLY1305',
        TLS_AES_128_CCM_SHA256: 'AES-128-CCM',
      };
      const groups = { x25519: 'GROUP-X25519', secp256r1: 'GROUP-SECP256R1' };
      const base = 'NORMAL:-VERS-ALL:+VERS-TLS1.3';
      itSpeaks((identity, suite, group) =>
        startGnutls(identity, `${base}:-CIPHER-ALL:+${ciphers[suite]}:-GROUP-ALL:+${groups[group]}`),
      );
      itAccepts((identity, chain) =>
        startGnutls({ ...identity, pem: [identity, ...chain].map(c => c.pem).join('\n') }, base),
      );

      it('without tickets', async () => {
        await fetchPage(await startGnutls(await serverIdentity(), base, ['--noticket']));
      });
    });
  });
}
