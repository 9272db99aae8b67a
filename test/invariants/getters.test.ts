/**
 * 4a: from inside every event, every public getter and every public action. Nothing throws but ERR_USAGE, the connection goes on as it would have, or ends as it
 * was told to, and what was negotiated is undefined until the server is authenticated. 4b: the handshake is complete once. The members are those of the declarations.
 */
import assert from 'node:assert/strict';
import * as tls from 'node:tls';
import type { RingletError } from '../../src/errors.js';
import { connect } from '../../src/socket/connect.js';
import type { Board } from '../../src/socket/options.js';
import { slices } from '../../src/socket/slices.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import type { TlsClient } from '../../src/tls/client.js';
import { everything } from '../../src/tls/profiles.js';
import { EARLY_DATA } from '../peers/client-hello.js';
import { assertReceived, type Exchange, type ExchangeOptions } from '../peers/exchange.js';
import { exchange } from '../peers/refusal.js';
import type { ServerOptions, Step } from '../peers/scripted-server.js';
import { knownSession } from '../peers/sessions.js';
import {
  applicationData,
  changeCipherSpec,
  closeNotify,
  extension,
  helloRetryRequest,
  keyUpdate,
  newSessionTicket,
  pskFlight,
  selecting,
  serverFlight,
} from '../peers/steps.js';
import { identity, listen, NAME, board as nodeBoard, type TestServer } from '../socket/harness.js';
import { publicMembers } from './public-members.js';

type Members = Record<string, unknown> & Record<string, (...values: unknown[]) => unknown>;

const CLIENT = publicMembers('src/tls/client', 'TlsClient');
/** What was negotiated. */
const NEGOTIATED = CLIENT.optional.filter(name => name !== 'error');
const GREETING = 'greeting';

/** With what the actions of TlsClient are called. */
const ARGUMENTS: Record<string, () => unknown[]> = {
  compute: () => [1],
  read: () => [new Uint8Array(1), 0, 1],
  inputEnded: () => [],
  write: () => [Buffer.from('data'), 0, 4],
  closeWrite: () => [],
  cancel: () => [],
  updateKeys: () => [true],
  exportKeyingMaterial: () => [32, 'EXPORTER-test'],
  outputSent: () => [0],
};

interface Scenario {
  server: Partial<ServerOptions>;
  client: Partial<ExchangeOptions>;
}

const afterFinished: Step[] = [
  newSessionTicket(),
  keyUpdate(true),
  applicationData(GREETING),
  newSessionTicket(),
  closeNotify,
];
const earlyData = Buffer.from('early');
const accepted = extension(EARLY_DATA);

const SCENARIOS: Record<string, () => Scenario> = {
  'a full handshake': () => ({ server: { flights: [serverFlight()] }, client: {} }),
  'a HelloRetryRequest': () => ({
    server: { group: 'secp256r1', flights: [[helloRetryRequest({ group: true }), changeCipherSpec], serverFlight()] },
    client: {},
  }),
  psk_dhe_ke: () => {
    const { server, client } = knownSession();
    return { server: { ...server, flights: [pskFlight()] }, client };
  },
  psk_ke: () => {
    const { server, client } = knownSession();
    return {
      server: { ...server, flights: [pskFlight(selecting(0, 'psk_ke'))] },
      client: { ...client, pskMode: 'psk_ke' },
    };
  },
  'early data accepted': () => {
    const { server, client } = knownSession({ maxEarlyData: 1000 });
    return {
      server: { ...server, earlyData: 'accept', flights: [pskFlight(selecting(0), accepted)] },
      client: { ...client, earlyData },
    };
  },
  'early data rejected': () => {
    const { server, client } = knownSession({ maxEarlyData: 1000 });
    return { server: { ...server, earlyData: 'reject', flights: [pskFlight()] }, client: { ...client, earlyData } };
  },
};

