/** Handshakes with pre-shared keys and early data that go through: RFC 8446 §2.2, §2.3, §4.2.9 to §4.2.11, §4.6.1. The scripted server checks every binder. */
import assert from 'node:assert/strict';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import type { TlsClient } from '../../src/tls/client.js';
import { everything } from '../../src/tls/profiles.js';
import { externalKeys } from '../../src/tls/psk/external-keys.js';
import { preSharedKeys } from '../../src/tls/psk/pre-shared-keys.js';
import { parseSession } from '../../src/tls/session.js';
import type { VerifiedPath } from '../../src/x509/verify.js';
import { ALPN, EARLY_DATA, KEY_SHARE, PRE_SHARED_KEY } from './client-hello.js';
import { assertReceived, type Exchange, type ExchangeOptions } from './exchange.js';
import { replaced } from './flights.js';
import { authority } from './identities.js';
import { digest } from './key-schedule.js';
import { exchange } from './refusal.js';
import type { ServerOptions, Step } from './scripted-server.js';
import { knownKey, knownSession } from './sessions.js';
import {
  applicationData,
  changeCipherSpec,
  closeNotify,
  encryptedExtensions,
  extension,
  helloRetryRequest,
  newSessionTicket,
  pskFlight,
  selecting,
  serverFlight,
  vector,
} from './steps.js';
import { trusting } from './trust.js';

const GREETING = [applicationData('greeting'), closeNotify];
const earlyAnswer = extension(EARLY_DATA);

async function goesThrough(server: Partial<ServerOptions>, client: Partial<ExchangeOptions>): Promise<Exchange> {
  const ran = (await exchange({ afterFinished: GREETING, ...server }, client)).run();
  assertReceived(ran, 'greeting');
  return ran;
}

const offered = (ran: Exchange, hello = 0) => ran.server.clientHellos[hello].extensions.map(({ type }) => type);

/** Retries of one group; the client's first share is x25519. */
const retry = (): Step[] => [helloRetryRequest({ group: true }), changeCipherSpec];
const P256 = { group: 'secp256r1' } as const;

