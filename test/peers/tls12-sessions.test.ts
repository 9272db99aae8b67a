/** TLS 1.2: sessions by ID and by ticket (RFC 5246 §7.3, RFC 5077, RFC 7627 §5.3). */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { parseSession } from '../../src/tls/session.js';
import { extension } from './steps.js';
import { assertGreets, assertOpen, assertRefused12, type Exchange12, exchange12 } from './tls12-exchange.js';
import {
  data12,
  finished12,
  helloRequest12,
  newSessionTicket12,
  resumedFlight,
  SESSION_TICKET,
  type Step12,
  serverEnd12,
  serverFlight12,
  serverHello12,
  with12,
} from './tls12-server.js';

describe('TLS 1.2 sessions', () => {
  const ticketing = (flight: Step12[] = serverFlight12()) =>
    with12(
      flight,
      'ServerHello',
      serverHello12(({ extensions }) => void extensions.push(extension(SESSION_TICKET))),
    );
  const ticketEnd = (ticket: Buffer) => [newSessionTicket12(ticket), ...serverEnd12()];

  async function firstByTicket(): Promise<Exchange12> {
    const ticket = Buffer.from('a ticket');
    const ran = (await exchange12({ flights: [ticketing()], ends: [ticketEnd(ticket)] })).run();
    assertOpen(ran);
    assert.equal(ran.sessions.length, 1);
    return ran;
  }

  it('by ID: told when the handshake is complete, resumed, and told again', async () => {
    const sessionId = randomBytes(20);
    const first = (await exchange12({ sessionId })).run();
    assertOpen(first);
    assert.equal(first.sessions.length, 1);
    const session = first.sessions[0]!;
    assert.deepEqual(Buffer.from(parseSession(session).sessionId), sessionId);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const ran = await assertGreets({ master: first.server.master }, { session, maxVersion });
      assert.deepEqual(ran.server.clientSessionId, sessionId);
      assert.deepEqual(ran.server.log.slice(0, 3), [1, 'ccs', 20]);
      assert.equal(ran.client.resumed, true);
      assert.equal(ran.client.group, undefined);
      assert.equal(ran.client.peerPath, undefined);
      assert.equal(ran.sessions.length, 1);
      assert.deepEqual(parseSession(ran.sessions[0]!), parseSession(session));
    }
  });

  it('by ticket, renewed in the abbreviated handshake', async () => {
    const first = await firstByTicket();
    const session = first.sessions[0]!;
    const again = resumedFlight();
    again.splice(2, 0, newSessionTicket12(Buffer.from('another')));
    const ran = await assertGreets({ master: first.server.master, flights: [ticketing(again)] }, { session });
    assert.equal(ran.server.offered.get(SESSION_TICKET)!.toString(), 'a ticket');
    assert.equal(ran.client.resumed, true);
    assert.equal(Buffer.from(parseSession(ran.sessions[0]!).ticket).toString(), 'another');
  });

  it('after a renegotiation, in which no ticket is asked for, the old one is not told with the new master secret', async () => {
    const ends = [ticketEnd(Buffer.from('a ticket')), serverEnd12()];
    const ran = (await exchange12({ flights: [ticketing(), serverFlight12()], ends }, { renegotiation: true })).run();
    assertOpen(ran);
    ran.serverSends(helloRequest12);
    if (ran.error) throw ran.error;
    assert.deepEqual(ran.server.log, [1, 16, 'ccs', 20, 1, 16, 'ccs', 20]);
    const tickets = ran.sessions.map(session => Buffer.from(parseSession(session).ticket).toString());
    assert.deepEqual(tickets, ['a ticket']);
  });

  it('a server that does not take it up makes a full handshake', async () => {
    const first = await firstByTicket();
    const ran = await assertGreets({}, { session: first.sessions[0]! });
    assert.equal(ran.client.resumed, false);
    assert.ok(ran.client.peerPath);
  });

  it('an empty ticket, one that is larger than the handshake buffer: none', async () => {
    for (const ticket of [Buffer.alloc(0), Buffer.alloc(9000)]) {
      const ran = (await exchange12({ flights: [ticketing()], ends: [ticketEnd(ticket)] })).run();
      assertOpen(ran);
      assert.deepEqual(ran.sessions, []);
    }
  });

  it('a ticket of 3000 bytes is told, and not offered by an output ring of 2048', async () => {
    const ticket = Buffer.alloc(3000, 't');
    const first = (await exchange12({ flights: [ticketing()], ends: [ticketEnd(ticket)] })).run();
    const session = first.sessions[0]!;
    assert.ok(session.length > 3000);
    const ran = await assertGreets({}, { session });
    assert.equal(ran.server.offered.get(SESSION_TICKET)!.length, 0);
    const large = await assertGreets({ master: first.server.master }, { session, outputSize: 8192 });
    assert.equal(large.client.resumed, true);
  });

  it('another suite than the session had is refused, and a lost extended_master_secret', async () => {
    const first = await firstByTicket();
    const session = first.sessions[0]!;
    const { master } = first.server;
    const suite = (await exchange12({ master, suite: 'aes-256-gcm' }, { session })).run();
    assertRefused12(suite, 'ILLEGAL_PARAMETER', 47);
    const plain = (await exchange12({ master, extendedMasterSecret: false }, { session })).run();
    assertRefused12(plain, 'HANDSHAKE_FAILURE', 40);
  });

  it('a resumed handshake without Finished, or with a wrong one', async () => {
    const first = await firstByTicket();
    const session = first.sessions[0]!;
    const { master } = first.server;
    const wrong = with12(
      resumedFlight(),
      'Finished',
      finished12(data => Buffer.from(data.map(byte => byte ^ 1))),
    );
    assertRefused12((await exchange12({ master, flights: [wrong] }, { session })).run(), 'BAD_FINISHED', 51);
    const none = [...with12(resumedFlight(), 'Finished', data12('data'))];
    assertRefused12((await exchange12({ master, flights: [none] }, { session })).run(), 'UNEXPECTED_MESSAGE', 10);
  });

  it('of another server: ERR_USAGE; one that is over is not offered', async () => {
    const first = await firstByTicket();
    const session = first.sessions[0]!;
    await assert.rejects(exchange12({}, { session, serverName: 'other.test' }), { code: 'ERR_USAGE' });
    const ran = await assertGreets({}, { session, unixTime: () => Math.floor(Date.now() / 1000) + 400 });
    assert.equal(ran.server.offered.get(SESSION_TICKET)!.length, 0);
  });
});