describe('inside every event of TlsClient (4a)', () => {
  /** `hear` is told of every event, the first is number 0. */
  async function runs(
    scenario: Scenario,
    hear: (event: number, what: string, client: TlsClient) => void,
  ): Promise<Exchange> {
    let events = 0;
    const { server, client } = scenario;
    return exchange({ afterFinished, ...server }, { ...client, hear: (what, heard) => hear(events++, what, heard) });
  }

  it('every public action is known here', () => {
    assert.deepEqual([...CLIENT.actions].sort(), Object.keys(ARGUMENTS).sort());
    assert.ok(CLIENT.facts.length >= 12, CLIENT.facts.join());
    for (const name of ['protocolVersion', 'cipherSuite', 'group', 'alpnProtocol', 'peerPath', 'resumed']) {
      assert.ok(NEGOTIATED.includes(name), name);
    }
  });

  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    it(`${name}: every getter answers, undefined until the server is authenticated; complete once (4b)`, async () => {
      let authenticated = false;
      let complete = 0;
      let wasComplete = false;
      const ran = await runs(scenario(), (_, what, client) => {
        const facts = client as unknown as Members;
        for (const fact of CLIENT.facts) void facts[fact];
        // What is told behind the record with the server's Finished is told when that is verified.
        if (what === '<20') authenticated = true;
        for (const fact of NEGOTIATED) if (!authenticated) assert.equal(facts[fact], undefined, `${fact} at ${what}`);
        if (authenticated) assert.equal(client.protocolVersion, 'TLSv1.3');
        assert.ok(client.handshakeComplete || !wasComplete, 'complete, and then not');
        if (client.handshakeComplete && !wasComplete) complete++;
        wasComplete = client.handshakeComplete;
      });
      ran.run();
      assertReceived(ran, GREETING);
      assert.equal(complete, 1);
      assert.equal(ran.client.resumed, name !== 'a full handshake' && name !== 'a HelloRetryRequest');
      assert.equal(ran.client.earlyDataAccepted, name === 'early data accepted');
    });

    it(`${name}: every action, in every event, does what it says or is ERR_USAGE`, async () => {
      let count = 0;
      (await runs(scenario(), () => count++)).run();
      assert.ok(count >= 8, `${count} events`);
      for (const action of CLIENT.actions) {
        for (let at = 0; at < count; at++) await acts(scenario(), action, at);
      }
    });
  }

  async function acts(scenario: Scenario, action: string, at: number): Promise<void> {
    let answered: unknown;
    let taken = '';
    const where = `${action} in event ${at}`;
    const ran: Exchange = await runs(scenario, (event, what, client) => {
      if (event !== at) return;
      const values = ARGUMENTS[action]();
      // It stops reading at user_canceled; close_notify is behind that.
      if (action === 'cancel') ran.server.client.deaf = true;
      try {
        answered = (client as unknown as Members)[action](...values);
        if (action === 'read' && (answered as number) > 0) taken = Buffer.from(values[0] as Uint8Array).toString();
      } catch (error) {
        assert.equal((error as RingletError).code, 'ERR_USAGE', `${where} (${what}): ${(error as Error).stack}`);
        assert.ok(['updateKeys', 'exportKeyingMaterial', 'write'].includes(action), where);
      }
    });
    if (action === 'cancel') {
      // The reader of this test knows no end but close_notify and what is the server's fault.
      try {
        ran.run();
      } catch (error) {
        assert.match(String(error), /connection cancelled/, where);
      }
      assert.throws(() => ran.client.read(new Uint8Array(1), 0, 1), { code: 'ERR_USAGE' }, where);
      return;
    }
    ran.run();
    if (action === 'inputEnded' && ran.error) {
      assert.equal(ran.error.code, 'ERR_TLS_TRUNCATED', where);
      return;
    }
    if (ran.error) throw new Error(where, { cause: ran.error });
    assert.equal([...taken, ...ran.received.toString()].sort().join(''), [...GREETING].sort().join(''), where);
    assert.ok(ran.closeNotify, where);
    if (action === 'write') {
      assert.equal(ran.server.client.applicationData.toString(), 'data'.slice(0, (answered as number) || 0), where);
    }
  }
});

/** With what the actions of TlsSocket are called. `later` follows after a while, so that the connection can end. */
const SOCKET_ACTIONS: Record<string, { values: unknown[]; later?: (socket: TlsSocket) => void }> = {
  on: { values: ['drain', () => {}] },
  off: { values: ['drain', () => {}] },
  write: { values: ['more'] },
  end: { values: [] },
  destroy: { values: [] },
  pause: { values: [], later: socket => socket.resume() },
  resume: { values: [] },
};

const EVENTS = [
  'connect',
  'progress',
  'secureConnect',
  'data',
  'drain',
  'end',
  'error',
  'close',
  'session',
  'keylog',
  'message',
];