describe('resumption', () => {
  it('psk_dhe_ke: no certificate, the session is gone on with', async () => {
    const { client, server } = knownSession();
    const ran = await goesThrough({ ...server, flights: [pskFlight()] }, client);
    assert.deepEqual([ran.client.resumed, ran.client.group, ran.client.peerPath], [true, 'x25519', undefined]);
    const [{ psk, pskModes, keyShares }] = ran.server.clientHellos;
    assert.deepEqual([pskModes, keyShares.size], [[1], 1]);
    // 60 seconds (61, if one has begun meanwhile) and age_add, modulo 2^32.
    assert.ok([60000 - 16, 61000 - 16].includes(psk!.identities[0].age), `age ${psk!.identities[0].age}`);
  });

  it('psk_ke: without a key exchange, and without the time that a key share takes', async () => {
    const { client, server } = knownSession();
    let generated = 0;
    const groups = portableProvider.groups.map(group => ({
      ...group,
      generate: (random: Parameters<typeof group.generate>[0]) => {
        generated++;
        return group.generate(random);
      },
    }));
    const crypto = { ...portableProvider, groups };
    const ran = await goesThrough(
      { ...server, flights: [pskFlight(selecting(0, 'psk_ke'))] },
      { ...client, crypto, pskMode: 'psk_ke' },
    );
    const [{ pskModes, keyShares, extensions }] = ran.server.clientHellos;
    assert.deepEqual([pskModes, keyShares.size, generated], [[0], 0, 0]);
    assert.ok(
      extensions.some(({ type }) => type === KEY_SHARE),
      'an empty key_share, so that one can be asked for',
    );
    assert.deepEqual([ran.client.resumed, ran.client.group], [true, undefined]);
  });

  it('psk_ke: a server that wants a full handshake asks for a key share', async () => {
    const { client, server } = knownSession();
    const ran = await goesThrough({ ...server, flights: [retry(), serverFlight()] }, { ...client, pskMode: 'psk_ke' });
    assert.deepEqual([ran.client.resumed, ran.client.group, !!ran.client.peerPath], [false, 'x25519', true]);
  });

  it('a server that does not know the session any more: full handshake', async () => {
    const { client } = knownSession();
    const ran = await goesThrough({ flights: [serverFlight()] }, client);
    assert.deepEqual([ran.client.resumed, ran.client.group, !!ran.client.peerPath], [false, 'x25519', true]);
  });

  it('after a HelloRetryRequest the binders are computed anew', async () => {
    for (const asked of [{ group: true }, { cookie: Buffer.from('cookie') }]) {
      const { client, server } = knownSession();
      const flights = [[helloRetryRequest(asked), changeCipherSpec], pskFlight()];
      const ran = await goesThrough({ ...server, ...(asked.group ? P256 : {}), flights }, client);
      assert.equal(ran.client.resumed, true);
      const [first, second] = ran.server.clientHellos;
      assert.notDeepEqual(second.psk!.binders, first.psk!.binders);
    }
  });

  it('after a HelloRetryRequest with a suite of another hash the key is not offered any more', async () => {
    const { client, server } = knownSession();
    const ran = await goesThrough(
      { ...server, ...P256, suite: 'TLS_AES_256_GCM_SHA384', flights: [retry(), serverFlight()] },
      client,
    );
    assert.deepEqual([!!ran.server.clientHellos[0].psk, !!ran.server.clientHellos[1].psk], [true, false]);
    assert.equal(ran.client.resumed, false);
  });

  it('SHA-384 sessions', async () => {
    const { client, server } = knownSession({ suite: 0x1302 });
    const ran = await goesThrough({ ...server, suite: 'TLS_AES_256_GCM_SHA384', flights: [pskFlight()] }, client);
    assert.equal(ran.client.resumed, true);
  });

  it('another suite of the same hash', async () => {
    const { client, server } = knownSession();
    const ran = await goesThrough({ ...server, suite: 'TLS_CHACHA20_POLY1305_SHA256', flights: [pskFlight()] }, client);
    assert.equal(ran.client.cipherSuite, 'TLS_CHACHA20_POLY1305_SHA256');
  });

  it('a session that is over, not yet begun, or of a suite nobody has, is not offered', async () => {
    const now = Math.floor(Date.now() / 1000);
    const others = [{ lifetimeSeconds: 59 }, { issuedAt: now + 100 }, { suite: 0x1302 }, { version: 0x0303 }];
    const suites = ['aes-128-gcm', 'chacha20-poly1305'];
    const crypto = { ...portableProvider, aeads: portableProvider.aeads.filter(({ name }) => suites.includes(name)) };
    for (const change of others) {
      const ran = await goesThrough({ flights: [serverFlight()] }, { ...knownSession(change).client, crypto });
      assert.ok(!offered(ran).includes(PRE_SHARED_KEY), JSON.stringify(change));
    }
  });

  it('a ticket that is larger than there is room for is not offered', async () => {
    const { client } = knownSession({ ticket: new Uint8Array(1500) });
    const ran = await goesThrough({ flights: [serverFlight()] }, client);
    assert.ok(!offered(ran).includes(PRE_SHARED_KEY));
    const large = await goesThrough({ flights: [serverFlight()] }, { ...client, outputSize: 4096 });
    assert.ok(offered(large).includes(PRE_SHARED_KEY));
  });

  it('one of another server is ERR_USAGE', async () => {
    const { client } = knownSession({ serverName: 'other.test' });
    await assert.rejects(exchange({}, client), { code: 'ERR_USAGE' });
  });

  it('one that an external key has authenticated is not used where a certificate is wanted', async () => {
    const { client } = knownSession({ pin: Buffer.alloc(0) });
    const ran = await goesThrough({ flights: [serverFlight()] }, client);
    assert.ok(!offered(ran).includes(PRE_SHARED_KEY));
  });
});

