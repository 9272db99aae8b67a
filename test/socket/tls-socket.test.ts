/** TlsSocket against node:tls servers: its events in every kind of life and death of a connection. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { connect } from '../../src/socket/connect.js';
import type { ConnectOptions } from '../../src/socket/options.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { board, identity, listen, NAME, serve, story, type TestServer } from './harness.js';

describe('TlsSocket', () => {
  let server: TestServer | undefined;
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  async function dial(to: TestServer, more: Partial<ConnectOptions> = {}): Promise<TlsSocket> {
    server = to;
    return connect(board, { host: '127.0.0.1', servername: NAME, port: to.port, ca: (await identity()).ca, ...more });
  }

  it('close_notify and FIN: data, end, close(false)', async () => {
    const socket = await dial(await serve(secure => secure.end('hello')));
    const { events, received } = await story(socket);
    assert.deepEqual(events, ['connect', 'secureConnect', 'data', 'end', 'close false']);
    assert.equal(received.toString(), 'hello');
  });

  it('FIN without close_notify: the data, then truncated, never end', async () => {
    const socket = await dial(
      await serve((secure, raw) => void secure.write('not all of it', () => setTimeout(() => raw.end(), 20))),
    );
    const { events, received } = await story(socket);
    assert.deepEqual(events, ['connect', 'secureConnect', 'data', 'error ERR_TLS_TRUNCATED', 'close true']);
    assert.equal(received.toString(), 'not all of it');
  });

  it('RST: the data, then ERR_NET_RESET', async () => {
    const socket = await dial(
      await serve((secure, raw) => void secure.write('then gone', () => setTimeout(() => raw.resetAndDestroy(), 20))),
    );
    const { events } = await story(socket);
    assert.deepEqual(events, ['connect', 'secureConnect', 'data', 'error ERR_NET_RESET', 'close true']);
  });

  it('FIN in mid-handshake is truncated', async () => {
    const socket = await dial(await listen(raw => raw.once('data', () => raw.end(Buffer.from([22, 3, 3, 0, 90, 2])))));
    assert.deepEqual((await story(socket)).events, ['connect', 'error ERR_TLS_TRUNCATED', 'close true']);
  });

  it('nobody listens: ERR_NET_REFUSED', async () => {
    const gone = await listen(() => undefined);
    await gone.stop();
    const socket = await dial({ port: gone.port, stop: async () => undefined });
    assert.deepEqual((await story(socket)).events, ['error ERR_NET_REFUSED', 'close true']);
  });

  it('a server that says nothing: ERR_TLS_HANDSHAKE_TIMEOUT', async () => {
    const socket = await dial(await listen(() => undefined), { handshakeTimeout: 100 });
    assert.deepEqual((await story(socket)).events, ['connect', 'error ERR_TLS_HANDSHAKE_TIMEOUT', 'close true']);
  });

  it('a stranger: ERR_CERT_NAME_MISMATCH, and the server is told why', async () => {
    let alert: Promise<string> | undefined;
    const to = await serve(secure => {
      alert = new Promise(resolve => secure.on('error', error => resolve(error.message)));
    });
    const socket = await dial(to, { servername: 'other.test' });
    assert.deepEqual((await story(socket)).events, ['connect', 'error ERR_CERT_NAME_MISMATCH', 'close true']);
    assert.match((await alert)!, /alert bad certificate/i);
  });

  it('1 MB both ways through write and drain, the caller reusing its buffer at once', async () => {
    const socket = await dial(await serve(secure => void secure.pipe(secure)));
    const total = 1 << 20;
    const sentHash = createHash('sha256');
    const receivedHash = createHash('sha256');
    let received = 0;
    let sent = 0;
    let shortAnswers = 0;
    const block = Buffer.alloc(5000);
    let rest = 0;
    const ending = story(socket);
    function fill(): void {
      while (sent < total) {
        if (rest === 0) {
          rest = Math.min(block.length, total - sent);
          randomBytes(rest).copy(block);
          sentHash.update(block.subarray(0, rest));
        }
        // The rest is moved to the front of the same array: whatever the engine kept of it would show.
        const taken = socket.write(block, 0, rest);
        assert.ok(taken >= 0 && taken <= rest);
        sent += taken;
        const short = taken < rest;
        block.copyWithin(0, taken, rest);
        block.fill(0xee, rest - taken);
        rest -= taken;
        if (short) {
          shortAnswers++;
          return;
        }
      }
      socket.end();
    }
    socket.on('secureConnect', fill);
    socket.on('drain', fill);
    socket.on('data', chunk => {
      received += chunk.length;
      receivedHash.update(chunk);
    });
    const { events } = await ending;
    assert.equal(events[events.length - 1], 'close false');
    assert.equal(received, total);
    assert.equal(receivedHash.digest('hex'), sentHash.digest('hex'));
    assert.ok(shortAnswers > 0, 'a 2 KB output ring must have answered short');
  });

  it('a paused socket takes no more than its ring, and loses nothing', async () => {
    const payload = randomBytes(3_000_000);
    const socket = await dial(await serve(secure => void secure.end(payload)));
    const ending = story(socket);
    await new Promise<void>(resolve => socket.on('secureConnect', resolve));
    socket.pause();
    await new Promise(resolve => setTimeout(resolve, 150));
    const whilePaused = socket.bytesRead;
    assert.ok(whilePaused < 3 * 16645, `${whilePaused} bytes read while paused`);
    socket.resume();
    const { received, events } = await ending;
    assert.ok(received.equals(payload));
    assert.equal(events[events.length - 1], 'close false');
  });

  it('onread fills one buffer, and false pauses', async () => {
    const payload = randomBytes(10_000);
    const received: Buffer[] = [];
    const buffer = new Uint8Array(700);
    const socket: TlsSocket = await dial(await serve(secure => void secure.end(payload)), {
      onread: {
        buffer,
        callback(length, same) {
          assert.equal(same, buffer);
          received.push(Buffer.from(buffer.subarray(0, length)));
          setTimeout(() => socket.resume(), 1);
          return false;
        },
      },
    });
    await new Promise(resolve => socket.on('close', resolve));
    assert.ok(Buffer.concat(received).equals(payload));
  });

  it('end() first: what the server still says arrives, and the close is clean', async () => {
    const socket = await dial(
      await serve(secure => {
        secure.on('end', () => undefined);
        secure.on('data', () => setTimeout(() => secure.end('a late answer'), 50));
      }),
    );
    socket.on('secureConnect', () => {
      socket.write('question');
      socket.end();
    });
    const { events, received } = await story(socket);
    assert.equal(received.toString(), 'a late answer');
    assert.deepEqual(events.slice(-2), ['end', 'close false']);
  });

  it('every action from inside every event is safe', async () => {
    for (const event of ['connect', 'secureConnect', 'data', 'end', 'message', 'session', 'keylog'] as const) {
      const to = await serve(secure => secure.end('hello'));
      const socket = await dial(to);
      const thrown: string[] = [];
      socket.on(event, () => {
        const { tls } = socket;
        void [tls.cipherSuite, tls.group, tls.alpnProtocol, tls.peerPath, tls.protocolVersion, socket.authorized];
        for (const action of [
          () => socket.write('x'),
          () => socket.pause(),
          () => socket.resume(),
          () => socket.end(),
          () => socket.write('x'),
          () => socket.destroy(),
          () => socket.destroy(),
        ]) {
          try {
            action();
          } catch (error) {
            thrown.push((error as { code: string }).code);
          }
        }
      });
      const { events } = await story(socket);
      assert.equal(events[events.length - 1], 'close false', `${event}: ${events}`);
      assert.ok(
        thrown.every(code => code === 'ERR_USAGE'),
        `${event}: ${thrown}`,
      );
      await to.stop();
    }
  });

  it('keylog lines are NSS key log format', async () => {
    const socket = await dial(await serve(secure => secure.end('hello')));
    const lines: string[] = [];
    socket.on('keylog', line => lines.push(line));
    await story(socket);
    const labels = lines.map(line => /^([A-Z_0-9]+) [0-9a-f]{64} ([0-9a-f]{64}|[0-9a-f]{96})$/.exec(line)?.[1]);
    assert.deepEqual(labels.sort(), [
      'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
      'CLIENT_TRAFFIC_SECRET_0',
      'SERVER_HANDSHAKE_TRAFFIC_SECRET',
      'SERVER_TRAFFIC_SECRET_0',
    ]);
  });

  it('tickets come as session events, also from servers that send them only to who asks', async () => {
    const socket = await dial(await serve(secure => secure.end('hello')));
    const sizes: number[] = [];
    socket.on('session', session => sizes.push(session.length));
    let hello = 0;
    socket.on('message', ({ type, length }) => {
      if (type === 1) hello = length;
    });
    await story(socket);
    assert.ok(sizes.length > 0 && sizes.every(size => size > 0), `tickets of ${sizes} bytes`);
    // psk_key_exchange_modes, RFC 8446 §4.2.9, is what asks; the engine writes it only for a listener that is there in time.
    assert.ok(hello > 0);
  });

  it('options that cannot work are ERR_USAGE at once', async () => {
    const { ca } = await identity();
    const usage = { code: 'ERR_USAGE' };
    assert.throws(() => connect(board, { host: '127.0.0.1', port: 443 }), usage);
    assert.throws(() => connect(board, { host: '127.0.0.1', port: 443, ca: [] }), usage);
    assert.throws(() => connect(board, { host: '127.0.0.1', port: 0, ca }), usage);
    const onread = { buffer: new Uint8Array(0), callback: () => true };
    assert.throws(() => connect(board, { host: '127.0.0.1', port: 443, ca, onread }), usage);
    const socket = await dial(await serve(secure => secure.end('x')));
    assert.throws(() => socket.write('€'), usage);
    assert.throws(() => socket.write(new Uint8Array(4), 2, 3), usage);
    socket.end();
    assert.throws(() => socket.write('x'), usage);
    await story(socket);
  });
});
