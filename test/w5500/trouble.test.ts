import assert from 'node:assert/strict';
import { VirtualClock } from '../../boards/sim/clock.js';
import { NO_DATA_YET, PEER_CLOSED, type Transport } from '../../src/transport.js';
import { closeRigs, codeOf, established, makeRig, pattern, receiveAll, seededRandom, serve } from './harness.js';

const one = new Uint8Array(1);

function failure(transport: Transport): string {
  const code = codeOf(() => transport.receive(one, 0, 1));
  assert.equal(
    codeOf(() => transport.receive(one, 0, 1)),
    code,
    'the same error for ever',
  );
  return code;
}

describe('W5500 TCP sends', () => {
  afterEach(closeRigs);

  it('throws ERR_NET_TIMEOUT when a SEND never ends', async () => {
    const rig = makeRig({ clock: new VirtualClock(), faults: {} }, { timeouts: { send: 3000 } });
    const { transport } = await established(rig);
    rig.board.faults.sendOkNever = true;
    assert.equal(transport.send(pattern(10), 0, 10), 10);
    assert.equal(transport.send(pattern(10), 0, 10), 0);
    await rig.until(() => transport.closed, 4000);
    assert.equal(failure(transport), 'ERR_NET_TIMEOUT');
  });

  it('throws ERR_NET_TIMEOUT when the peer falls silent', async () => {
    const rig = makeRig({ clock: new VirtualClock() });
    const { transport } = await established(rig);
    rig.board.faults.deadPeer = true;
    transport.send(pattern(10), 0, 10);
    await rig.until(() => transport.closed, 65000);
    assert.equal(failure(transport), 'ERR_NET_TIMEOUT');
  });

  it('refuses requests for nothing, beyond the array, and sends after close', async () => {
    const rig = makeRig();
    const { transport } = await established(rig);
    for (const [offset, length] of [
      [0, 0],
      [0, 2],
      [1, 1],
      [-1, 1],
    ] as const) {
      assert.equal(
        codeOf(() => transport.receive(one, offset, length)),
        'ERR_USAGE',
      );
      assert.equal(
        codeOf(() => transport.send(one, offset, length)),
        'ERR_USAGE',
      );
    }
    transport.close();
    assert.equal(
      codeOf(() => transport.send(one, 0, 1)),
      'ERR_USAGE',
    );
    transport.abort();
  });
});

describe('W5500 TCP connects', () => {
  afterEach(closeRigs);

  it('times out when nobody answers ARP, and when packets vanish', async () => {
    const rig = makeRig({ clock: new VirtualClock() });
    rig.network.start();
    const local = rig.network.connect('10.0.0.200', 80);
    await rig.until(() => local.closed, 3000);
    assert.equal(failure(local), 'ERR_NET_TIMEOUT');
    rig.board.faults.blackholes.add('192.0.2.1');
    const before = rig.board.clock.now();
    const remote = rig.network.connect('192.0.2.1', 80);
    await rig.until(() => remote.closed, 11000);
    assert.equal(failure(remote), 'ERR_NET_TIMEOUT');
    assert.ok(rig.board.clock.now() - before >= 10000);
    assert.equal(rig.network.chip.inUse, 0);
  });

  it('has eight sockets: the ninth connection gets ERR_NET_NO_SOCKET, and one that was given back is used again', async () => {
    const rig = makeRig();
    const address = await serve(rig, 80, socket => socket.resume());
    rig.network.start();
    const transports: Transport[] = [];
    for (let i = 0; i < 8; i++) transports.push(await rig.connected(address, 80));
    const ports = new Set(rig.events.map(event => (event.type === 'connect' ? event.localPort : 0)));
    ports.delete(0);
    assert.equal(ports.size, 8);
    const ninth = rig.network.connect(address, 80);
    await rig.until(() => ninth.closed);
    assert.equal(failure(ninth), 'ERR_NET_NO_SOCKET');
    transports[3]!.abort();
    transports[3] = await rig.connected(address, 80);
    for (const transport of transports) transport.abort();
    assert.equal(rig.network.chip.inUse, 0);
  });

  it('uses no local port twice within 60 s, also after a restart of the board', async () => {
    const rig = makeRig({ clock: new VirtualClock() });
    const address = await serve(rig, 80, socket => socket.end());
    for (let i = 0; i < 30; i++) {
      if (i % 10 === 0) rig.network.start();
      const transport = await rig.connected(address, 80);
      assert.equal((await receiveAll(rig, transport)).length, 0);
      transport.close();
      await rig.until(() => transport.closed);
    }
  });
});