describe('tickets', () => {
  it('each is a session with a key of its own, also those of a resumed connection', async () => {
    const tickets = [1, 2, 3].map(n => newSessionTicket([], Buffer.alloc(40, n), 7200, Buffer.alloc(n, n)));
    let { client, server }: { client: Partial<ExchangeOptions>; server: Partial<ServerOptions> } = knownSession();
    for (let round = 0; round < 3; round++) {
      const ran = await goesThrough(
        { ...server, flights: [pskFlight()], afterFinished: [...tickets, ...GREETING] },
        client,
      );
      assert.equal(ran.sessions.length, 3);
      const keys = [1, 2, 3].map(n => ran.server.ticketKey(Buffer.alloc(n, n)));
      assert.deepEqual(
        ran.sessions.map(session => Buffer.from(parseSession(session).secret)),
        keys,
      );
      const identity = Buffer.alloc(40, 2);
      client = { session: ran.sessions[1] };
      server = { psks: [{ identity, key: keys[1] }] };
    }
    assert.deepEqual(Buffer.from(parseSession(client.session!).pin), Buffer.alloc(32, 1), 'of the first connection');
  });

  it('remember the certificate, the protocol and how long they are good for', async () => {
    const earlyData = extension(EARLY_DATA, Buffer.from([0, 0, 4, 0]));
    const unknown = extension(0x1a1a, Buffer.from('grease'));
    const ticket = newSessionTicket([unknown, earlyData], Buffer.alloc(40), 604801);
    const alpn = extension(ALPN, vector(2, vector(1, Buffer.from('mqtt'))));
    const now = Math.floor(Date.now() / 1000);
    const flights = [replaced(serverFlight(), 'EncryptedExtensions', encryptedExtensions(alpn))];
    const ran = await goesThrough(
      { flights, afterFinished: [ticket, ...GREETING] },
      { alpnProtocols: ['mqtt'], unixTime: () => now + 0.75 },
    );
    const { version, suite, secret, pin, sessionId, ...facts } = parseSession(ran.sessions[0]);
    assert.deepEqual(facts, {
      extendedMasterSecret: false,
      issuedAt: now,
      lifetimeSeconds: 604800,
      ageAdd: 0x01020304,
      maxEarlyData: 1024,
      ticket: new Uint8Array(40),
      alpnProtocol: 'mqtt',
      serverName: 'server.test',
    });
    assert.deepEqual([version, suite, secret.length, sessionId.length], [0x0304, 0x1301, 32, 0]);
    const { spki } = (ran.client.peerPath as VerifiedPath).publicKey;
    assert.deepEqual(Buffer.from(pin), digest('sha256', spki));
  });

  it('are not used any more when their server is not pinned any more', async () => {
    const anchors = trusting(await authority()).anchors;
    const { client, server } = knownSession({ pin: Buffer.alloc(32, 1) });
    const good = { anchors, pins: [Buffer.alloc(32, 2), Buffer.alloc(32, 1)] };
    assert.equal(
      (await goesThrough({ ...server, flights: [pskFlight()] }, { ...client, trust: good })).client.resumed,
      true,
    );
    const ran = (
      await exchange({ flights: [serverFlight()] }, { ...client, trust: { anchors, pins: [Buffer.alloc(32, 2)] } })
    ).run();
    assert.equal(ran.error?.code, 'ERR_CERT_PIN_MISMATCH');
    assert.ok(!offered(ran).includes(PRE_SHARED_KEY));
  });

  it('with lifetime 0, or while nobody knows the time, are no sessions', async () => {
    const trust = { ...trusting(await authority()), withoutClock: 'skip-validity' as const };
    const flights = [serverFlight()];
    const over = [newSessionTicket([], Buffer.alloc(40), 0), ...GREETING];
    assert.equal((await goesThrough({ flights, afterFinished: over }, {})).sessions.length, 0);
    const late = [newSessionTicket(), ...GREETING];
    assert.equal(
      (await goesThrough({ flights, afterFinished: late }, { trust, unixTime: () => undefined })).sessions.length,
      0,
    );
  });

  it('larger than the handshake buffer are skipped', async () => {
    const afterFinished = [newSessionTicket([], Buffer.alloc(9000)), newSessionTicket(), ...GREETING];
    const ran = await goesThrough({ flights: [serverFlight()], afterFinished }, {});
    assert.deepEqual(
      ran.sessions.map(session => parseSession(session).ticket.length),
      [32],
    );
  });
});

