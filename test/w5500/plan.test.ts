/** The chip's memory plan: which sockets there are, who takes them, and who waits for whom (DESIGN.md, "Socket memory"). */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { VirtualClock } from '../../boards/sim/clock.js';
import type { SimBoardOptions } from '../../boards/sim/index.js';
import type { Transport } from '../../src/transport.js';
import { formatAddress } from '../../src/w5500/address.js';
import { EIGHT_SOCKETS, FOUR_SOCKETS, ONE_SOCKET } from '../../src/w5500/buffer-plans.js';
import type { BufferPlan } from '../../src/w5500/network.js';
import { closeRigs, codeOf, makeRig, pattern, type Rig, receiveAll, STATIC, sendAll, serve } from './harness.js';

function planRig(buffers: BufferPlan | undefined, board: SimBoardOptions = {}, address?: typeof STATIC): Rig {
  return makeRig({ clock: new VirtualClock(), ...board }, { address, buffers });
}

function failure(transport: Transport): Error & { code: string } {
  try {
    transport.receive(new Uint8Array(1), 0, 1);
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error('the connection did not fail');
}

/** Asks; `answer.text` is the answer or the error's code. */
function resolve(rig: Rig, host: string): { text?: string; message?: string } {
  const answer: { text?: string; message?: string } = {};
  rig.network.resolve(host, (error, ip) => {
    answer.text = error ? error.code : formatAddress(ip!);
    answer.message = error?.message;
  });
  return answer;
}

function queryTime(rig: Rig): { text?: string } {
  const answer: { text?: string } = {};
  rig.network.queryTime('10.0.0.1', (error, seconds) => {
    answer.text = error ? error.code : String(seconds);
  });
  return answer;
}

async function leased(rig: Rig): Promise<void> {
  rig.network.start();
  await rig.until(() => rig.network.lease !== undefined);
}

async function closed(rig: Rig, transport: Transport): Promise<void> {
  transport.close();
  await rig.until(() => transport.closed, 20000);
}

function echo(socket: Socket): void {
  socket.pipe(socket);
}

/** Lets `ms` go by in steps of 20 ms, which is enough where nothing but the lease is going on. */
async function pass(rig: Rig, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 20) {
    (rig.board.clock as VirtualClock).advance(20);
    rig.network.poll();
    if (left % 1000 === 0) await new Promise(resolve => setImmediate(resolve));
  }
}

/** DHCP messages that the server has received, DISCOVER (1) and REQUEST (3), since the last call. */
function dhcpMessages(rig: Rig): number[] {
  return rig.board.dhcp.received.splice(0);
}

