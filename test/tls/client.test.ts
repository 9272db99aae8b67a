/** TlsClient as its caller sees it: output in pieces, completion, closing, key updates, listeners, limits, garbage. */
import assert from 'node:assert/strict';
import type { RingletError } from '../../src/errors.js';
import { CLOSE_NOTIFY, type TlsClient } from '../../src/tls/client.js';
import { parseSession } from '../../src/tls/session.js';
import type { TrustPolicy } from '../../src/x509/trust.js';
import type { Identity } from '../../tools/certificates.js';
import { authority, leaf, server as serverIdentity } from '../peers/identities.js';
import { ScriptedServer, type Step } from '../peers/scripted-server.js';
import { applicationData, closeNotify, keyUpdate, newSessionTicket, serverFlight } from '../peers/steps.js';
import { trusting } from '../peers/trust.js';
import { type ClientOptions, drain, feed, makeClient, takeOutput } from './connection.js';

const text = (buffer: Uint8Array) => Buffer.from(buffer).toString();

describe('TlsClient', () => {
  let trust: TrustPolicy;
  let identity: Identity;

  before(async () => {
    trust = trusting(await authority());
    identity = await serverIdentity();
  });

  /** A client and a server that have not yet said anything to each other. */
  function pair(options: ClientOptions = {}, flight: Step[] = serverFlight(), afterFinished: Step[] = []) {
    const server = new ScriptedServer({ identity, flights: [flight], afterFinished });
    const { client, input } = makeClient(trust, options);
    const received: Buffer[] = [];
    /** Both sides say what they have to, `accept` bytes of ours a time, until nothing moves. */
    const settle = (accept = Infinity): number | string => {
      for (let rounds = 0; rounds < 10000; rounds++) {
        const { data, end } = drain(client);
        if (data.length > 0) received.push(data);
        const out = takeOutput(client, accept);
        if (out.length > 0) server.receive(out);
        const incoming = server.take();
        if (out.length === 0 && incoming.length === 0) return end;
        assert.equal(feed(input, incoming).length, 0);
      }
      return assert.fail('never still');
    };
    return { client, server, input, settle, received: () => text(Buffer.concat(received)) };
  }

  describe('output', () => {
    it('makes no tiny records while the ring drains', () => {
      const { client, settle } = pair();
      settle();
      const data = new Uint8Array(5000);
      assert.ok(client.write(data, 0, 5000) > 1900);
      takeOutput(client, 100);
      assert.equal(client.write(data, 0, 5000), 0);
      assert.equal(client.writable, 0);
      takeOutput(client, 1000);
      assert.ok(client.write(data, 0, 5000) > 900);
    });
  });

  describe('closing', () => {
    it('a full ring can still say close_notify, and user_canceled before it', () => {
      for (const close of [(c: TlsClient) => c.closeWrite(), (c: TlsClient) => c.cancel()]) {
        const { client, server, settle } = pair();
        settle();
        client.write(new Uint8Array(5000), 0, 5000);
        close(client);
        while (client.output.length > 0) {
          // The reader stops at the first alert, so what follows user_canceled is not for it.
          if (client.error) server.client.deaf = true;
          server.receive(takeOutput(client));
        }
        if (!client.error) assert.equal(server.client.alert?.description, 0);
      }
    });

    it('closeWrite: close_notify once, later writes are ERR_USAGE, reading goes on', () => {
      const { client, server, settle, received } = pair();
      settle();
      client.write(Buffer.from('last words'), 0, 10);
      client.closeWrite();
      client.closeWrite();
      assert.throws(() => client.write(new Uint8Array(1), 0, 1), { code: 'ERR_USAGE' });
      settle();
      assert.equal(text(server.client.applicationData), 'last words');
      assert.deepEqual(server.client.alert, { level: 1, description: 0, protection: 'application' });
      server.send(applicationData('goodbye'), closeNotify);
      assert.equal(settle(), CLOSE_NOTIFY);
      assert.equal(received(), 'goodbye');
      assert.equal(drain(client).end, CLOSE_NOTIFY);
    });

    it('closeWrite during the handshake: close_notify behind our Finished', () => {
      const { client, server, settle } = pair();
      client.closeWrite();
      settle();
      assert.deepEqual(server.client.messages, [1, 20]);
      assert.equal(server.client.alert?.description, 0);
    });

    it('cancel at any time: two alerts, then every read and write is ERR_USAGE', () => {
      for (const steps of [0, 1]) {
        const { client, settle } = pair();
        if (steps > 0) settle();
        takeOutput(client);
        client.cancel();
        client.cancel();
        const out = takeOutput(client);
        assert.equal(out.length, steps > 0 ? 48 : 14);
        assert.equal(drain(client).end, 'ERR_USAGE');
        assert.throws(() => client.write(new Uint8Array(1), 0, 1), { code: 'ERR_USAGE' });
        client.closeWrite();
        assert.equal(client.output.length, 0);
      }
    });

    it('inputEnded: data first, then ERR_TLS_TRUNCATED for ever', () => {
      const { client, server, input, settle } = pair();
      settle();
      server.send(applicationData('whole'));
      feed(input, server.take());
      client.inputEnded();
      assert.deepEqual({ ...drain(client) }, { data: Buffer.from('whole'), end: 'ERR_TLS_TRUNCATED' });
      assert.equal(drain(client).end, 'ERR_TLS_TRUNCATED');
      assert.equal(client.output.length, 0, 'no alert');
    });
  });

  describe('key updates', () => {
    it('a request while a write is half taken: ours goes behind what is sealed, before the next record (5b)', () => {
      const { client, server, input, settle } = pair();
      settle();
      const data = Buffer.alloc(6000, 'x');
      let at = client.write(data, 0, 6000);
      server.send(keyUpdate(true), keyUpdate(true), keyUpdate(true));
      feed(input, server.take());
      drain(client);
      while (at < 6000) {
        server.receive(takeOutput(client, 100));
        at += client.write(data, at, 6000 - at);
      }
      settle();
      assert.ok(server.client.applicationData.equals(data));
      assert.deepEqual(server.client.keyUpdates, [0]);
    });

    it('updateKeys into a full ring waits for room', () => {
      const { client, server, settle } = pair();
      settle();
      client.write(new Uint8Array(5000), 0, 5000);
      client.updateKeys(true);
      client.updateKeys(false);
      settle(100);
      assert.deepEqual(server.client.keyUpdates, [1]);
      client.write(Buffer.from('new keys'), 0, 8);
      settle();
      assert.ok(text(server.client.applicationData).endsWith('new keys'));
    });

    it("keys that have protected 2^23 records are replaced, ours and, by asking, the peer's", () => {
      const { client, server, settle, received } = pair();
      settle();
      const { records, writer } = client as unknown as Record<string, { protection: object }>;
      // Sealing 2^23 records would take minutes; what is looked at is what follows.
      Object.defineProperty(writer.protection, 'exhausted', { value: true });
      client.write(Buffer.from('x'), 0, 1);
      settle();
      assert.deepEqual(server.client.keyUpdates, [0]);
      assert.equal(text(server.client.applicationData), 'x');
      Object.defineProperty(records.protection, 'exhausted', { value: true });
      server.send(applicationData('y'), keyUpdate(false), applicationData('z'));
      settle();
      assert.equal(received(), 'yz');
      assert.deepEqual(server.client.keyUpdates, [0, 1]);
    });
  });

  describe('listeners', () => {
    it('hear of every message in order, of secrets and tickets', () => {
      const messages: string[] = [];
      const lines: string[] = [];
      const ticketLengths: number[] = [];
      const listener = {
        message: (sent: boolean, type: number, length: number) =>
          messages.push((sent ? '>' : '<') + type + (length > 4 ? '' : '!')),
        keylog: (line: string) => lines.push(line),
        session: (session: Uint8Array) => ticketLengths.push(parseSession(session).ticket.length),
      };
      const { settle } = pair({ listener }, serverFlight(), [newSessionTicket()]);
      settle();
      assert.deepEqual(messages, ['>1', '<2', '<8', '<11', '<15', '<20', '>20', '<4']);
      assert.deepEqual(
        lines.map(line => /^(\w+) [0-9a-f]{64} [0-9a-f]{64}$/.exec(line)?.[1]),
        [
          'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
          'SERVER_HANDSHAKE_TRAFFIC_SECRET',
          'CLIENT_TRAFFIC_SECRET_0',
          'SERVER_TRAFFIC_SECRET_0',
        ],
      );
      assert.deepEqual(ticketLengths, [32]);
    });

    it('may call every getter and action: facts are undefined until authenticated, nothing breaks (4a)', () => {
      let client: TlsClient | undefined;
      let calls = 0;
      let updates = 0;
      const data: number[] = [];
      const meddle = () => {
        if (!client) return;
        calls++;
        const known = client.protocolVersion !== undefined;
        for (const fact of [client.cipherSuite, client.group, client.peerPath]) assert.equal(fact !== undefined, known);
        assert.ok(known || !client.handshakeComplete);
        const into = new Uint8Array(10);
        const n = client.read(into, 0, 10);
        for (let i = 0; i < n; i++) data.push(into[i]);
        client.write(new Uint8Array(0), 0, 0);
        client.outputSent(0);
        // Once, because this too is a message that is told.
        if (client.handshakeComplete && updates++ === 0) client.updateKeys(false);
      };
      const made = pair({ listener: { message: meddle, keylog: meddle, session: meddle } }, serverFlight(), [
        newSessionTicket(),
        applicationData('data'),
      ]);
      client = made.client;
      made.settle();
      assert.ok(calls >= 10, String(calls));
      assert.equal(String.fromCharCode(...data) + made.received(), 'data');
      assert.equal(client.error, undefined);
    });

    it('that throw do not break the engine', () => {
      let thrown = 0;
      const { client, input, server, settle } = pair({
        listener: {
          message() {
            thrown++;
            throw new Error('mine');
          },
        },
      });
      for (let i = 0; i < 40 && !client.handshakeComplete; i++) {
        try {
          client.read(new Uint8Array(1), 0, 1);
          server.receive(takeOutput(client));
          feed(input, server.take());
        } catch (error) {
          assert.equal((error as Error).message, 'mine');
        }
      }
      assert.equal(client.handshakeComplete, true);
      assert.equal(thrown, 7);
      assert.equal(client.error, undefined);
      settle();
    });
  });

  describe('limits', () => {
    it('wrong options are ERR_USAGE and named', () => {
      const wrong: Array<[string, ClientOptions]> = [
        ['serverName', { serverName: '' }],
        ['serverName', { serverName: 'b\u00fccher.example' }],
        ['outputSize', { outputSize: 100 }],
        ['outputSize', { outputSize: 700.5 }],
        ['handshakeBufferSize', { handshakeBufferSize: 10 }],
        ['chainMemory', { chainMemory: 10 }],
        ['input', { inputSize: 100 }],
        ['alpnProtocols', { alpnProtocols: ['h2', ''] }],
        ['trust', { trust: {} }],
        ['trust', { trust: { anchors: [] } }],
      ];
      for (const [name, options] of wrong) {
        assert.throws(
          () => makeClient(trust, options),
          (error: RingletError) => error.code === 'ERR_USAGE' && error.message.includes(name),
          name,
        );
      }
    });

    it('a ClientHello that does not fit outputSize says so', () => {
      const alpnProtocols = ['a'.repeat(255), 'b'.repeat(255)];
      assert.throws(
        () => makeClient(trust, { outputSize: 600, alpnProtocols }),
        (error: RingletError) => error.code === 'ERR_TLS_MESSAGE_TOO_LARGE' && error.message.includes('outputSize'),
      );
    });

    it('a record larger than the input ring: ERR_TLS_RECORD_TOO_LARGE, with both sizes', () => {
      const { client, server, input, settle } = pair({ inputSize: 1500 });
      settle();
      server.send(applicationData('x'.repeat(3000)));
      feed(input, server.take());
      assert.equal(drain(client).end, 'ERR_TLS_RECORD_TOO_LARGE');
      assert.match(client.error?.message ?? '', /3022.*1500/);
    });

    it('a certificate of the server larger than handshakeBufferSize: ERR_TLS_MESSAGE_TOO_LARGE, naming it', async () => {
      const dnsNames = Array.from({ length: 30 }, (_, i) => `a-name-of-some-length-${i}.server.test`);
      const large = await leaf({ issuer: await authority(), dnsNames });
      const server = new ScriptedServer({ identity: large, flights: [serverFlight()] });
      const { client, input } = makeClient(trust, { handshakeBufferSize: 1024 });
      server.receive(takeOutput(client));
      feed(input, server.take());
      assert.equal(drain(client).end, 'ERR_TLS_MESSAGE_TOO_LARGE');
      assert.match(client.error?.message ?? '', new RegExp(`${large.der.length} .*1024.*handshakeBufferSize`));
      assert.ok(client.handshakeBufferPeak <= 1024);
    });
  });
});