describe('external keys', () => {
  const profile = { preSharedKeys, extensions: [] };

  for (const hash of ['sha256', 'sha384'] as const) {
    const suite = hash === 'sha256' ? 'TLS_AES_128_GCM_SHA256' : 'TLS_AES_256_GCM_SHA384';

    it(`${hash}, psk_dhe_ke and psk_ke, in a profile that has nothing else`, async () => {
      for (const mode of ['psk_dhe_ke', 'psk_ke'] as const) {
        const { client, server } = knownKey(hash);
        const ran = await goesThrough(
          { ...server, suite, flights: [pskFlight(selecting(0, mode))] },
          { ...client, profile, trust: {}, ...(mode === 'psk_ke' ? { pskMode: mode } : {}) },
        );
        assert.deepEqual([ran.client.resumed, ran.client.peerPath], [false, undefined]);
        assert.deepEqual(ran.server.clientHello.psk!.identities[0].age, 0);
      }
    });
  }

  it('in a profile without sessions: no tickets, and none of theirs', async () => {
    const { client, server } = knownKey();
    const afterFinished = [newSessionTicket(), ...GREETING];
    const ran = await goesThrough(
      { ...server, flights: [pskFlight()], afterFinished },
      { ...client, profile: { preSharedKeys: externalKeys, extensions: [] }, trust: {}, session: new Uint8Array(9) },
    );
    assert.deepEqual([ran.client.resumed, ran.sessions], [false, []]);
    const certificates = everything.certificates;
    const without = await goesThrough(
      { flights: [serverFlight()] },
      { profile: { certificates, preSharedKeys: externalKeys, extensions: everything.extensions } },
    );
    assert.deepEqual(without.server.clientHello.pskModes, []);
  });

  it('without any group, hence without key_share and supported_groups', async () => {
    const { client, server } = knownKey();
    const crypto = { ...portableProvider, groups: [], signatures: [] };
    const ran = await goesThrough(
      { ...server, flights: [pskFlight(selecting(0, 'psk_ke'))] },
      { ...client, profile, trust: {}, crypto, pskMode: 'psk_ke' },
    );
    assert.deepEqual(offered(ran), [43, 45, PRE_SHARED_KEY]);
  });

  it('a session and an external key: either may be selected', async () => {
    for (const at of [0, 1]) {
      const session = knownSession();
      const key = knownKey();
      const psks = [session.psk, key.psk];
      const ran = await goesThrough(
        { psks, flights: [pskFlight(selecting(at))] },
        { ...session.client, ...key.client },
      );
      assert.equal(ran.client.resumed, at === 0);
    }
  });

  it('of two keys the one whose hash is that of the retry is still offered', async () => {
    const session = knownSession({ suite: 0x1302 });
    const key = knownKey('sha256');
    const psks = [session.psk, key.psk];
    const ran = await goesThrough(
      { psks, ...P256, flights: [retry(), pskFlight()] },
      { ...session.client, ...key.client },
    );
    assert.deepEqual(
      ran.server.clientHellos.map(({ psk }) => psk!.identities.map(({ identity }) => identity.length)),
      [[100, 7], [7]],
    );
    assert.equal(ran.client.resumed, false);
  });

  it('a session of theirs is resumed', async () => {
    const { client, server } = knownKey();
    const afterFinished = [newSessionTicket([], Buffer.alloc(40, 1)), ...GREETING];
    const first = await goesThrough(
      { ...server, flights: [pskFlight()], afterFinished },
      { ...client, profile, trust: {} },
    );
    const psks = [{ identity: Buffer.alloc(40, 1), key: first.server.ticketKey(Buffer.from([0])) }];
    const ran = await goesThrough(
      { psks, flights: [pskFlight()] },
      { ...client, session: first.sessions[0], profile, trust: {} },
    );
    assert.equal(ran.client.resumed, true);
  });

  it('that cannot be used are ERR_USAGE', async () => {
    const { client } = knownKey();
    const psk = client.psk!;
    const usage = { code: 'ERR_USAGE' };
    const none = new Uint8Array(0);
    const wrong: Array<Partial<ExchangeOptions>> = [
      { psk: { ...psk, identity: none } },
      { psk: { ...psk, key: new Uint8Array(15) } },
      { psk: { ...psk, hash: 'sha512' as 'sha384' } },
      { psk, pskMode: 'psk' as 'psk_ke' },
      { psk, crypto: { ...portableProvider, groups: [] } },
      { psk: { ...psk, hash: 'sha384' }, crypto: { ...portableProvider, aeads: portableProvider.aeads.slice(0, 1) } },
      { profile },
      { profile: { extensions: [] } },
      { profile, psk, earlyData: new Uint8Array(1) },
    ];
    for (const options of wrong) await assert.rejects(exchange({}, options), usage, JSON.stringify(options));
  });
});

