import * as assert from 'node:assert/strict';
import * as net from 'node:net';
import { VirtualClock } from '../../boards/sim/clock.js';
import { createSimBoard, type SimBoard, type SimBoardOptions } from '../../boards/sim/index.js';
import { LanPeer } from '../../boards/sim/lan-peer.js';
import { COMMON_BLOCK, Pins, socketBlock, until } from './pins.js';

const CLOSED = 0x00;
const SYNSENT = 0x15;
const ESTABLISHED = 0x17;
const FIN_WAIT = 0x18;
const CLOSE_WAIT = 0x1c;
const SR = 0x03;
const IR = 0x02;
const TIMEOUT = 0x08;
const SEND_OK = 0x10;

describe('sim: faults and races', () => {
  let board: SimBoard;
  let clock: VirtualClock;
  let pins: Pins;
  let server: net.Server | undefined;
  let peers: net.Socket[] = [];

  function start(options: SimBoardOptions = {}): void {
    clock = new VirtualClock();
    board = createSimBoard({ clock, ...options });
    pins = new Pins(board.chip);
    pins.configure();
  }

  async function connected(options: SimBoardOptions = {}): Promise<net.Socket> {
    start(options);
    const listening = net.createServer({ allowHalfOpen: true }, peer => {
      peer.on('error', () => undefined);
      peers.push(peer);
    });
    server = listening;
    await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve));
    board.lan.publish('peer.test', 443, (listening.address() as net.AddressInfo).port);
    pins.open(0, 0x21, 50000);
    pins.destination(0, '198.51.100.1', 443);
    pins.command(0, 0x04);
    await until(() => pins.byte(0, SR) === ESTABLISHED && peers.length === 1, 'ESTABLISHED');
    pins.setByte(0, IR, 0xff);
    return peers[0]!;
  }

  /** Until node:net has handed over what the peer has written, without reading a register. */
  const settle = () => new Promise(resolve => setTimeout(resolve, 20));

  afterEach(async () => {
    board.close();
    for (const peer of peers) peer.destroy();
    peers = [];
    const listening = server;
    server = undefined;
    if (listening !== undefined) await new Promise(resolve => listening.close(resolve));
  });

  it('deliverAfterReadOf 0x26 tears Sn_RX_RSR: the old high byte with the new low byte', async () => {
    const peer = await connected();
    peer.write(Buffer.alloc(255));
    await until(() => board.chip.sockets[0]!.received === 255, 'data');
    board.faults.deliverAfterReadOf = 0x26;
    peer.write(Buffer.alloc(1));
    await settle();
    assert.equal(pins.word(0, 0x26), 0x0000, 'torn between 0x00FF and 0x0100');
    assert.equal(pins.word(0, 0x26), 0x0100);
  });

  it('deliverAfterReadOf 0x20 tears Sn_TX_FSR when an ACK comes between its bytes', async () => {
    await connected({ chip: { txSeed: 0 }, faults: { ackDelayMs: 100 } });
    pins.send(0, new Array(1).fill(7));
    await settle();
    board.faults.deliverAfterReadOf = 0x20;
    clock.advance(100);
    assert.equal(pins.word(0, 0x20), 0x0700, 'torn between 0x07FF and 0x0800');
    assert.equal(pins.word(0, 0x20), 0x0800);
  });

  it('deliverAfterReadOf 0x03 lands data and FIN behind the sampling of Sn_SR', async () => {
    const peer = await connected({ faults: { deliverAfterReadOf: 0x03 } });
    peer.end('tail');
    await settle();
    const burst = pins.read(socketBlock(0), 0, 0x2c);
    assert.equal(burst[SR], ESTABLISHED);
    assert.deepEqual(burst.slice(0x26, 0x28), [0, 4], 'the same burst sees the data, but not the state');
    assert.equal(pins.byte(0, SR), CLOSE_WAIT);
  });

  it('scheduleAfterSpiBytes runs between two bytes of a frame', () => {
    start();
    board.chip.scheduleAfterSpiBytes(4, () => board.chip.sockets[0]!.raise(0x04));
    assert.deepEqual(pins.read(socketBlock(0), 0x01, 2), [0, 4]);
    board.faults.beforeSocketRead = (n, address) => {
      if (address === 0x02) board.chip.sockets[n]!.raise(0x08);
    };
    assert.equal(pins.byte(0, IR), 0x0c);
  });

  it('SEND_OK delayed, and never; a second SEND meanwhile is reported', async () => {
    await connected({ faults: { sendOkDelayMs: 50 } });
    pins.send(0, [1]);
    assert.equal(pins.byte(0, IR), 0);
    assert.notEqual(pins.word(0, 0x22), pins.word(0, 0x24));
    clock.advance(50);
    assert.equal(pins.byte(0, IR), SEND_OK);
    assert.equal(pins.word(0, 0x22), pins.word(0, 0x24));
    pins.setByte(0, IR, 0xff);
    board.faults.sendOkNever = true;
    pins.send(0, [2]);
    clock.advance(100000);
    assert.equal(pins.byte(0, IR), 0);
    assert.deepEqual(board.chip.violations, []);
    pins.send(0, [3]);
    assert.match(board.chip.violations.join(), /^SEND before the SEND_OK of the last one/);
  });

  it('SEND_OK at the ACK instead of at transmission', async () => {
    await connected({ faults: { sendOkAtAck: true, ackDelayMs: 70 } });
    pins.send(0, [1]);
    await settle();
    clock.advance(69);
    assert.equal(pins.byte(0, IR), 0);
    clock.advance(1);
    assert.equal(pins.byte(0, IR), SEND_OK);
  });

  it('partial SEND: TX_RD stops short, SEND again sends the rest', async () => {
    const peer = await connected({ faults: { partialSend: 3 } });
    const got: Buffer[] = [];
    peer.on('data', chunk => got.push(chunk));
    pins.send(0, [1, 2, 3, 4, 5]);
    assert.equal(pins.byte(0, IR), SEND_OK);
    assert.equal((pins.word(0, 0x24) - pins.word(0, 0x22)) & 0xffff, 2);
    pins.setByte(0, IR, SEND_OK);
    pins.command(0, 0x20);
    await until(() => Buffer.concat(got).length === 5, 'the rest');
    assert.deepEqual([...Buffer.concat(got)], [1, 2, 3, 4, 5]);
    assert.deepEqual(board.chip.violations, []);
  });

  it('more data than Sn_TX_FSR is reported', async () => {
    await connected({ faults: { ackDelayMs: 1000 } });
    pins.send(0, new Uint8Array(2000));
    pins.setByte(0, IR, SEND_OK);
    pins.send(0, new Uint8Array(100));
    assert.match(board.chip.violations.join(), /^more written than Sn_TX_FSR allows .*100 bytes/);
  });

  it('a dead peer: data unacknowledged for TCP_TO, then CLOSED with TIMEOUT', async () => {
    await connected({ faults: { deadPeer: false } });
    board.faults.deadPeer = true;
    pins.send(0, [1]);
    clock.advance(31799);
    assert.equal(pins.byte(0, SR), ESTABLISHED);
    clock.advance(1);
    assert.equal(pins.byte(0, SR), CLOSED);
    assert.equal(pins.byte(0, IR), TIMEOUT);
  });

  it('a dead peer is found by keep-alive probes', async () => {
    start();
    await connected();
    pins.command(0, 0x10);
    pins.setByte(0, 0x2f, 2);
    pins.open(0, 0x21, 50001);
    pins.destination(0, '198.51.100.1', 443);
    pins.command(0, 0x04);
    await until(() => pins.byte(0, SR) === ESTABLISHED, 'ESTABLISHED');
    board.faults.deadPeer = true;
    clock.advance(10000 + 31799);
    assert.equal(pins.byte(0, SR), ESTABLISHED);
    clock.advance(1);
    assert.equal(pins.byte(0, SR), CLOSED);
  });

  it('link down: nothing moves and no state changes; up again, all of it arrives', async () => {
    const peer = await connected();
    const got: Buffer[] = [];
    peer.on('data', chunk => got.push(chunk));
    board.chip.phy.cable(false);
    peer.write('in');
    pins.send(0, [1, 2]);
    await settle();
    clock.advance(1000);
    assert.equal(pins.byte(0, SR), ESTABLISHED);
    assert.equal(pins.byte(0, IR), 0);
    assert.equal(pins.word(0, 0x26), 0);
    board.chip.phy.cable(true);
    assert.equal(pins.word(0, 0x26), 2);
    await until(() => Buffer.concat(got).length === 2, 'the data');
    clock.advance(60000);
    assert.equal(pins.byte(0, SR), ESTABLISHED);
  });

  for (const back of [true, false]) {
    it(`SEND and DISCON while the link is down: ${back ? 'data and FIN go out later' : 'TIMEOUT after TCP_TO'}`, async () => {
      const peer = await connected();
      const got: Buffer[] = [];
      let ended = false;
      peer.on('data', chunk => got.push(chunk));
      peer.on('end', () => {
        ended = true;
      });
      board.chip.phy.cable(false);
      pins.send(0, [1, 2]);
      pins.command(0, 0x08);
      assert.equal(pins.byte(0, SR), FIN_WAIT);
      if (!back) {
        clock.advance(31800);
        assert.equal(pins.byte(0, SR), CLOSED);
        assert.equal(pins.byte(0, IR), TIMEOUT);
        return;
      }
      board.chip.phy.cable(true);
      await until(() => ended, 'FIN');
      assert.deepEqual([...Buffer.concat(got)], [1, 2]);
      peer.end();
      await until(() => pins.byte(0, SR) === CLOSED, 'CLOSED');
    });
  }

  it('CONNECT without a link: TIMEOUT after ARP_TO, or a connection if the link comes in time', async () => {
    await connected();
    pins.command(0, 0x10);
    board.chip.phy.cable(false);
    for (const port of [50001, 50002]) {
      pins.setByte(0, IR, 0xff);
      pins.open(0, 0x21, port);
      pins.destination(0, '198.51.100.1', 443);
      pins.command(0, 0x04);
      if (port === 50001) {
        clock.advance(1800);
        assert.equal(pins.byte(0, SR), CLOSED);
        assert.equal(pins.byte(0, IR), TIMEOUT);
      }
    }
    assert.equal(pins.byte(0, SR), SYNSENT);
    board.chip.phy.cable(true);
    await until(() => pins.byte(0, SR) === ESTABLISHED, 'ESTABLISHED');
  });

  it('finWaitForever: the chip never leaves FIN_WAIT by itself, CLOSE ends it', async () => {
    const peer = await connected({ faults: { finWaitForever: true } });
    pins.command(0, 0x08);
    peer.end();
    await settle();
    clock.advance(100000);
    assert.equal(pins.byte(0, SR), FIN_WAIT);
    pins.command(0, 0x10);
    assert.equal(pins.byte(0, SR), CLOSED);
  });

  it('data in FIN_WAIT is discarded, or received if asked for', async () => {
    for (const receiveInFinWait of [false, true]) {
      const peer = await connected({ faults: { receiveInFinWait } });
      pins.command(0, 0x08);
      peer.write('late');
      await settle();
      assert.equal(pins.word(0, 0x26), receiveInFinWait ? 4 : 0);
      board.close();
      peer.destroy();
      peers = [];
      await new Promise(resolve => server?.close(resolve));
    }
  });

  it('RST: the bit it raises is a matter of choice; Sn_SR is not', async () => {
    const peer = await connected({ faults: { resetRaises: 'TIMEOUT' } });
    peer.resetAndDestroy();
    await until(() => pins.byte(0, SR) === CLOSED, 'CLOSED');
    assert.equal(pins.byte(0, IR), TIMEOUT);
  });

  it('RST drops what did not fit the ring and keeps what did', async () => {
    const peer = await connected();
    peer.write(Buffer.alloc(5000, 1));
    await until(() => pins.word(0, 0x26) === 2048, 'a full ring');
    await settle();
    peer.resetAndDestroy();
    await until(() => pins.byte(0, SR) === CLOSED, 'CLOSED');
    assert.equal(pins.receive(0).length, 2048);
    assert.equal(pins.word(0, 0x26), 0);
  });

  it('a command in a state that the driver could not know of is not its mistake', async () => {
    const peer = await connected();
    assert.equal(pins.byte(0, SR), ESTABLISHED);
    peer.resetAndDestroy();
    await until(() => board.chip.sockets[0]!.state === CLOSED, 'CLOSED');
    pins.command(0, 0x08);
    assert.deepEqual(board.chip.violations, []);
    assert.equal(pins.byte(0, SR), CLOSED);
    pins.command(0, 0x08);
    assert.match(board.chip.violations.join(), /^DISCON in the wrong state/);
  });

  it('the same local port to the same peer within 60 s is reported, also across a reset of the chip', async () => {
    await connected();
    board.chip.brownOut();
    pins.configure();
    assert.equal(pins.byte(0, SR), CLOSED);
    const again = () => {
      pins.open(0, 0x21, 50000);
      pins.destination(0, '198.51.100.1', 443);
      pins.command(0, 0x04);
      pins.command(0, 0x10);
    };
    clock.advance(60000);
    again();
    assert.deepEqual(board.chip.violations, []);
    clock.advance(59999);
    again();
    assert.match(board.chip.violations.join(), /^connection from the same port to the same peer/);
  });

  it('a brown-out: all registers at reset, VERSIONR still 4, the connection gone', async () => {
    await connected();
    board.chip.brownOut();
    assert.deepEqual(pins.read(COMMON_BLOCK, 0x000f, 4), [0, 0, 0, 0]);
    assert.equal(pins.byte(0, SR), CLOSED);
    assert.equal(pins.word(0, 0x04), 0);
    assert.deepEqual(pins.read(COMMON_BLOCK, 0x0039, 1), [4]);
  });

  it('Sn_CR stuck, MISO stuck, VERSIONR wrong at first, one bit flipped', () => {
    start({ faults: { versionWrongReads: 2, versionWrong: 0x28 } });
    const version = () => pins.raw(0x00, 0x39, 0x00, 0x00);
    assert.deepEqual([version()[3], version()[3], version()[3]], [0x28, 0x28, 0x04]);
    board.faults.misoStuck = 0xff;
    assert.deepEqual(version(), [255, 255, 255, 255]);
    board.faults.misoStuck = undefined;
    board.faults.alterRead = (block, address, value) => (block === 0 && address === 0x39 ? value ^ 0x10 : value);
    assert.equal(version()[3], 0x14);
    board.faults.alterRead = undefined;
    board.faults.crStuck = true;
    assert.throws(() => pins.open(0, 0x02, 5000), /Sn_CR still not 0/);
    assert.equal(pins.byte(0, SR), CLOSED);
  });

  it('an edge of INTn is lost: the level is low, nobody was told', () => {
    start({ faults: { interruptEdgesLost: 1 } });
    const edges: number[] = [];
    board.chip.onInterrupt = level => edges.push(level);
    pins.write(COMMON_BLOCK, 0x0018, 0xff);
    board.chip.sockets[0]!.raise(0x04);
    assert.equal(board.chip.intPin(), 0);
    assert.deepEqual(edges, []);
  });

  it('a UDP header with a bad length', () => {
    start({ faults: { udpLengthError: 5 } });
    pins.open(1, 0x02, 50123);
    board.lan.deliver({
      from: { address: '10.0.0.1', port: 53 },
      to: { address: '10.0.0.100', port: 50123 },
      payload: Uint8Array.of(1, 2),
    });
    assert.deepEqual(pins.receive(1), [10, 0, 0, 1, 0, 53, 0, 7, 1, 2]);
  });

  it('torn Sn_RX_RSR and Sn_TX_FSR: 0x00FF and 0x0100 become 0x0000, 0x01FF and 0x0200 become 0x0100', () => {
    for (const [at, torn] of [
      [0xff, 0x0000],
      [0x1ff, 0x0100],
    ] as const) {
      start({ chip: { txSeed: 0 } });
      let peer: LanPeer | undefined;
      board.lan.accept('10.0.0.8', 80, events => {
        peer = new LanPeer(clock, events, { segment: 1460, delayMs: 1, random: () => 1459 });
        return peer;
      });
      pins.open(0, 0x21, 50000);
      pins.destination(0, '10.0.0.8', 80);
      pins.command(0, 0x04);
      clock.advance(10);
      board.faults.tearReceived = board.faults.tearFree = at;
      peer!.write(new Uint8Array(0x210));
      clock.advance(10);
      assert.equal(pins.word(0, 0x26), torn, 'Sn_RX_RSR');
      assert.equal(pins.word(0, 0x26), 0x210, 'Sn_RX_RSR read again');
      pins.send(0, new Uint8Array(0x800));
      clock.advance(10);
      assert.equal(pins.word(0, 0x20), torn, 'Sn_TX_FSR');
      assert.equal(pins.word(0, 0x20), 0x800, 'Sn_TX_FSR read again');
      board.close();
    }
  });

  it('after the n-th frame, or byte', () => {
    start();
    const seen: string[] = [];
    board.chip.scheduleAfterSpiFrames(2, () => seen.push(`frames ${board.chip.stats.frames}`));
    board.chip.scheduleAfterSpiBytes(6, () => seen.push('byte 6'));
    for (let i = 0; i < 3; i++) {
      pins.read(COMMON_BLOCK, 0x39, 1);
      seen.push(`frame ${i + 1}`);
    }
    assert.deepEqual(seen, ['frame 1', 'byte 6', 'frame 2', `frames ${board.chip.stats.frames - 1}`, 'frame 3']);
  });

  it('routing: no address, no gateway, a wrong mask all end in TIMEOUT', async () => {
    await connected();
    pins.command(0, 0x10);
    const attempts: [string, () => void][] = [
      ['SIPR 0', () => pins.write(COMMON_BLOCK, 0x000f, 0, 0, 0, 0)],
      ['GAR 0', () => pins.write(COMMON_BLOCK, 0x0001, 0, 0, 0, 0)],
      ['a gateway that is nobody', () => pins.write(COMMON_BLOCK, 0x0001, 10, 0, 0, 9)],
      ['SUBR 0', () => pins.write(COMMON_BLOCK, 0x0005, 0, 0, 0, 0)],
    ];
    let port = 51000;
    for (const [name, misconfigure] of attempts) {
      pins.configure();
      misconfigure();
      pins.open(0, 0x21, ++port);
      pins.destination(0, '198.51.100.1', 443);
      pins.command(0, 0x04);
      clock.advance(1800);
      assert.equal(pins.byte(0, SR), CLOSED, name);
      assert.equal(pins.byte(0, IR), TIMEOUT, name);
      pins.setByte(0, IR, 0xff);
    }
  });
});
