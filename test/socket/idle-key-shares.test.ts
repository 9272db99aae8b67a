/** idleKeyShares: when the next key share is made, and when not; what becomes of it; and what a connection gets out of it. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { connect } from '../../src/socket/connect.js';
import { type IdleKeyShares, idleKeyShares } from '../../src/socket/idle-key-shares.js';
import type { Board } from '../../src/socket/options.js';
import { slices } from '../../src/socket/slices.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { type SlowProvider, slowProvider } from '../slow-provider.js';
import { identity, NAME, board as nodeBoard, serve, story } from './harness.js';

const HOUR = 3600000;
/** A key share takes a minute. */
const UNITS = 6000;
const UNIT_MS = 10;
const SLICE_MS = 100;

/** Of a TlsSocket what the preparation looks at. */
class FakeSocket {
  bytesRead = 0;
  bytesWritten = 0;
  private readonly listeners: Record<string, () => void> = {};

  on(event: string, listener: () => void): this {
    this.listeners[event] = listener;
    return this;
  }

  says(event: 'secureConnect' | 'close'): void {
    this.listeners[event]();
  }
}

interface Stage {
  board: Board;
  idle: IdleKeyShares;
  slow: SlowProvider;
  /** The next timers, one after the other, until this has passed. */
  pass(ms: number): void;
  timers(): number;
  /** A connection that begins now, as `connect` does it. */
  opens(): FakeSocket;
  entropy: { missing: boolean };
}

function stage(sliceMs: number | undefined = SLICE_MS): Stage {
  let now = 0;
  let order = 0;
  const due = new Map<number, { at: number; call: () => void }>();
  const entropy = { missing: false };
  const slow = slowProvider(portableProvider, UNITS, units => {
    now += units * UNIT_MS;
  });
  const board = {
    ...nodeBoard,
    crypto: slow.provider,
    clock: { now: () => now },
    timer: {
      after(delayMs: number, call: () => void) {
        due.set(++order, { at: now + delayMs, call });
        return order;
      },
      cancel: (handle: unknown) => void assert.ok(due.delete(handle as number), 'cancel of a timer that is over'),
    },
    random(into: Uint8Array, offset: number, length: number) {
      if (entropy.missing) throw new Error('no entropy');
      nodeRandom(into, offset, length);
    },
    slices: sliceMs ? slices(sliceMs) : undefined,
  };
  const idle = idleKeyShares(board);
  return {
    board,
    idle,
    slow,
    entropy,
    timers: () => due.size,
    opens() {
      const socket = new FakeSocket();
      board.crypto.groups[0].generate(nodeRandom);
      (board as Board).watch?.(socket as unknown as TlsSocket);
      return socket;
    },
    pass(ms) {
      const end = now + ms;
      for (;;) {
        const next = [...due].sort(([a, { at }], [b, { at: other }]) => at - other || a - b)[0];
        if (!next || next[1].at > end) break;
        due.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].call();
      }
      now = Math.max(now, end);
    },
  };
}