describe('early data', () => {
  const earlyData = Buffer.from('GET / HTTP/1.1\r\n\r\n');
  const allowed = { maxEarlyData: 1000 };

  it('accepted: they come first, and EndOfEarlyData goes before Finished', async () => {
    const { client, server } = knownSession(allowed);
    const ran = await goesThrough(
      { ...server, earlyData: 'accept', flights: [pskFlight(selecting(0), earlyAnswer)] },
      { ...client, earlyData },
    );
    assert.equal(ran.server.client.earlyData.toString(), earlyData.toString());
    assert.deepEqual(ran.earlyData, [{ accepted: true, text: earlyData.toString() }]);
    assert.equal(ran.client.earlyDataAccepted, true);
    assert.deepEqual(ran.server.client.messages, [1, 5, 20]);
    assert.deepEqual(ran.server.client.changeCipherSpecs, [1], 'right behind the ClientHello');
  });

  it('rejected in EncryptedExtensions: handed back, not sent again', async () => {
    const { client, server } = knownSession(allowed);
    const ran = await goesThrough({ ...server, earlyData: 'reject', flights: [pskFlight()] }, { ...client, earlyData });
    assert.deepEqual(ran.earlyData, [{ accepted: false, text: earlyData.toString() }]);
    assert.deepEqual([ran.client.resumed, ran.client.earlyDataAccepted], [true, false]);
    assert.deepEqual([ran.server.client.messages, ran.server.client.skipped], [[1, 20], 1]);
    assert.equal(ran.server.client.applicationData.length, 0);
  });

  it('rejected by a full handshake', async () => {
    const { client } = knownSession(allowed);
    const ran = await goesThrough({ earlyData: 'reject', flights: [serverFlight()] }, { ...client, earlyData });
    assert.deepEqual(ran.earlyData, [{ accepted: false, text: earlyData.toString() }]);
    assert.deepEqual([ran.client.resumed, ran.client.earlyDataAccepted], [false, false]);
  });

  it('rejected by a HelloRetryRequest: the second ClientHello is plaintext and does not offer them', async () => {
    const { client, server } = knownSession(allowed);
    const ran = await goesThrough(
      { ...server, ...P256, earlyData: 'reject', flights: [retry(), pskFlight()] },
      { ...client, earlyData },
    );
    assert.deepEqual(ran.earlyData, [{ accepted: false, text: earlyData.toString() }]);
    assert.deepEqual([offered(ran, 0).includes(EARLY_DATA), offered(ran, 1).includes(EARLY_DATA)], [true, false]);
    assert.deepEqual([ran.client.resumed, ran.server.client.skipped], [true, 1]);
    assert.deepEqual(ran.server.client.changeCipherSpecs, [1]);
  });

  it('psk_ke', async () => {
    const { client, server } = knownSession(allowed);
    const ran = await goesThrough(
      { ...server, earlyData: 'accept', flights: [pskFlight(selecting(0, 'psk_ke'), earlyAnswer)] },
      { ...client, earlyData, pskMode: 'psk_ke' },
    );
    assert.equal(ran.client.earlyDataAccepted, true);
  });

  it('in several records, as many as the output ring has room for', async () => {
    const { client, server } = knownSession({ maxEarlyData: 40000 });
    const long = Buffer.alloc(40000, 'x');
    const ran = await goesThrough(
      { ...server, earlyData: 'accept', flights: [pskFlight(selecting(0), earlyAnswer)] },
      { ...client, earlyData: long, outputSize: 48 * 1024 },
    );
    assert.ok(ran.server.client.earlyData.equals(long));
  });

  it('not offered, but handed back: no session, one that does not allow them, or not so many, no room', async () => {
    const allow = (maxEarlyData: number) => knownSession({ maxEarlyData }).client;
    const large = Buffer.alloc(1200);
    const cases: Array<Partial<ExchangeOptions>> = [
      { earlyData },
      { ...allow(0), earlyData },
      { ...allow(17), earlyData },
      { ...allow(5000), earlyData: large, outputSize: 1600 },
      { ...allow(5000), earlyData: Buffer.alloc(0) },
    ];
    for (const client of cases) {
      const ran = await goesThrough({ flights: [serverFlight()] }, client);
      assert.ok(!offered(ran).includes(EARLY_DATA));
      assert.deepEqual(ran.earlyData, [{ accepted: false, text: Buffer.from(client.earlyData!).toString() }]);
    }
  });

  it('the room is used to the last byte', async () => {
    // Offered up to some length, not beyond; either way the handshake goes through with what room there is.
    let most = 0;
    for (let length = 1; length < 1600; length += length > 1100 && length < 1400 ? 1 : 50) {
      const { client, server } = knownSession({ maxEarlyData: 5000 });
      const accepted = [pskFlight(selecting(0), earlyAnswer)];
      const probe = await exchange(
        { ...server, earlyData: 'accept', flights: accepted, afterFinished: GREETING },
        {
          ...client,
          earlyData: Buffer.alloc(length, 1),
        },
      );
      const takes = probe.client.output.length > length;
      if (takes) {
        most = length;
        assertReceived(probe.run(), 'greeting');
      } else assert.ok(length > 1000, `${length} bytes have no room`);
    }
    assert.ok(most > 1000, `${most}`);
  });

  it('what the caller does with the array afterwards does not matter', async () => {
    const { client, server } = knownSession(allowed);
    const mine = Buffer.from(earlyData);
    const running = await exchange(
      { ...server, earlyData: 'reject', flights: [pskFlight()], afterFinished: GREETING },
      { ...client, earlyData: mine },
    );
    mine.fill(0);
    assertReceived(running.run(), 'greeting');
    assert.deepEqual(running.earlyData, [{ accepted: false, text: earlyData.toString() }]);
  });

  it('the protocol of the session', async () => {
    const { client, server } = knownSession({ ...allowed, alpnProtocol: 'mqtt' });
    const mqtt = extension(ALPN, vector(2, vector(1, Buffer.from('mqtt'))));
    const flights = [pskFlight(selecting(0), earlyAnswer, mqtt)];
    const ran = await goesThrough(
      { ...server, earlyData: 'accept', flights },
      { ...client, earlyData, alpnProtocols: ['http/1.1', 'mqtt'] },
    );
    assert.equal(ran.client.earlyDataAccepted, true);
  });
});