describe('inside every event of TlsSocket (4a)', function () {
  this.timeout(60000);
  const SOCKET = publicMembers('src/socket/tls-socket', 'TlsSocket');
  const servers: TestServer[] = [];
  const ports: Record<string, number> = {};

  before(async () => {
    const { leaf } = await identity();
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      for (const clean of [true, false]) {
        const server = await listen(raw => {
          const options = { isServer: true, cert: leaf.pem, key: leaf.keyPem, maxVersion: version };
          const secure = new tls.TLSSocket(raw, options as tls.TLSSocketOptions);
          secure.on('error', () => raw.destroy());
          secure.write(GREETING);
          // With close_notify, or by a FIN alone.
          for (const event of ['data', 'end']) secure.once(event, () => (clean ? secure.end() : raw.end()));
        });
        servers.push(server);
        ports[version + (clean ? '' : ', cut off')] = server.port;
      }
    }
  });

  after(() => Promise.all(servers.map(server => server.stop())));

  /** More than there is room for, unless `end` was called. */
  function writes(socket: TlsSocket): void {
    try {
      socket.write(new Uint8Array(5000));
    } catch (error) {
      assert.equal((error as Error).message, 'write after end');
    }
  }

  /** One connection; `hear` is told of every event. Answers their names at `close`. */
  async function story(port: number, hear: (event: string, socket: TlsSocket) => void): Promise<string[]> {
    const { ca } = await identity();
    const board: Board = { ...nodeBoard, profile: everything, slices: slices(1) };
    const socket = connect(board, { host: '127.0.0.1', port, servername: NAME, ca });
    const told: string[] = [];
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(new Error(`no close behind ${told.join()}`)), 30000);
      for (const event of EVENTS) {
        socket.on(event as 'connect', (...values: unknown[]) => {
          told.push(event === 'error' ? `error ${(values[0] as RingletError).code}` : event);
          try {
            hear(event, socket);
            if (event === 'secureConnect') writes(socket);
          } catch (error) {
            reject(error);
          }
          if (event !== 'close') return;
          clearTimeout(patience);
          resolve(told);
        });
      }
    });
  }

  it('every public action and every event is known here', () => {
    assert.deepEqual([...SOCKET.actions].sort(), Object.keys(SOCKET_ACTIONS).sort());
    const declared = publicMembers('src/socket/events', 'TlsSocketEvents').facts;
    assert.deepEqual(declared.filter(event => event !== 'earlyData').sort(), [...EVENTS].sort());
  });

  for (const kind of ['TLSv1.3', 'TLSv1.2', 'TLSv1.3, cut off']) {
    it(`${kind}: every getter answers; secureConnect and close come once (4b)`, async () => {
      const heard = await story(ports[kind], (_, socket) => {
        for (const fact of SOCKET.facts) void (socket as unknown as Members)[fact];
        for (const fact of CLIENT.facts) void (socket.tls as unknown as Members)[fact];
        const negotiated = NEGOTIATED.filter(fact => (socket.tls as unknown as Members)[fact] !== undefined);
        assert.ok(socket.tls.protocolVersion || negotiated.length === 0, negotiated.join());
        assert.ok(!socket.authorized || socket.tls.protocolVersion);
      });
      for (const once of ['secureConnect', 'close', 'connect']) {
        assert.equal(heard.filter(event => event === once).length, 1, `${once}: ${heard.join()}`);
      }
      const missing = EVENTS.filter(event => !heard.some(name => name.split(' ')[0] === event));
      assert.deepEqual(missing, [kind.includes('cut off') ? 'end' : 'error']);
    });

    it(`${kind}: every action, in every event, does what it says`, async () => {
      const jobs: Array<Promise<void>> = [];
      for (const action of SOCKET.actions) {
        for (const event of EVENTS) jobs.push(acts(ports[kind], action, event, kind.includes('cut off')));
      }
      await Promise.all(jobs);
    });
  }

  async function acts(port: number, action: string, at: string, cutOff: boolean): Promise<void> {
    const where = `${action} in ${at}`;
    let done = false;
    const heard = await story(port, (event, socket) => {
      if (done || event !== at) return;
      done = true;
      const { values, later } = SOCKET_ACTIONS[action];
      (socket as unknown as Members)[action](...values);
      if (later) setTimeout(() => later(socket), 5);
    });
    const errors = heard.filter(event => event.startsWith('error'));
    assert.equal(heard.filter(event => event === 'close').length, 1, `${where}: ${heard.join()}`);
    assert.ok(heard.filter(event => event === 'secureConnect').length <= 1, `${where}: ${heard.join()}`);
    if (action === 'destroy' || action === 'end') assert.ok(errors.length <= 1, `${where}: ${heard.join()}`);
    else assert.deepEqual(errors, cutOff ? ['error ERR_TLS_TRUNCATED'] : [], `${where}: ${heard.join()}`);
  }
});