describe('W5500 buffer plans', () => {
  afterEach(closeRigs);

  it('that the chip does not have, or that make no socket, are ERR_USAGE', () => {
    const wrong: BufferPlan[] = [
      { rx: [16, 1], tx: [16] },
      { rx: [16], tx: [8, 8, 1] },
      { rx: [3], tx: [4] },
      { rx: [-2], tx: [2] },
      { rx: [0.5], tx: [2] },
      { rx: [32], tx: [2] },
      { rx: [1, 1, 1, 1, 1, 1, 1, 1, 1], tx: [2] },
      { rx: [], tx: [] },
      { rx: [0, 16], tx: [16] },
    ];
    for (const buffers of wrong) {
      assert.equal(
        codeOf(() => planRig(buffers)),
        'ERR_USAGE',
        JSON.stringify(buffers),
      );
    }
  });

  for (const [name, buffers, connections] of [
    ['EIGHT_SOCKETS', EIGHT_SOCKETS, 7],
    ['no plan', undefined, 7],
    ['FOUR_SOCKETS', FOUR_SOCKETS, 3],
    ['one with sockets of different sizes each way', { rx: [4, 2, 8, 2], tx: [8, 0, 4, 4] }, 2],
  ] as [string, BufferPlan | undefined, number][]) {
    it(`${name}: ${connections} connections with DHCP, one more with a static address; DNS, SNTP and renewal all the while`, async () => {
      const rig = planRig(buffers, { leaseSeconds: 60 });
      const address = await serve(rig, 80, echo);
      await leased(rig);
      const transports: Transport[] = [];
      for (let i = 0; i < connections; i++) transports.push(await rig.connected(address, 80));
      const oneTooMany = rig.network.connect(address, 80);
      await rig.until(() => oneTooMany.closed, 10);
      assert.equal(failure(oneTooMany).code, 'ERR_NET_NO_SOCKET');
      assert.match(failure(oneTooMany).message, new RegExp(`^${connections + 1} socket.*one is for DHCP`));
      const name = resolve(rig, 'peer.test');
      const time = queryTime(rig);
      await rig.until(() => name.text !== undefined && time.text !== undefined);
      assert.equal(name.text, address);
      assert.match(time.text!, /^\d+$/);
      dhcpMessages(rig);
      await pass(rig, 70000);
      assert.deepEqual(dhcpMessages(rig), [3, 3]);
      const data = pattern(3000);
      for (const transport of transports) {
        await sendAll(rig, transport, data);
        const back = new Uint8Array(3000);
        let length = 0;
        await rig.until(() => {
          if (length < 3000) length += Math.max(0, transport.receive(back, length, 3000 - length));
          return length === 3000;
        });
        assert.deepEqual(back, data);
      }

      const fixed = planRig(buffers, {}, STATIC);
      const peer = await serve(fixed, 80, () => undefined);
      fixed.network.start();
      for (let i = 0; i <= connections; i++) await fixed.connected(peer, 80);
      const tooMany = fixed.network.connect(peer, 80);
      await fixed.until(() => tooMany.closed, 10);
      assert.doesNotMatch(failure(tooMany).message, /DHCP/);
    });
  }

  it('connections take the largest socket, questions the smallest', async () => {
    const rig = planRig(FOUR_SOCKETS, {}, STATIC);
    const address = await serve(rig, 80, () => undefined);
    rig.network.start();
    const taken: number[] = [];
    for (let i = 0; i < 3; i++) {
      await rig.connected(address, 80);
      taken.push(rig.network.chip.inUse);
    }
    assert.deepEqual(taken, [1, 3, 7]);
  });

  it('two sockets: a silent DHCP server keeps no connection waiting, and DHCP never waits for a connection', async () => {
    const rig = planRig({ rx: [8, 8], tx: [8, 8] }, { leaseSeconds: 60 });
    const address = await serve(rig, 80, () => undefined);
    await leased(rig);
    dhcpMessages(rig);
    rig.board.dhcp.ignore = 1000;
    await rig.until(() => dhcpMessages(rig).length > 0, 31000);
    const asked = rig.board.clock.now();
    assert.equal(rig.network.chip.free(), 1);
    const first = await rig.connected(address, 80);
    assert.ok(rig.board.clock.now() - asked < 1000);
    rig.board.dhcp.ignore = 0;
    await pass(rig, 25000);
    assert.deepEqual(dhcpMessages(rig), [3]);
    assert.ok(!first.closed);
  });

  it('a question waits for a socket that another question has', async () => {
    const rig = planRig({ rx: [8, 8], tx: [8, 8] });
    const address = await serve(rig, 80, () => undefined);
    await leased(rig);
    await rig.connected(address, 80);
    const answers = [1, 2, 3, 4].map(() => resolve(rig, 'peer.test'));
    await rig.until(() => answers.every(({ text }) => text === address));
  });
});

