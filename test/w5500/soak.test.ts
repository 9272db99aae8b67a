import assert from 'node:assert/strict';
import { VirtualClock } from '../../boards/sim/clock.js';
import { NO_DATA_YET, PEER_CLOSED } from '../../src/transport.js';
import { closeRigs, makeRig, pattern, seededRandom, serve } from './harness.js';

describe('W5500 TCP, both directions at once', () => {
  afterEach(closeRigs);

  for (let seed = 1; seed <= 5; seed++) {
    it(`echoes 60 KB byte-exactly, in pieces of any size, whatever the chip's moods (seed ${seed})`, async () => {
      const random = seededRandom(seed * 104729);
      const drawn = new Uint8Array(2);
      const below = (limit: number): number => {
        random(drawn, 0, 2);
        return ((drawn[0]! << 8) | drawn[1]!) % limit;
      };
      const size = (): number[] => [[1, 2, 4, 8][below(4)]!];
      const rig = makeRig(
        { seed, chip: { crLatencyReads: below(4), rxSeed: 0xffff - below(3000), txSeed: 0xffff - below(3000) } },
        { buffers: { rx: size(), tx: size() } },
      );
      rig.board.faults.ackDelayMs = below(3);
      const address = await serve(rig, 7, socket => socket.pipe(socket));
      rig.network.start();
      const transport = await rig.connected(address, 7);
      const data = pattern(60 * 1024);
      const back = new Uint8Array(data.length);
      let sent = 0;
      let received = 0;
      await rig.until(() => {
        rig.board.faults.sendOkDelayMs = below(2);
        rig.board.faults.partialSend = below(3) === 0 ? 1 + below(900) : undefined;
        rig.board.faults.deliverAfterReadOf = below(5) === 0 ? [0x03, 0x26, 0x27, 0x20][below(4)] : undefined;
        if (sent < data.length) sent += transport.send(data, sent, 1 + below(Math.min(6000, data.length - sent)));
        if (received < data.length) {
          const n = transport.receive(back, received, 1 + below(Math.min(5000, data.length - received)));
          if (n !== NO_DATA_YET) received += n;
        }
        return received === data.length;
      }, 30000);
      assert.ok(Buffer.from(back).equals(Buffer.from(data)));
      rig.board.faults.deliverAfterReadOf = undefined;
      transport.close();
      await rig.until(() => transport.closed);
      assert.equal(transport.receive(back, 0, 1), PEER_CLOSED);
    });
  }

  it('FIN behind a full ring and more on the wire arrives last', async () => {
    const rig = makeRig({ chip: { rxSeed: 0xfc00 } });
    const data = pattern(9000);
    const address = await serve(rig, 80, socket => socket.end(data));
    rig.network.start();
    const transport = await rig.connected(address, 80);
    await rig.run(100);
    const into = new Uint8Array(9001);
    let received = 0;
    await rig.until(() => {
      const n = transport.receive(into, received, Math.min(100, 9001 - received));
      if (n === PEER_CLOSED) return true;
      if (n !== NO_DATA_YET) received += n;
      return false;
    });
    assert.equal(received, 9000);
    assert.ok(Buffer.from(into.subarray(0, 9000)).equals(Buffer.from(data)));
    transport.abort();
  });
});

describe('W5500 UDP', () => {
  afterEach(closeRigs);

  it('a datagram whose length cannot be is dropped with all that is there, and DNS asks again', async () => {
    const rig = makeRig({ clock: new VirtualClock() });
    rig.board.lan.zone.set('a.test', '10.0.0.55');
    rig.network.start();
    let wrong = 0;
    // Receive memory of whatever socket, the datagram's header included.
    rig.board.faults.alterRead = (block, _address, value) => {
      if ((block & 3) !== 3 || block >> 2 > 7) return value;
      wrong++;
      return 0xff;
    };
    let answer: Uint8Array | undefined;
    rig.network.resolve('a.test', (_error, ip) => {
      answer = ip;
    });
    await rig.until(() => wrong > 0);
    const read = wrong;
    await rig.run(1000);
    assert.equal(wrong, read, 'it is read once');
    assert.equal(rig.board.chip.sockets[0]!.received, 0);
    assert.equal(answer, undefined);
    rig.board.faults.alterRead = undefined;
    await rig.until(() => answer !== undefined, 10000);
    assert.deepEqual(answer, new Uint8Array([10, 0, 0, 55]));
  });
});
