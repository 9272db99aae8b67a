/** One wrong bit on the bus, where it could do most harm: it is noticed, or read again, before anything follows from it. */
import assert from 'node:assert/strict';
import type * as net from 'node:net';
import { VirtualClock } from '../../boards/sim/clock.js';
import { closeRigs, codeOf, established, makeRig, pattern, type Rig, sendAll, serve } from './harness.js';

const [IR, SR, TX_FSR, TX_RD, TX_WR] = [0x02, 0x03, 0x20, 0x22, 0x24];

/** The next reading of that register of socket 0 is `change`d, once; answers how often it has been read. */
function wrongOnce(rig: Rig, register: number, change: (value: number) => number): () => number {
  let reads = 0;
  rig.board.faults.alterRead = (block, at, value) =>
    block === 1 && at === register && reads++ === 0 ? change(value) : value;
  return () => reads;
}

describe('W5500 and one wrong bit', () => {
  afterEach(closeRigs);

  it('in Sn_TX_FSR of a full memory: what is not acknowledged is not overwritten', async () => {
    const rig = makeRig({ clock: new VirtualClock() });
    const { transport, peer } = await established(rig);
    const parts: Buffer[] = [];
    peer.on('data', data => parts.push(data));
    const bytes = pattern(10000);
    rig.board.faults.ackDelayMs = 1000;
    const first = transport.send(bytes, 0, bytes.length);
    assert.equal(first, 2048);
    await rig.run(500);
    const reads = wrongOnce(rig, TX_FSR + 1, value => value ^ 8);
    assert.equal(transport.send(bytes, first, 100), 0);
    assert.ok(reads() > 0);
    assert.equal(transport.send(bytes, first, 100), 0);
    rig.board.faults.alterRead = undefined;
    await sendAll(rig, transport, bytes.subarray(first));
    await rig.until(() => Buffer.concat(parts).length === bytes.length);
    assert.ok(Buffer.concat(parts).equals(bytes));
  });

  it('in Sn_TX_WR while it connects: the connection works', async () => {
    for (const skip of [0, 1, 2]) {
      const rig = makeRig({ clock: new VirtualClock() });
      let peer: net.Socket | undefined;
      const address = await serve(rig, 80, socket => {
        peer = socket;
      });
      rig.network.start();
      let reads = 0;
      rig.board.faults.alterRead = (block, at, value) => {
        const open = block === 1 && at === TX_WR && rig.board.chip.sockets[0]!.state === 0x17;
        return open && reads++ === skip ? value ^ 4 : value;
      };
      const transport = await rig.connected(address, 80);
      await rig.until(() => peer !== undefined);
      const parts: Buffer[] = [];
      peer!.on('data', data => parts.push(data));
      await sendAll(rig, transport, pattern(3000));
      await rig.until(() => Buffer.concat(parts).length === 3000);
      assert.ok(reads > skip);
      assert.ok(Buffer.concat(parts).equals(pattern(3000)));
    }
  });

  it('in Sn_TX_RD, and a late SEND_OK: no SEND of nothing', async () => {
    const rig = makeRig({ clock: new VirtualClock() });
    const { transport, peer } = await established(rig);
    peer.resume();
    rig.board.faults.sendOkDelayMs = 200;
    assert.equal(transport.send(pattern(600), 0, 600), 600);
    await rig.run(20);
    let late = 0;
    rig.board.faults.alterRead = (block, at, value) => {
      if (block !== 1) return value;
      if (at === IR && late++ === 0) return value | 0x10;
      return at === TX_RD && late === 1 ? value ^ 1 : value;
    };
    await rig.run(1000);
    assert.ok(late > 1);
    assert.equal(rig.board.chip.sockets[0]!.commands['SEND'], 1);
    assert.equal(transport.send(pattern(600), 0, 600), 600);
  });

  it('SEND_OK of a SEND that stopped short was cleared with that of the one before: it goes on', async () => {
    const rig = makeRig({ clock: new VirtualClock() });
    const { transport, peer } = await established(rig);
    let length = 0;
    peer.on('data', data => {
      length += data.length;
    });
    rig.board.faults.alterRead = (block, at, value) => (block === 1 && at === IR ? value & ~0x10 : value);
    assert.equal(transport.send(pattern(600), 0, 600), 600);
    await rig.run(500);
    rig.board.faults.partialSend = 250;
    assert.equal(transport.send(pattern(600), 0, 600), 600);
    await rig.run(500);
    assert.equal(length, 850);
    await rig.until(() => length === 1200);
  });

  it('that says that nothing can be sent ends no connection that has been idle for long', async () => {
    const rig = makeRig({ clock: new VirtualClock() });
    const { transport } = await established(rig);
    assert.equal(transport.send(pattern(10), 0, 10), 10);
    await rig.run(70000);
    const reads = wrongOnce(rig, TX_FSR, () => 0);
    await rig.run(1000);
    assert.ok(reads() > 0);
    assert.equal(transport.send(pattern(10), 0, 10), 10);
  });

  it('that says that the peer has answered connects nothing', async () => {
    const rig = makeRig({ clock: new VirtualClock(), faults: { synAnswer: 'none' } });
    await serve(rig, 80, () => undefined);
    rig.network.start();
    const transport = rig.network.connect('peer.test', 80);
    await rig.until(() => rig.board.chip.sockets[0]!.state === 0x15);
    const reads = wrongOnce(rig, SR, value => value ^ 2);
    await rig.run(1000);
    assert.ok(reads() > 1);
    assert.equal(transport.connected, false);
    transport.abort();
  });

  it('that says that a timeout has been does not make one of the reset that comes later', async () => {
    const rig = makeRig({ clock: new VirtualClock() });
    const { transport, peer } = await established(rig);
    const reads = wrongOnce(rig, IR, value => value | 8);
    await rig.run(1000);
    assert.ok(reads() > 1);
    peer.resetAndDestroy();
    await rig.until(() => transport.closed);
    assert.equal(
      codeOf(() => transport.receive(new Uint8Array(1), 0, 1)),
      'ERR_NET_RESET',
    );
  });
});