describe('W5500 with one socket for everything', () => {
  afterEach(closeRigs);

  it('DHCP, SNTP, DNS, a connection of 100 KB each way, its end, and all again', async () => {
    const rig = planRig(ONE_SOCKET);
    await serve(rig, 80, echo);
    await leased(rig);
    for (let round = 0; round < 2; round++) {
      const time = queryTime(rig);
      await rig.until(() => time.text !== undefined);
      assert.match(time.text!, /^\d+$/);
      const transport = await rig.connected('peer.test', 80);
      const data = pattern(100000);
      const [, back] = await Promise.all([
        sendAll(rig, transport, data).then(() => transport.close()),
        receiveAll(rig, transport),
      ]);
      assert.deepEqual(back, Buffer.from(data));
      await rig.until(() => transport.closed);
      assert.equal(rig.network.chip.inUse, 0);
    }
  });

  it('questions asked together with a connection take turns, and go first', async () => {
    const rig = planRig(ONE_SOCKET);
    const address = await serve(rig, 80, () => undefined);
    rig.network.start();
    const transport = rig.network.connect('peer.test', 80);
    const answers = [queryTime(rig), resolve(rig, 'peer.test')];
    await rig.until(() => transport.connected);
    assert.match(answers[0]!.text!, /^\d+$/);
    assert.equal(answers[1]!.text, address);
  });

  it('while a connection is open, another one and a lookup fail at once and say why; a dotted address needs no socket', async () => {
    const rig = planRig(ONE_SOCKET);
    const address = await serve(rig, 80, () => undefined);
    await leased(rig);
    const transport = await rig.connected('peer.test', 80);
    const others = [rig.network.connect(address, 80), rig.network.connect('peer.test', 80)];
    const name = resolve(rig, 'peer.test');
    assert.equal(resolve(rig, '10.0.0.77').text, '10.0.0.77');
    await rig.until(() => others.every(other => other.closed) && name.text !== undefined, 10);
    for (const { code, message } of [...others.map(failure), { code: name.text, message: name.message! }]) {
      assert.equal(code, 'ERR_NET_NO_SOCKET');
      assert.match(message, /^1 socket.*in use: close one, or plan buffers for more/);
    }
    assert.ok(!transport.closed);
  });

  it('a connection waits for the one before it that is being closed', async () => {
    const rig = planRig(ONE_SOCKET);
    const sockets: Socket[] = [];
    await serve(rig, 80, socket => sockets.push(socket));
    await leased(rig);
    const first = await rig.connected('peer.test', 80);
    first.close();
    const second = rig.network.connect('peer.test', 80);
    await rig.run(1000);
    assert.ok(!first.closed && !second.closed && !second.connected);
    for (const socket of sockets) socket.end();
    await rig.until(() => second.connected);
  });

  it('a question asked again from its own callback while there is no socket ends no poll', async () => {
    const rig = planRig(ONE_SOCKET);
    await serve(rig, 80, () => undefined);
    await leased(rig);
    await rig.connected('peer.test', 80);
    let failures = 0;
    const again = () => {
      failures++;
      if (failures < 1000) rig.network.resolve('peer.test', again);
    };
    rig.network.resolve('peer.test', again);
    rig.network.poll();
    rig.network.poll();
    assert.equal(failures, 2);
  });

  it('gives up with ERR_NET_NO_SOCKET when others have had the socket for as long as it may wait', async () => {
    const rig = planRig(ONE_SOCKET);
    await leased(rig);
    rig.board.dns.ignore = 1000;
    const answers = [1, 2, 3, 4, 5].map(n => resolve(rig, `host${n}.test`));
    await rig.until(() => answers.every(({ text }) => text !== undefined), 60000);
    assert.deepEqual(
      answers.map(({ text }) => text),
      ['ERR_NET_DNS_TIMEOUT', 'ERR_NET_DNS_TIMEOUT', 'ERR_NET_DNS_TIMEOUT', 'ERR_NET_NO_SOCKET', 'ERR_NET_NO_SOCKET'],
    );
    assert.equal(rig.network.chip.inUse, 0);
  });
});

