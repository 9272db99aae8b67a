/** TlsClient at its edges: used-up keys, listeners that go away, positions that are none, extensions in the wrong message. */
import assert from 'node:assert/strict';
import { NO_DATA_YET } from '../../src/bytes/outcomes.js';
import type { RingletError } from '../../src/errors.js';
import { CLOSE_NOTIFY, type TlsListener } from '../../src/tls/client.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import type { Identity } from '../../tools/certificates.js';
import { insertedAfter, withBody } from '../peers/flights.js';
import { authority, server as serverIdentity } from '../peers/identities.js';
import { ScriptedServer, type Step } from '../peers/scripted-server.js';
import {
  applicationData,
  certificateRequest,
  closeNotify,
  edited,
  extension,
  keyUpdate,
  newSessionTicket,
  serverFlight,
} from '../peers/steps.js';
import { trusting } from '../peers/trust.js';
import { type ClientOptions, drain, feed, makeClient, takeOutput } from './connection.js';

const ILLEGAL = 'ERR_TLS_ILLEGAL_PARAMETER';
const USAGE_LIMIT = 0x800000;

describe('TlsClient at its edges', () => {
  let trust: TrustPolicy;
  let identity: Identity;

  before(async () => {
    trust = trusting(await authority());
    identity = await serverIdentity();
  });

  function pair(options: ClientOptions = {}, flight: Step[] = serverFlight(), afterFinished: Step[] = []) {
    const server = new ScriptedServer({ identity, flights: [flight], afterFinished });
    const { client, input } = makeClient(trust, options);
    const settle = (): number | string => {
      for (;;) {
        const { end } = drain(client);
        const out = takeOutput(client);
        if (out.length > 0) server.receive(out);
        const incoming = server.take();
        if (out.length === 0 && incoming.length === 0) return end;
        assert.equal(feed(input, incoming).length, 0);
      }
    };
    return { client, server, input, settle };
  }

  /** As if the server had sent 2^23 records under its keys. */
  function useUpServerKeys({ client, server }: ReturnType<typeof pair>): void {
    const { records } = client as unknown as { records: { protection: { sequenceLow: number } } };
    records.protection.sequenceLow = USAGE_LIMIT;
    (server.writeKeys as unknown as { sequence: number }).sequence = USAGE_LIMIT;
  }

  it('keys of the server that are used up are asked for once, however much still comes under them', () => {
    const made = pair();
    made.settle();
    useUpServerKeys(made);
    for (let i = 0; i < 40; i++) {
      made.server.send(applicationData('more'));
      assert.equal(made.settle(), NO_DATA_YET);
    }
    assert.deepEqual(made.server.client.keyUpdates, [1]);
    made.server.send(keyUpdate(false), applicationData('under new keys'));
    assert.equal(made.settle(), NO_DATA_YET);
    useUpServerKeys(made);
    made.server.send(applicationData('again'));
    assert.equal(made.settle(), NO_DATA_YET);
    assert.deepEqual(made.server.client.keyUpdates, [1, 1]);
  });

  it('answers to our own requests for new keys are no flood, more of them are', () => {
    const { client, server, settle } = pair();
    settle();
    for (let i = 0; i < 50; i++) {
      client.updateKeys(true);
      settle();
      server.send(keyUpdate(false));
      assert.equal(settle(), NO_DATA_YET, `request ${i}`);
    }
    for (let i = 0; i < 33; i++) server.send(keyUpdate(false));
    assert.equal(settle(), 'ERR_TLS_UNEXPECTED_MESSAGE');
  });

  it('a listener that reads, while our KeyUpdate is told of, gets nothing that comes after what read is about to answer', () => {
    const order: string[] = [];
    const listener: TlsListener = {};
    const made = pair({ listener });
    const { client, server, input, settle } = made;
    settle();
    useUpServerKeys(made);
    const into = new Uint8Array(5);
    const read = () => {
      const n = client.read(into, 0, 5);
      if (n > 0) order.push(Buffer.from(into.subarray(0, n)).toString());
      return n;
    };
    listener.message = () => void read();
    server.send(applicationData('one'), applicationData('two'));
    feed(input, server.take());
    while (read() > 0);
    assert.deepEqual(order, ['one', 'two']);
  });

  it('listeners may take themselves away while they are called', () => {
    const called: string[] = [];
    const listener: TlsListener = {
      keylog: () => {
        called.push('keylog');
        listener.keylog = undefined;
      },
      message: () => {
        called.push('message');
        listener.message = undefined;
      },
      session: () => {
        called.push('session');
        listener.session = undefined;
      },
    };
    const { client, settle } = pair({ listener }, serverFlight(), [newSessionTicket(), newSessionTicket()]);
    assert.equal(settle(), NO_DATA_YET);
    assert.equal(client.error, undefined);
    assert.deepEqual(called.sort(), ['keylog', 'message', 'session']);
  });

  it('read and write outside the array are ERR_USAGE, and lose nothing', () => {
    const { client, server, input, settle } = pair();
    settle();
    server.send(applicationData('data'));
    feed(input, server.take());
    const array = new Uint8Array(10);
    for (const [offset, length] of [
      [-1, 5],
      [6, 5],
      [10, 1],
      [Number.NaN, 5],
      [0, Number.NaN],
      [0, -1],
    ]) {
      assert.throws(() => client.read(array, offset, length), { code: 'ERR_USAGE' }, `read ${offset} ${length}`);
      assert.throws(() => client.write(array, offset, length), { code: 'ERR_USAGE' }, `write ${offset} ${length}`);
    }
    assert.equal(client.read(array, 6, 4), 4);
    assert.equal(Buffer.from(array).toString('latin1'), '\0\0\0\0\0\0data');
    assert.equal(settle(), NO_DATA_YET);
  });

  for (const serverName of [
    'host:443',
    '1.2.3',
    '1.2.3.4.',
    '[::1]',
    'a..b',
    'a b',
    'a/b',
    '.',
    'x'.repeat(64) + '.test',
  ]) {
    it(`serverName ${JSON.stringify(serverName)} is ERR_USAGE before anything is sent`, () => {
      assert.throws(
        () => makeClient(trust, { serverName }),
        (error: RingletError) => error.code === 'ERR_USAGE' && error.message.includes('serverName'),
      );
    });
  }

  it('a record that fills the ring exactly is opened wherever it begins; with one byte more it is refused', () => {
    const capacity = 1500;
    for (let before = 1; before < capacity - 22; before += before === 1 ? 4 : 97) {
      const { client, server, input, settle } = pair({ inputSize: capacity });
      settle();
      const whole = Buffer.from(Array.from({ length: capacity - 22 }, (_, i) => (i * 7) & 255));
      server.send(applicationData(Buffer.alloc(before, 'b').toString()));
      const first = server.take();
      server.sendRecord(23, whole);
      // The beginning of the second record lies behind the first; the rest comes when the first has been taken.
      const rest = feed(input, Buffer.concat([first, server.take()]));
      assert.equal(drain(client).data.length, before);
      assert.equal(feed(input, rest).length, 0);
      assert.equal(input.length, capacity);
      assert.ok(drain(client).data.equals(whole), `at ${before}`);
      server.sendRecord(23, Buffer.alloc(capacity - 21));
      feed(input, server.take());
      assert.equal(drain(client).end, 'ERR_TLS_RECORD_TOO_LARGE');
    }
  });

  it('no key is left once both sides have said close_notify', () => {
    for (const first of ['client', 'server']) {
      const { client, server, settle } = pair();
      settle();
      const { handshake } = client as unknown as {
        handshake: { schedule: { clientSecret: Uint8Array; serverSecret: Uint8Array } };
      };
      const secrets = () => Buffer.concat([handshake.schedule.clientSecret, handshake.schedule.serverSecret]);
      if (first === 'client') client.closeWrite();
      else server.send(closeNotify);
      settle();
      assert.ok(!secrets().equals(Buffer.alloc(64)), 'still in use');
      if (first === 'client') server.send(closeNotify);
      else client.closeWrite();
      assert.equal(settle(), CLOSE_NOTIFY);
      assert.ok(secrets().equals(Buffer.alloc(64)), `closed by the ${first} first`);
      assert.equal(server.client.alert?.description, 0);
      client.cancel();
      assert.equal(client.output.length, 0);
    }
  });

  it('messages damaged before they are sealed: an error with a code, and never a certificate or its proof accepted', () => {
    let seed = 12345;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return (seed >> 8) % below;
    };
    const damaged = (body: Buffer): Buffer => {
      const at = random(body.length);
      const [head, tail] = [body.subarray(0, at), body.subarray(at)];
      const kind = random(3);
      if (kind === 0) return Buffer.concat([head, Buffer.from([random(256)]), tail]);
      if (kind === 1) return Buffer.concat([head, tail.subarray(1 + random(4))]);
      return Buffer.concat([head, Buffer.from([tail[0] ^ (1 + random(255))]), tail.subarray(1)]);
    };
    const names = ['EncryptedExtensions', 'CertificateRequest', 'Certificate', 'CertificateVerify', 'NewSessionTicket'];
    const ends: Record<string, number> = {};
    for (let round = 0; round < 400; round++) {
      const name = names[round % names.length];
      const flight = insertedAfter(serverFlight(), 'EncryptedExtensions', certificateRequest());
      const made =
        name === 'NewSessionTicket'
          ? pair({}, flight, [edited(newSessionTicket(), damaged)])
          : pair({}, withBody(flight, name, damaged));
      const end = made.settle();
      assert.match(String(end), /^ERR_(TLS|CERT)_|^-1$/, `round ${round}`);
      if (name === 'Certificate' || name === 'CertificateVerify') {
        assert.notEqual(end, NO_DATA_YET, `round ${round}: ${name}`);
        assert.equal(made.client.peerPath, undefined);
      }
      ends[end] = (ends[end] ?? 0) + 1;
    }
    assert.ok(Object.keys(ends).length >= 6, JSON.stringify(ends));
  });

  // RFC 8446 §4.2: one that it "recognizes and which is not specified for the message in which it appears".
  const schemes = extension(13, Buffer.from([0, 2, 4, 3]));
  for (const type of [0, 10, 16, 28, 43, 44, 45, 51]) {
    it(`extension ${type} in a CertificateRequest or a NewSessionTicket: ${ILLEGAL}`, () => {
      const wrong = extension(type, Buffer.alloc(2));
      const request = insertedAfter(serverFlight(), 'EncryptedExtensions', certificateRequest([schemes, wrong]));
      assert.equal(pair({}, request).settle(), ILLEGAL);
      assert.equal(pair({}, serverFlight(), [newSessionTicket([wrong])]).settle(), ILLEGAL);
    });
  }
});