describe('idle key shares', () => {
  it('the first is made before anybody connects, in slices; then nothing happens for an hour', () => {
    const { idle, pass, slow, timers } = stage();
    pass(60000);
    assert.ok(!idle.ready, 'half the time is left to others');
    pass(120000);
    assert.ok(idle.ready);
    assert.ok(slow.largest <= SLICE_MS / UNIT_MS, `${slow.largest} units in a slice`);
    const { slices } = slow;
    pass(HOUR / 2);
    assert.deepEqual([slow.slices, slow.begun.length, slow.unwiped.size, timers()], [slices, 1, 1, 1]);
    pass(HOUR);
    assert.deepEqual([idle.ready, slow.begun.length, slow.unwiped.size, timers()], [false, 1, 0, 0]);
  });

  it('a connection takes it; the next is made once that is open and moves nothing', () => {
    const { idle, pass, slow, opens } = stage();
    pass(3 * 60000);
    const socket = opens();
    assert.ok(!idle.ready);
    pass(300000);
    assert.equal(slow.begun.length, 1, 'nothing is made during the handshake');
    socket.says('secureConnect');
    for (let i = 0; i < 1000; i++) {
      socket.bytesRead += 100;
      pass(SLICE_MS);
    }
    assert.equal(slow.begun.length, 1, 'nor while it moves bytes');
    pass(3 * 60000);
    assert.ok(idle.ready);
    assert.equal(slow.begun.length, 2);
    // The end of that connection changes nothing, and does not prolong the hour.
    pass(HOUR / 2);
    socket.says('close');
    pass(HOUR / 2);
    assert.deepEqual([idle.ready, slow.unwiped.size], [false, 1]);
  });

  it('a handshake that fails is over, too', () => {
    const { idle, pass, slow, opens } = stage();
    pass(3 * 60000);
    opens().says('close');
    pass(3 * 60000);
    assert.ok(idle.ready);
    assert.equal(slow.begun.length, 2);
  });

  it('waits for the last of several handshakes', () => {
    const { idle, pass, opens, slow } = stage();
    pass(3 * 60000);
    const first = opens();
    const second = opens();
    first.says('secureConnect');
    first.says('close');
    pass(300000);
    assert.ok(!idle.ready);
    second.says('secureConnect');
    pass(3 * 60000);
    assert.ok(idle.ready);
    // The first one's, the second one's own, and the one that waits.
    assert.equal(slow.begun.length, 3);
  });

  it('what is half made is what the connection goes on with', () => {
    const { board, idle, pass, slow } = stage();
    pass(60000);
    const { slices } = slow;
    assert.ok(slices > 100 && !idle.ready);
    const share = board.crypto.groups[0].generate(() => assert.fail('nothing is drawn'));
    while (!share.step(10));
    assert.ok(share.result().publicKey.length > 0);
    assert.equal(slow.begun.length, 1);
  });

  it('wipe overwrites it; after the next connection there is another', () => {
    const { idle, pass, slow, timers, opens } = stage();
    pass(3 * 60000);
    idle.wipe();
    assert.deepEqual([idle.ready, slow.unwiped.size, timers()], [false, 0, 0]);
    pass(HOUR);
    assert.equal(slow.begun.length, 1);
    opens().says('secureConnect');
    pass(3 * 60000);
    assert.ok(idle.ready);
  });

  it('without randomness it waits for a connection, which is told', () => {
    const { idle, pass, entropy, timers, opens } = stage();
    entropy.missing = true;
    pass(HOUR);
    assert.deepEqual([idle.ready, timers()], [false, 0]);
    entropy.missing = false;
    opens().says('close');
    pass(3 * 60000);
    assert.ok(idle.ready);
  });

  it('the other groups, and all else of the board, stay what they are', () => {
    const { board, slow } = stage();
    assert.equal(board.crypto.groups[0].name, slow.provider.groups[0].name);
    assert.deepEqual(board.crypto.groups.slice(1), slow.provider.groups.slice(1));
    assert.equal(board.crypto.signatures, slow.provider.signatures);
    assert.equal(board.crypto.aeads, slow.provider.aeads);
  });

  it('connections over TCP: one share each, the ready one without a step of its own', async () => {
    const { ca } = await identity();
    const server = await serve(secure => secure.end('hello'));
    const slow = slowProvider(nodeCryptoProvider, 100);
    const board: Board = { ...nodeBoard, crypto: slow.provider, slices: slices(1) };
    const idle = idleKeyShares(board);
    const until = async (done: () => boolean) => {
      for (let i = 0; i < 2000 && !done(); i++) await new Promise(resolve => setTimeout(resolve, 1));
      assert.ok(done());
    };
    try {
      for (let i = 0; i < 3; i++) {
        await until(() => idle.ready);
        const { slices } = slow;
        const begun = slow.begun.length;
        const socket = connect(board, { host: '127.0.0.1', port: server.port, servername: NAME, ca });
        let atHello = 0;
        socket.on('message', ({ sent, type }) => {
          if (sent && type === 1) atHello = slow.slices - slices;
        });
        const { events, received } = await story(socket);
        assert.equal(received.toString(), 'hello');
        assert.ok(events.includes('secureConnect'), events.join());
        assert.equal(atHello, 0, 'the ClientHello waited for nothing');
        assert.ok(!slow.begun.slice(begun, begun + 3).includes('generate'));
      }
      await until(() => idle.ready);
      assert.equal(slow.begun.filter(name => name === 'generate').length, 4);
      assert.equal(slow.unwiped.size, 1);
    } finally {
      idle.wipe();
      await server.stop();
    }
    assert.equal(slow.unwiped.size, 0);
  });
});