describe('W5500 lease with one socket for everything', () => {
  afterEach(closeRigs);

  async function open(leaseSeconds: number): Promise<Rig> {
    const rig = planRig(ONE_SOCKET, { leaseSeconds });
    await serve(rig, 80, echo);
    await leased(rig);
    dhcpMessages(rig);
    return rig;
  }

  it('is renewed at T1 between connections', async () => {
    const rig = await open(60);
    await closed(rig, await rig.connected('peer.test', 80));
    await pass(rig, 31000);
    assert.deepEqual(dhcpMessages(rig), [3]);
    assert.equal(rig.network.chip.inUse, 0);
    await rig.connected('peer.test', 80);
  });

  it('is renewed before a connection if half the time to T1 is over, and not before', async () => {
    const rig = await open(3600);
    await pass(rig, 800000);
    await closed(rig, await rig.connected('peer.test', 80));
    assert.deepEqual(dhcpMessages(rig), []);
    await pass(rig, 100000);
    const transport = await rig.connected('peer.test', 80);
    assert.deepEqual(dhcpMessages(rig), [3]);
    // 59 minutes from now, and not 44.
    await pass(rig, 59 * 60000);
    assert.ok(!transport.closed);
    assert.deepEqual(dhcpMessages(rig), []);
  });

  it('delays a connection by 4 s at most when the server is silent, and renews when the connection is over', async () => {
    const rig = await open(3600);
    await pass(rig, 1000000);
    rig.board.dhcp.ignore = 1;
    const before = rig.board.clock.now();
    const transport = await rig.connected('peer.test', 80);
    const delay = rig.board.clock.now() - before;
    assert.ok(delay >= 4000 && delay < 4300, `${delay} ms`);
    assert.deepEqual(dhcpMessages(rig), [3]);
    await pass(rig, 2000000);
    assert.deepEqual(dhcpMessages(rig), [], 'no socket to ask with');
    // What is due goes before the next connection, which is wanted at the same time.
    transport.abort();
    const next = rig.network.connect('peer.test', 80);
    await rig.until(() => next.connected);
    assert.deepEqual(dhcpMessages(rig), [3]);
    assert.ok(rig.network.lease);
  });

  it('costs no frames while it should be renewed and a connection has the socket', async () => {
    const rig = await open(2000);
    await rig.connected('peer.test', 80);
    const frames = async () => {
      const before = rig.network.chip.spi.frames;
      await pass(rig, 20000);
      return rig.network.chip.spi.frames - before;
    };
    const fresh = await frames();
    await pass(rig, 1200000);
    const due = await frames();
    assert.ok(Math.abs(due - fresh) < 20, `${fresh} frames in 20 s before T1, ${due} after`);
    assert.deepEqual(dhcpMessages(rig), []);
  });

  it('that ends in mid-connection is ERR_NET_NO_LEASE, which says why; then there is a new one', async () => {
    const rig = await open(60);
    const transport = await rig.connected('peer.test', 80);
    await rig.until(() => transport.closed, 61000);
    assert.ok(rig.board.clock.now() > 59000);
    assert.equal(failure(transport).code, 'ERR_NET_NO_LEASE');
    assert.match(failure(transport).message, /while the only socket was in use: plan buffers for two/);
    assert.equal(rig.board.chip.settings().address, '0.0.0.0');
    await rig.connected('peer.test', 80);
    assert.deepEqual(dhcpMessages(rig), [1, 3]);
  });

  it('with another address is for the next connection', async () => {
    const rig = await open(60);
    await closed(rig, await rig.connected('peer.test', 80));
    for (const mac of rig.board.dhcp.leases.keys()) rig.board.dhcp.leases.set(mac, '10.0.0.200');
    const transport = rig.network.connect('peer.test', 80);
    await rig.until(() => transport.connected);
    assert.equal(formatAddress(rig.network.lease!.ip), '10.0.0.100');
    await closed(rig, transport);
    // The server refuses the old address, offers the new one, and the driver takes it.
    await rig.until(() => rig.network.lease !== undefined && rig.network.lease.ip[3] === 200, 60000);
    await rig.connected('peer.test', 80);
    assert.equal(rig.board.chip.settings().address, '10.0.0.200');
  });
});
