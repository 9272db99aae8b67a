/** Sessions, external keys and early data with real servers on loopback: node:tls, `openssl s_server`, `gnutls-serv`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { handshakeLog } from '../../src/tls/handshake-log.js';
import { preSharedKeys } from '../../src/tls/psk/pre-shared-keys.js';
import { parseSession } from '../../src/tls/session.js';
import { skip } from '../skip.js';
import { Conversation, type ConversationOptions } from './conversation.js';
import { authority, server as serverIdentity } from './identities.js';
import { isInstalled, PAGE, type RunningServer, startGnutls, startNode, startOpenssl } from './servers.js';
import { trusting } from './trust.js';
import { nodeWire } from './wires.js';

const REQUEST = 'GET / HTTP/1.0\r\n\r\n';
const PSK = { identity: Buffer.from('board 7'), key: Buffer.alloc(32, 0x5a), hash: 'sha256' as const };
/** A profile that has keys and nothing else. */
const keysOnly = { profile: { preSharedKeys, handshakeLog }, trust: {} };
const CERTIFICATE = 11;

describe('interoperability of sessions', function () {
  this.timeout(20000);

  let running: RunningServer | undefined;
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });

  async function talk(options: Partial<ConversationOptions>): Promise<Conversation> {
    const { port } = running!;
    return new Conversation({ wire: nodeWire(), port, trust: trusting(await authority()), ...options });
  }

  /** Asks for a page; answers what came, once the server has ended cleanly. */
  async function fetchPage(options: Partial<ConversationOptions> = {}): Promise<Conversation> {
    const conversation = await talk(options);
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

  /** With `openssl s_server`, which a test types at: one line to it, one back. */
  async function lines(options: Partial<ConversationOptions>, expected = 'late'): Promise<Conversation> {
    const server = running!;
    const before = server.log.length;
    const conversation = await talk(options);
    try {
      await conversation.until('the handshake', () => conversation.client.handshakeComplete);
      if (expected === 'late') await conversation.write('late\n');
      await conversation.until(expected, () => server.log.slice(before).includes(expected));
      server.type('answer');
      await conversation.until('the answer', () => conversation.received.includes('answer'));
      await conversation.end();
      await conversation.until('the end', () => server.log.slice(before).includes('DONE'));
    } finally {
      conversation.abort();
    }
    return conversation;
  }

  const facts = ({ client, flight, clientHellos }: Conversation) => ({
    resumed: client.resumed,
    group: client.group,
    certificate: flight.includes(CERTIFICATE),
    hellos: clientHellos,
  });
  const full = { resumed: false, group: 'x25519', certificate: true, hellos: 1 };
  const resumed = { ...full, resumed: true, certificate: false };
  const withoutExchange = { ...resumed, group: undefined };

  describe('node:tls', () => {
    for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']) {
      it(`${suite}: both tickets of a connection are resumed`, async () => {
        running = await startNode(await serverIdentity(), { ciphers: suite, ALPNProtocols: ['http/1.1'] });
        const first = await fetchPage({ alpnProtocols: ['http/1.1'] });
        assert.deepEqual(facts(first), full);
        assert.equal(first.sessions.length, 2);
        for (const session of first.sessions) {
          const again = await fetchPage({ session, alpnProtocols: ['http/1.1'] });
          assert.deepEqual(facts(again), resumed);
          assert.deepEqual([again.client.cipherSuite, again.client.alpnProtocol], [suite, 'http/1.1']);
        }
      });
    }

    it('a server that has lost its ticket keys makes a full handshake', async () => {
      running = await startNode(await serverIdentity(), {});
      const [session] = (await fetchPage()).sessions;
      await running.stop();
      running = await startNode(await serverIdentity(), {});
      assert.deepEqual(facts(await fetchPage({ session })), full);
    });

    it('a server of TLS 1.2: early data are handed back', async () => {
      running = await startNode(await serverIdentity(), { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
      const conversation = await fetchPage({ earlyData: Buffer.from('early') });
      assert.equal(conversation.client.protocolVersion, 'TLSv1.2');
      assert.deepEqual(conversation.earlyData, [{ accepted: false, text: 'early' }]);
    });

    it('after a HelloRetryRequest', async () => {
      running = await startNode(await serverIdentity(), { ecdhCurve: 'prime256v1' });
      const [session] = (await fetchPage()).sessions;
      assert.deepEqual(facts(await fetchPage({ session })), { ...resumed, group: 'secp256r1', hellos: 2 });
    });
  });

  describe('openssl s_server', () => {
    before(function () {
      if (!isInstalled('openssl')) skip(this, 'openssl is not installed');
    });
    const external = ['-psk', PSK.key.toString('hex'), '-psk_identity', 'board 7'];
    const start = async (...args: string[]) => {
      running = await startOpenssl(await serverIdentity(), args);
    };

    it('-num_tickets 4: all are resumed, and each connection brings the next one', async () => {
      await start('-www', '-num_tickets', '4');
      let { sessions } = await fetchPage();
      assert.equal(sessions.length, 4);
      for (const session of sessions) assert.deepEqual(facts(await fetchPage({ session })), resumed);
      for (let i = 0; i < 3; i++) {
        const again = await fetchPage({ session: sessions[0] });
        assert.deepEqual(facts(again), resumed);
        sessions = again.sessions;
      }
    });

    it('-num_tickets 0: no session', async () => {
      await start('-www', '-num_tickets', '0');
      assert.equal((await fetchPage()).sessions.length, 0);
    });

    it('-no_ticket: the ticket is a name in the memory of the server, good once', async () => {
      await start('-www', '-no_ticket');
      const [session] = (await fetchPage()).sessions;
      assert.equal(parseSession(session).ticket.length, 32);
      assert.deepEqual(facts(await fetchPage({ session })), resumed);
    });

    it('-stateless: a cookie, and the session behind it', async () => {
      await start('-stateless');
      const first = await lines({});
      assert.deepEqual(facts(first), { ...full, hellos: 2 });
      assert.deepEqual(facts(await lines({ session: first.sessions[0] })), resumed);
    });

    it('-allow_no_dhe_kex: psk_ke', async () => {
      await start('-www', '-allow_no_dhe_kex');
      const [session, other] = (await fetchPage()).sessions;
      assert.deepEqual(facts(await fetchPage({ session, pskMode: 'psk_ke' })), withoutExchange);
      assert.deepEqual(facts(await fetchPage({ session: other })), resumed);
    });

    it('psk_ke where it is not allowed: full handshake, one round trip more', async () => {
      await start('-www');
      const [session] = (await fetchPage()).sessions;
      assert.deepEqual(facts(await fetchPage({ session, pskMode: 'psk_ke' })), { ...full, hellos: 2 });
    });

    it('-psk: both modes, and then the session of such a connection', async () => {
      await start('-www', '-allow_no_dhe_kex', ...external);
      const withKey = { resumed: false, group: 'x25519', certificate: false, hellos: 1 };
      const first = await fetchPage({ ...keysOnly, psk: PSK });
      assert.deepEqual(facts(first), withKey);
      const [session] = first.sessions;
      assert.deepEqual(facts(await fetchPage({ ...keysOnly, psk: PSK, session })), resumed);
      const without = await fetchPage({ ...keysOnly, psk: PSK, pskMode: 'psk_ke' });
      assert.deepEqual(facts(without), { ...withKey, group: undefined });
    });

    it('-nocert -psk: a server without any certificate', async () => {
      running = await startOpenssl(await serverIdentity(), ['-nocert', '-www', ...external]);
      assert.equal((await fetchPage({ ...keysOnly, psk: PSK })).client.resumed, false);
    });

    it('a key that the server does not know: its certificate, or, for who has none, the end', async () => {
      await start('-www', '-psk', PSK.key.toString('hex'), '-psk_identity', 'board 8');
      assert.deepEqual(facts(await fetchPage({ psk: PSK })), full);
      await assert.rejects(fetchPage({ ...keysOnly, psk: PSK }), {
        code: /ERR_TLS_(HANDSHAKE_FAILURE|ALERT_RECEIVED)/,
      });
    });

    it('another key by that name is refused by its binder', async () => {
      await start('-www', ...external);
      await assert.rejects(fetchPage({ psk: { ...PSK, key: Buffer.alloc(32) } }), { code: 'ERR_TLS_ALERT_RECEIVED' });
    });

    const early = (session: Uint8Array | undefined) => ({ session, earlyData: Buffer.from('early\n') });
    for (const suite of ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']) {
      it(`-early_data, ${suite}: accepted`, async () => {
        await start('-early_data', '-ciphersuites', suite);
        const first = await lines(early(undefined));
        assert.deepEqual(first.earlyData, [{ accepted: false, text: 'early\n' }]);
        const again = await lines(early(first.sessions[0]), 'early');
        assert.deepEqual([again.earlyData, facts(again)], [[{ accepted: true, text: 'early\n' }], resumed]);
        const once = await lines(early(again.sessions[0]), 'early');
        assert.equal(once.client.earlyDataAccepted, true);
      });
    }

    it('-early_data: a session that was used before is not resumed, and early data are rejected', async () => {
      await start('-early_data');
      const [session] = (await lines({})).sessions;
      assert.equal((await lines(early(session), 'early')).client.earlyDataAccepted, true);
      const again = await lines(early(session));
      assert.deepEqual([again.earlyData, facts(again)], [[{ accepted: false, text: 'early\n' }], full]);
    });

    it('-early_data with a HelloRetryRequest: rejected', async () => {
      await start('-early_data', '-groups', 'P-256');
      const [session] = (await lines({})).sessions;
      const again = await lines(early(session));
      assert.deepEqual([again.earlyData, again.clientHellos], [[{ accepted: false, text: 'early\n' }], 2]);
    });
  });

  describe('gnutls-serv', () => {
    before(function () {
      if (!isInstalled('gnutls-serv')) skip(this, 'gnutls-serv is not installed');
    });
    const base = 'NORMAL:-VERS-ALL:+VERS-TLS1.3';

    it('tickets', async () => {
      running = await startGnutls(await serverIdentity(), base);
      const first = await fetchPage();
      assert.deepEqual(facts(first), full);
      assert.ok(first.sessions.length > 0);
      for (const session of first.sessions) assert.deepEqual(facts(await fetchPage({ session })), resumed);
    });

    it('--pskpasswd: psk_dhe_ke and psk_ke', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'ringlet-psk-'));
      const file = join(directory, 'keys');
      writeFileSync(file, `board7:${PSK.key.toString('hex')}\n`);
      try {
        running = await startGnutls(await serverIdentity(), `${base}:+DHE-PSK:+ECDHE-PSK:+PSK`, ['--pskpasswd', file]);
        const psk = { ...PSK, identity: Buffer.from('board7') };
        for (const pskMode of [undefined, 'psk_ke'] as const) {
          const { client, flight } = await fetchPage({ ...keysOnly, psk, pskMode });
          assert.deepEqual([client.resumed, client.group], [false, pskMode ? undefined : 'x25519']);
          assert.ok(!flight.includes(CERTIFICATE));
        }
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });

    it('--earlydata: accepted', async function () {
      const help = spawnSync('gnutls-serv', ['--help']).stdout.toString();
      if (!help.includes('--earlydata')) skip(this, 'gnutls-serv knows no early data');
      running = await startGnutls(await serverIdentity(), base, ['--earlydata']);
      const [session] = (await fetchPage()).sessions;
      const conversation = await talk({ session, earlyData: Buffer.from(REQUEST) });
      // It prints them, and waits for a request.
      await conversation.until('the handshake', () => conversation.client.handshakeComplete);
      assert.deepEqual(conversation.earlyData, [{ accepted: true, text: REQUEST }]);
      await conversation.write(REQUEST);
      await conversation.until('close_notify', () => conversation.closeNotify);
      await conversation.end();
      assert.ok(conversation.received.toLowerCase().startsWith(PAGE), conversation.received);
    });
  });
});
