/** Sessions from one `connect()` to the next by a store: in memory, and in files that outlive a reset. */
import assert from 'node:assert/strict';
import { flashSessions } from '../../boards/flash-sessions.js';
import { connect } from '../../src/socket/connect.js';
import { memorySessions } from '../../src/socket/memory-sessions.js';
import type { ConnectOptions, SessionStore } from '../../src/socket/options.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { type RunningServer, startNode } from '../peers/servers.js';
import { board, identity, listen, NAME, story } from './harness.js';

/** Files as they are on a board: a boot begins with what the last one has left. */
class Files {
  readonly files: Uint8Array[] = [];
  writes = 0;

  boot(): SessionStore {
    return flashSessions(
      4,
      index => this.files[index] ?? new Uint8Array(0),
      (index, file) => {
        this.writes++;
        this.files[index] = file.slice();
      },
    );
  }
}

describe('sessions of a board', () => {
  let server: RunningServer;
  before(async () => {
    server = await startNode((await identity()).leaf, {}, secure => secure.end('hello'));
  });
  after(() => server.stop());

  async function visit(sessions: SessionStore | undefined, options: Partial<ConnectOptions> = {}): Promise<TlsSocket> {
    const { ca } = await identity();
    const to = { host: '127.0.0.1', port: server.port, servername: NAME, ca, ...options };
    const socket = connect({ ...board, sessions }, to);
    const { events, received } = await story(socket);
    if (events.includes('secureConnect')) assert.equal(received.toString(), 'hello');
    return socket;
  }

  it('the second connection resumes', async () => {
    for (const sessions of [memorySessions(4096), new Files().boot()]) {
      assert.equal((await visit(sessions)).tls.resumed, false);
      assert.equal((await visit(sessions)).tls.resumed, true);
    }
  });

  it('a board without a store does not', async () => {
    await visit(undefined);
    assert.equal((await visit(undefined)).tls.resumed, false);
  });

  it('from flash, behind a reset', async () => {
    const flash = new Files();
    assert.equal((await visit(flash.boot())).tls.resumed, false);
    assert.equal((await visit(flash.boot())).tls.resumed, true);
  });

  it('each session is used once', async () => {
    const sessions = memorySessions(4096);
    await visit(sessions);
    const key = `${NAME}:${server.port}`;
    const one = sessions.load(key)!;
    const other = sessions.load(key)!;
    assert.notDeepEqual(one, other);
    assert.equal(sessions.load(key), undefined);
    sessions.save(key, one);
    assert.equal((await visit(sessions)).tls.resumed, true);
    assert.equal((await visit(sessions)).tls.resumed, false);
  });

  it('one given as an option goes before those of the store', async () => {
    const given: Uint8Array[] = [];
    const sessions = memorySessions(4096);
    const { ca } = await identity();
    const socket = connect(board, { host: '127.0.0.1', port: server.port, servername: NAME, ca });
    socket.on('session', session => given.push(session));
    await story(socket);
    assert.equal((await visit(sessions, { session: given[0] })).tls.resumed, true);
    assert.equal(sessions.load(`${NAME}:${server.port}`), undefined);
  });

  it('another port is another server', async () => {
    const other = await startNode((await identity()).leaf, {}, secure => secure.end('hello'));
    try {
      const sessions = memorySessions(4096);
      await visit(sessions);
      assert.equal((await visit(sessions, { port: other.port })).tls.resumed, false);
      assert.equal((await visit(sessions)).tls.resumed, true);
    } finally {
      await other.stop();
    }
  });

  it('a connection that never comes to be uses none up', async () => {
    for (const sessions of [memorySessions(4096), new Files().boot()]) {
      await visit(sessions);
      const gone = { ...board, network: { ...board.network, connect: () => board.network.connect('127.0.0.1', 1) } };
      const { ca } = await identity();
      const failed = connect({ ...gone, sessions }, { host: '127.0.0.1', port: server.port, servername: NAME, ca });
      assert.deepEqual((await story(failed)).events, ['error ERR_NET_REFUSED', 'close true']);
      const destroyed = connect({ ...board, sessions }, { host: '127.0.0.1', port: server.port, servername: NAME, ca });
      const closed = story(destroyed);
      destroyed.destroy();
      await closed;
      assert.equal((await visit(sessions)).tls.resumed, true);
    }
  });

  it('a handshake that fails takes all of this server with it', async () => {
    const broken = await listen(raw => raw.once('data', () => raw.end(Buffer.from([21, 3, 3, 0, 2, 2, 40]))));
    try {
      for (const flash of [undefined, new Files()]) {
        const sessions = flash ? flash.boot() : memorySessions(4096);
        await visit(sessions);
        const to = {
          ...board,
          network: { ...board.network, connect: () => board.network.connect('127.0.0.1', broken.port) },
        };
        const { ca } = await identity();
        const failed = connect({ ...to, sessions }, { host: '127.0.0.1', port: server.port, servername: NAME, ca });
        assert.deepEqual((await story(failed)).events, ['connect', 'error ERR_TLS_ALERT_RECEIVED', 'close true']);
        assert.equal(sessions.load(`${NAME}:${server.port}`), undefined);
        if (flash) assert.ok(flash.files.every(file => file.length === 0));
      }
    } finally {
      await broken.stop();
    }
  });

  it('early data: the answer comes before secureConnect', async () => {
    const { ca } = await identity();
    const earlyData = Buffer.from('ping');
    const socket = connect(board, { host: '127.0.0.1', port: server.port, servername: NAME, ca, earlyData });
    const told: string[] = [];
    socket.on('earlyData', ({ accepted, bytes }) => told.push(`${accepted} ${Buffer.from(bytes)}`));
    socket.on('secureConnect', () => told.push('secureConnect'));
    await story(socket);
    assert.deepEqual(told, ['false ping', 'secureConnect']);
  });
});