describe('4a, 4b: every way through a handshake', () => {
  const earlyData = Buffer.from('ping');
  const session = () => knownSession({ maxEarlyData: 1000 });
  type Way = () => { server: Partial<ServerOptions>; client: Partial<ExchangeOptions> };
  const ways: Record<string, Way> = {
    'full handshake': () => ({ server: { flights: [serverFlight()] }, client: {} }),
    HelloRetryRequest: () => ({ server: { ...P256, flights: [retry(), serverFlight()] }, client: {} }),
    'resumed, psk_dhe_ke': () => {
      const { server, client } = session();
      return { server: { ...server, flights: [pskFlight()] }, client };
    },
    'resumed, psk_ke': () => {
      const { server, client } = session();
      return {
        server: { ...server, flights: [pskFlight(selecting(0, 'psk_ke'))] },
        client: { ...client, pskMode: 'psk_ke' },
      };
    },
    'resumed after HelloRetryRequest': () => {
      const { server, client } = session();
      return { server: { ...server, ...P256, flights: [retry(), pskFlight()] }, client };
    },
    'external key': () => {
      const { server, client } = knownKey();
      return { server: { ...server, flights: [pskFlight()] }, client };
    },
    'early data accepted': () => {
      const { server, client } = session();
      return {
        server: { ...server, earlyData: 'accept', flights: [pskFlight(selecting(0), earlyAnswer)] },
        client: { ...client, earlyData },
      };
    },
    'early data rejected': () => {
      const { server, client } = session();
      return { server: { ...server, earlyData: 'reject', flights: [pskFlight()] }, client: { ...client, earlyData } };
    },
    'early data rejected by HelloRetryRequest': () => {
      const { server, client } = session();
      const flights = [retry(), pskFlight()];
      return { server: { ...server, ...P256, earlyData: 'reject', flights }, client: { ...client, earlyData } };
    },
    'early data rejected by a full handshake': () => ({
      server: { earlyData: 'reject', flights: [serverFlight()] },
      client: { ...session().client, earlyData },
    }),
  };
  const facts = (client: TlsClient) => [
    client.protocolVersion,
    client.cipherSuite,
    client.group,
    client.alpnProtocol,
    client.peerPath,
    client.resumed,
    client.earlyDataAccepted,
  ];

  for (const [name, way] of Object.entries(ways)) {
    it(name, async () => {
      const { server, client } = way();
      const changes: boolean[] = [];
      let complete: boolean | undefined;
      const into = new Uint8Array(8);
      let read = '';
      let updates = 0;
      const hear = (_what: string, engine: TlsClient) => {
        if (!engine) return; // told by the constructor's call
        if (engine.handshakeComplete !== complete) changes.push((complete = engine.handshakeComplete));
        const authenticated = engine.protocolVersion !== undefined;
        if (!authenticated)
          assert.deepEqual(
            facts(engine),
            facts(engine).map(() => undefined),
          );
        else assert.deepEqual([typeof engine.resumed, typeof engine.earlyDataAccepted], ['boolean', 'boolean']);
        // Every action: nothing but a documented state error, and the engine goes on as if nobody had asked.
        const n = engine.read(into, 0, 8);
        if (n > 0) read += Buffer.from(into.subarray(0, n)).toString();
        engine.write(into, 0, 0);
        engine.compute(1);
        engine.outputSent(0);
        assert.ok(engine.writable >= 0 && engine.computing >= -1 && engine.handshakeBufferPeak >= 0);
        // Each is an event, too.
        if (engine.handshakeComplete && updates++ < 3) engine.updateKeys(false);
        else if (!engine.handshakeComplete) assert.throws(() => engine.updateKeys(false), { code: 'ERR_USAGE' });
      };
      const tickets = [newSessionTicket(), newSessionTicket([], Buffer.alloc(20, 1))];
      const ran = await exchange({ ...server, afterFinished: [...tickets, ...GREETING] }, { ...client, hear });
      ran.run();
      assert.equal(ran.error, undefined);
      hear('end', ran.client);
      assert.equal(read + ran.received.toString(), 'greeting');
      assert.deepEqual(changes, [false, true], 'complete once');
      assert.equal(ran.server.client.messages.filter(type => type === 20).length, 1);
      assert.equal(ran.earlyData.length, client.earlyData ? 1 : 0);
    });
  }
});