describe('W5500 TCP close and abort', () => {
  afterEach(closeRigs);

  for (const end of ['close', 'abort'] as const) {
    it(`${end} at every moment gives the socket back`, async () => {
      const rig = makeRig();
      const address = await serve(rig, 80, socket => socket.end('bye'));
      rig.network.start();
      const moments: ((transport: Transport) => boolean)[] = [
        () => true,
        () => rig.network.chip.inUse !== 0,
        transport => transport.connected,
        transport => transport.receive(one, 0, 1) === 1,
        transport => transport.receive(one, 0, 1) === PEER_CLOSED,
      ];
      for (const moment of moments) {
        const transport = rig.network.connect('peer.test', 80);
        await rig.until(() => moment(transport));
        transport[end]();
        transport[end]();
        await rig.until(() => {
          try {
            return transport.receive(one, 0, 1) < 0 && transport.closed;
          } catch {
            return transport.closed;
          }
        });
        transport[end]();
        assert.equal(transport.closed, true);
      }
      await rig.until(() => rig.network.chip.inUse === 0);
      assert.ok(address);
    });
  }

  it('delivers what was taken before FIN, though the acknowledgement is slow', async () => {
    const rig = makeRig({ faults: { ackDelayMs: 200, sendOkDelayMs: 100 } });
    const { transport, peer } = await established(rig);
    const chunks: Buffer[] = [];
    let ended = false;
    peer.on('data', chunk => chunks.push(chunk));
    peer.on('end', () => {
      ended = true;
      peer.end();
    });
    assert.equal(transport.send(pattern(1500), 0, 1500), 1500);
    transport.close();
    await rig.until(() => ended);
    assert.equal(Buffer.concat(chunks).length, 1500);
    await rig.until(() => transport.closed);
  });

  it('gives up after the deadline when the peer never closes its side', async () => {
    const rig = makeRig({ clock: new VirtualClock() }, { timeouts: { close: 2000 } });
    const { transport } = await established(rig);
    transport.close();
    await rig.until(() => transport.closed, 2500);
    assert.equal(failure(transport), 'ERR_NET_TIMEOUT');
    assert.equal(rig.network.chip.inUse, 0);
  });

  it('does not hold a socket for received bytes that nobody takes after close', async () => {
    const rig = makeRig({ clock: new VirtualClock() });
    const { transport, peer } = await established(rig);
    peer.end('unread');
    await rig.until(() => rig.board.chip.sockets[0]!.state === 0x1c);
    transport.close();
    await rig.until(() => transport.closed, 3000);
    assert.equal(rig.network.chip.inUse, 0);
    assert.equal(failure(transport), 'ERR_NET_ABORTED', 'no PEER_CLOSED: bytes before it were given up');
  });

  it('nor for those of a connection that was reset before close', async () => {
    const rig = makeRig({ clock: new VirtualClock() });
    const { transport, peer } = await established(rig);
    peer.write('unread');
    await rig.until(() => rig.board.chip.sockets[0]!.received === 6);
    peer.resetAndDestroy();
    await rig.until(() => rig.board.chip.sockets[0]!.state === 0);
    await rig.run(2000);
    assert.equal(transport.closed, false, 'they can be read');
    transport.close();
    await rig.run(500);
    assert.equal(transport.receive(new Uint8Array(1), 0, 1), 1, 'for a while');
    await rig.until(() => transport.closed, 1000);
    assert.equal(rig.network.chip.inUse, 0);
    assert.equal(failure(transport), 'ERR_NET_RESET');
  });
});

