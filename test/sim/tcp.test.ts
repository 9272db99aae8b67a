import * as assert from 'node:assert/strict';
import * as net from 'node:net';
import { VirtualClock } from '../../boards/sim/clock.js';
import { createSimBoard, type SimBoard, type SimBoardOptions } from '../../boards/sim/index.js';
import { Pins, rxBlock, until } from './pins.js';

const CLOSED = 0x00;
const INIT = 0x13;
const SYNSENT = 0x15;
const ESTABLISHED = 0x17;
const FIN_WAIT = 0x18;
const CLOSE_WAIT = 0x1c;
const SR = 0x03;
const IR = 0x02;
const CON = 0x01;
const DISCON = 0x02;
const RECV = 0x04;
const TIMEOUT = 0x08;
const SEND_OK = 0x10;

describe('sim: TCP, W5500 §4.2 states', () => {
  let board: SimBoard;
  let clock: VirtualClock;
  let pins: Pins;
  let server: net.Server;
  let peers: net.Socket[];

  async function start(options: SimBoardOptions = {}): Promise<void> {
    clock = new VirtualClock();
    board = createSimBoard({ clock, ...options });
    pins = new Pins(board.chip);
    pins.configure();
    peers = [];
    server = net.createServer({ allowHalfOpen: true }, peer => {
      peer.on('error', () => undefined);
      peers.push(peer);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    board.lan.map('10.0.0.7', 4433, (server.address() as net.AddressInfo).port);
  }

  async function connected(options: SimBoardOptions = {}): Promise<net.Socket> {
    await start(options);
    pins.open(0, 0x21, 50000);
    pins.destination(0, '10.0.0.7', 4433);
    pins.command(0, 0x04);
    await until(() => pins.byte(0, SR) === ESTABLISHED && peers.length === 1, 'ESTABLISHED');
    return peers[0]!;
  }

  function collect(peer: net.Socket): Buffer[] {
    const chunks: Buffer[] = [];
    peer.on('data', chunk => chunks.push(chunk));
    return chunks;
  }

  afterEach(async () => {
    board.close();
    for (const peer of peers) peer.destroy();
    await new Promise(resolve => server.close(resolve));
  });

  it('CLOSED, OPEN: INIT; CONNECT: SYNSENT, ESTABLISHED with CON', async () => {
    await start({ chip: { txSeed: 0xfff0 } });
    assert.equal(pins.byte(0, SR), CLOSED);
    pins.open(0, 0x21, 50000);
    assert.equal(pins.byte(0, SR), INIT);
    pins.destination(0, '10.0.0.7', 4433);
    pins.command(0, 0x04);
    assert.equal(pins.byte(0, SR), SYNSENT);
    await until(() => pins.byte(0, SR) === ESTABLISHED, 'ESTABLISHED');
    assert.equal(pins.byte(0, IR), CON);
    assert.equal(pins.word(0, 0x22), 0xfff0, 'Sn_TX_RD is seeded when the connection is made');
    assert.equal(pins.word(0, 0x24), 0xfff0, 'Sn_TX_WR too');
    assert.equal(pins.word(0, 0x20), 2048, 'Sn_TX_FSR');
    assert.deepEqual(board.chip.violations, []);
  });

  it('sends across 0xFFFF and the end of the ring, with SEND_OK, and frees the space on ACK', async () => {
    const peer = await connected({ chip: { txSeed: 0xfff0 } });
    const chunks = collect(peer);
    const data = Array.from({ length: 300 }, (_, i) => i & 255);
    pins.send(0, data);
    assert.equal(pins.byte(0, IR) & SEND_OK, SEND_OK);
    assert.equal(pins.word(0, 0x22), (0xfff0 + 300) & 0xffff);
    await until(() => Buffer.concat(chunks).length === 300, 'the data');
    assert.deepEqual([...Buffer.concat(chunks)], data);
    await until(() => pins.word(0, 0x20) === 2048, 'the ACK');
    assert.deepEqual(board.chip.violations, []);
  });

  it('receives: RECV, Sn_RX_RSR, the ring wrapping by itself at 0xFFFF', async () => {
    const peer = await connected({ chip: { rxSeed: 0xfff0 } });
    pins.setByte(0, IR, 0xff);
    peer.write(Buffer.from(Array.from({ length: 100 }, (_, i) => i)));
    await until(() => pins.word(0, 0x26) === 100, 'Sn_RX_RSR');
    assert.equal(pins.byte(0, IR), RECV);
    assert.equal(pins.word(0, 0x28), 0xfff0);
    assert.equal(pins.word(0, 0x2a), (0xfff0 + 100) & 0xffff);
    assert.deepEqual(
      pins.receive(0),
      Array.from({ length: 100 }, (_, i) => i),
    );
    assert.equal(pins.word(0, 0x26), 0);
  });

  it('Sn_RX_RSR does not change until RECV', async () => {
    const peer = await connected();
    peer.write('abc');
    await until(() => pins.word(0, 0x26) === 3, 'data');
    pins.setWord(0, 0x28, 3);
    assert.equal(pins.word(0, 0x26), 3);
    pins.command(0, 0x40);
    assert.equal(pins.word(0, 0x26), 0);
  });

  it('FIN does not overtake data that the full ring has no room for', async () => {
    const peer = await connected();
    peer.end(Buffer.alloc(5000, 0x61));
    await until(() => pins.word(0, 0x26) === 2048, 'a full ring');
    await new Promise(resolve => setTimeout(resolve, 30));
    assert.equal(pins.byte(0, SR), ESTABLISHED);
    let total = 0;
    await until(() => {
      const data = pins.receive(0);
      total += data.length;
      return data.length === 0;
    }, 'all of it');
    assert.equal(total, 5000);
    assert.equal(pins.byte(0, SR), CLOSE_WAIT);
    assert.equal(pins.byte(0, IR) & DISCON, DISCON);
  });

  it('CLOSE_WAIT still sends; DISCON there: LAST_ACK, CLOSED', async () => {
    const peer = await connected();
    const chunks = collect(peer);
    let ended = false;
    peer.on('end', () => {
      ended = true;
    });
    peer.end('bye');
    await until(() => pins.byte(0, SR) === CLOSE_WAIT, 'CLOSE_WAIT');
    pins.send(0, [1, 2, 3]);
    pins.command(0, 0x08);
    assert.equal(pins.byte(0, SR), 0x1d);
    await until(() => pins.byte(0, SR) === CLOSED, 'CLOSED');
    await until(() => ended, 'FIN at the peer');
    assert.deepEqual([...Buffer.concat(chunks)], [1, 2, 3]);
    assert.deepEqual(board.chip.violations, []);
  });

  it('DISCON in ESTABLISHED: FIN_WAIT until the peer ends, then CLOSED with DISCON', async () => {
    const peer = await connected();
    let ended = false;
    peer.on('end', () => {
      ended = true;
    });
    peer.resume();
    pins.command(0, 0x08);
    assert.equal(pins.byte(0, SR), FIN_WAIT);
    await until(() => ended, 'FIN at the peer');
    assert.equal(pins.byte(0, SR), FIN_WAIT);
    clock.advance(60000);
    assert.equal(pins.byte(0, SR), FIN_WAIT, 'the chip has no timer here');
    peer.end();
    await until(() => pins.byte(0, SR) === CLOSED, 'CLOSED');
    assert.equal(pins.byte(0, IR) & DISCON, DISCON);
  });

  it('RST: CLOSED, and what was received stays readable', async () => {
    const peer = await connected();
    peer.write('last words');
    await until(() => pins.word(0, 0x26) === 10, 'data');
    peer.resetAndDestroy();
    await until(() => pins.byte(0, SR) === CLOSED, 'CLOSED');
    assert.equal(pins.byte(0, IR) & (DISCON | TIMEOUT), 0);
    assert.equal(pins.word(0, 0x26), 10);
    assert.equal(Buffer.from(pins.read(rxBlock(0), 0, 10)).toString(), 'last words');
  });

  for (const [raises, bit] of [
    ['none', 0],
    ['DISCON', DISCON],
    ['TIMEOUT', TIMEOUT],
  ] as const) {
    it(`refused: CLOSED, raising ${raises}`, async () => {
      await start({ faults: { refusedRaises: raises } });
      const free = net.createServer().listen(0, '127.0.0.1');
      await new Promise(resolve => free.once('listening', resolve));
      const { port } = free.address() as net.AddressInfo;
      await new Promise(resolve => free.close(resolve));
      board.lan.map('10.0.0.7', 99, port);
      pins.open(0, 0x21, 50000);
      pins.destination(0, '10.0.0.7', 99);
      pins.command(0, 0x04);
      await until(() => pins.byte(0, SR) === CLOSED, 'CLOSED');
      assert.equal(pins.byte(0, IR), bit);
    });
  }

  it('no ARP answer: CLOSED with TIMEOUT after ARP_TO = 1.8 s; black hole: after TCP_TO = 31.8 s', async () => {
    await start({ faults: { blackholes: new Set(['10.0.0.7']) } });
    for (const [address, ms] of [
      ['10.0.0.99', 1800],
      ['10.0.0.7', 31800],
    ] as const) {
      pins.open(0, 0x21, 50000);
      pins.destination(0, address, 4433);
      pins.command(0, 0x04);
      clock.advance(ms - 1);
      assert.equal(pins.byte(0, SR), SYNSENT, address);
      clock.advance(1);
      assert.equal(pins.byte(0, SR), CLOSED, address);
      assert.equal(pins.byte(0, IR), TIMEOUT);
      pins.setByte(0, IR, 0xff);
    }
  });
});