describe('W5500 and what happens to it', () => {
  afterEach(closeRigs);

  it('a chip that takes no commands is ERR_CHIP_STUCK, after a bounded number of frames', async () => {
    const rig = makeRig();
    const { transport } = await established(rig);
    rig.board.faults.crStuck = true;
    let frames = 0;
    rig.board.chip.onFrame = ({ block }) => {
      if (block === 1) frames++;
    };
    transport.send(pattern(10), 0, 10);
    await rig.until(() => transport.closed);
    assert.equal(failure(transport), 'ERR_CHIP_STUCK');
    assert.ok(frames < 2100, `${frames} frames`);
    rig.board.faults.crStuck = false;
    const again = await rig.connected('peer.test', 80);
    again.abort();
  });

  it('a silent reset is ERR_CHIP_RESET, and the network recovers by itself', async () => {
    const rig = makeRig({ clock: new VirtualClock() }, { address: undefined });
    const { transport } = await established(rig);
    rig.board.chip.brownOut();
    await rig.until(() => transport.closed);
    assert.equal(failure(transport), 'ERR_CHIP_RESET');
    await rig.until(() => rig.events.some(event => event.type === 'fault'));
    const again = await rig.connected('peer.test', 80);
    again.abort();
  });

  it('notices a silent reset without any open socket', async () => {
    const rig = makeRig({ clock: new VirtualClock() });
    rig.network.start();
    await rig.until(() => rig.network.linkUp);
    rig.board.chip.brownOut();
    await rig.until(() => rig.board.chip.settings().address === '10.0.0.7');
  });

  for (const stuck of [0x00, 0xff]) {
    it(`a bus that answers 0x${stuck.toString(16)} in the middle is ERR_CHIP_NOT_FOUND until it works again`, async () => {
      const rig = makeRig({ clock: new VirtualClock() });
      const { transport } = await established(rig);
      rig.board.faults.misoStuck = stuck;
      await rig.until(() => transport.closed);
      assert.equal(failure(transport), 'ERR_CHIP_NOT_FOUND');
      await rig.run(1500);
      rig.board.faults.misoStuck = undefined;
      const again = await rig.connected('peer.test', 80);
      again.abort();
    });
  }

  it('single wrong bits in the registers cost frames, but no byte and no connection', async () => {
    const rig = makeRig();
    let random = 0;
    const bits = seededRandom(99);
    const drawn = new Uint8Array(2);
    const data = pattern(200000);
    const address = await serve(rig, 80, socket => {
      socket.end(data);
    });
    rig.network.start();
    const transport = await rig.connected(address, 80);
    rig.board.faults.alterRead = (block, at, value) => {
      if (block !== 1 || at > 0x2b) return value;
      bits(drawn, 0, 2);
      if (drawn[0]! > 0) return value; // one byte in 256: every sixth status is wrong
      random++;
      return value ^ (1 << (drawn[1]! & 7));
    };
    const received = await receiveAll(rig, transport);
    rig.board.faults.alterRead = undefined;
    assert.ok(random > 20, `${random} wrong bits`);
    console.log(`      ${random} wrong bits, ${rig.network.chip.busErrors} noticed`);
    assert.ok(Buffer.from(data).equals(received));
    transport.abort();
  });

  it('a cable out for 3 s harms nothing; for 6 s it is ERR_NET_LINK_DOWN, and DHCP is asked again', async () => {
    const rig = makeRig({ clock: new VirtualClock() }, { address: undefined });
    const { transport, peer } = await established(rig);
    rig.board.chip.phy.cable(false);
    await rig.run(3000);
    rig.board.chip.phy.cable(true);
    peer.write('x');
    await rig.until(() => transport.receive(one, 0, 1) === 1);
    rig.board.chip.phy.cable(false);
    await rig.run(6000);
    assert.equal(failure(transport), 'ERR_NET_LINK_DOWN');
    assert.equal(rig.network.lease, undefined);
    rig.board.chip.phy.cable(true);
    const again = await rig.connected('peer.test', 80);
    assert.equal(again.receive(one, 0, 1), NO_DATA_YET);
    again.abort();
  });
});
