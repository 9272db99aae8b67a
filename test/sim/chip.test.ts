import * as assert from 'node:assert/strict';
import { VirtualClock } from '../../boards/sim/clock.js';
import { createSimBoard, type SimBoard, type SimBoardOptions } from '../../boards/sim/index.js';
import { COMMON_BLOCK, Pins, rxBlock, socketBlock, txBlock } from './pins.js';

describe('sim: the chip at its pins, W5500 §2 to §4', () => {
  let board: SimBoard;
  let clock: VirtualClock;
  let pins: Pins;

  function start(options: SimBoardOptions = {}): void {
    clock = new VirtualClock();
    board = createSimBoard({ clock, ...options });
    pins = new Pins(board.chip);
  }

  beforeEach(() => start());
  afterEach(() => board.close());

  /** One violation whose rule starts like this. */
  function assertViolated(rule: string): void {
    assert.deepEqual(
      board.chip.violations.map(text => text.slice(0, rule.length)),
      [rule],
    );
  }

  describe('SPI frames', () => {
    it('VERSIONR: MOSI 00 39 00 xx answers 01 02 03 04', () => {
      assert.deepEqual(pins.raw(0x00, 0x39, 0x00, 0x00), [1, 2, 3, 4]);
    });

    it('SIMR = AA: MOSI 00 18 04 AA', () => {
      pins.raw(0x00, 0x18, 0x04, 0xaa);
      assert.deepEqual(pins.raw(0x00, 0x18, 0x00, 0x00).slice(3), [0xaa]);
    });

    it('one burst of 18 bytes sets GAR, SUBR, SHAR and SIPR', () => {
      pins.configure();
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x000f, 4), [10, 0, 0, 100]);
      assert.deepEqual(board.chip.settings(), {
        gateway: '10.0.0.1',
        mask: '255.255.255.0',
        mac: '020000000001',
        address: '10.0.0.100',
      });
      assert.equal(board.chip.stats.frames, 2);
      assert.equal(board.chip.stats.bytesWritten, 18);
    });

    it('a frame without data has no effect, and a new one starts with its header', () => {
      pins.raw(0x00, 0x18, 0x04);
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x0018, 1), [0]);
    });

    it('a write takes effect as each byte is clocked', () => {
      board.chip.select();
      for (const byte of [0x00, 0x24, 0x0c, 0x01]) board.chip.transfer(byte);
      assert.equal(board.chip.sockets[0]!.txWrite, 0x0100);
      board.chip.transfer(0x23);
      assert.equal(board.chip.sockets[0]!.txWrite, 0x0123);
      board.chip.deselect();
    });

    it('fixed length: a frame of 2 bytes ends by itself and the next header follows', () => {
      assert.deepEqual(pins.raw(0x00, 0x19, 0x02, 0, 0, 0x00, 0x39, 0x01, 0), [1, 2, 3, 0x07, 0xd0, 1, 2, 3, 4]);
    });

    it('the address runs on modulo 65536 inside the block', () => {
      pins.write(txBlock(0), 0xffff, 0x11, 0x22);
      assert.deepEqual(pins.read(txBlock(0), 0x07ff, 1), [0x11]);
      assert.deepEqual(pins.read(txBlock(0), 0x0000, 1), [0x22]);
    });

    it('MISO is not driven while chip select is high', () => {
      assert.equal(board.chip.transfer(0), 0xff);
      assertViolated('SPI clock while chip select is high');
    });

    it('reserved blocks read 0 and are reported once', () => {
      assert.deepEqual(pins.read(4, 0, 2), [0, 0]);
      pins.write(8, 0, 1);
      assertViolated('reserved block selected');
    });
  });

  describe('registers', () => {
    it('have their reset values', () => {
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x0019, 4), [0x07, 0xd0, 0x08, 0x28]);
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x0026, 2), [0xff, 0xff]);
      assert.deepEqual(pins.read(socketBlock(3), 0x06, 6), [255, 255, 255, 255, 255, 255]);
      assert.deepEqual(pins.read(socketBlock(3), 0x16, 1), [0x80]);
      assert.deepEqual(pins.read(socketBlock(7), 0x1e, 4), [2, 2, 0x08, 0x00]);
      assert.deepEqual(pins.read(socketBlock(7), 0x2c, 4), [0xff, 0x40, 0x00, 0]);
    });

    it('reserved addresses read 0; read-only ones ignore writes, which is reported', () => {
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x002f, 10), new Array(10).fill(0));
      pins.write(COMMON_BLOCK, 0x0039, 0x55);
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x0039, 1), [4]);
      assertViolated('write to read-only or reserved VERSIONR');
    });

    it('Sn_IR: writing 1 clears, writing 0 keeps', () => {
      board.chip.sockets[2]!.raise(0x1f);
      pins.setByte(2, 0x02, 0x11);
      assert.equal(pins.byte(2, 0x02), 0x0e);
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x0017, 1), [0x04], 'SIR');
      pins.setByte(2, 0x02, 0xff);
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x0017, 1), [0]);
    });

    it('Sn_IMR: a 0 bit keeps the event from being recorded at all', () => {
      pins.setByte(0, 0x2c, 0xef);
      board.chip.sockets[0]!.raise(0x1f);
      assert.equal(pins.byte(0, 0x02), 0x0f);
      assertViolated('Sn_IMR stops events from being recorded');
    });

    it('Sn_TX_FSR follows an absurd Sn_TX_WR without clamping', () => {
      pins.open(0, 0x21, 50000);
      pins.setWord(0, 0x24, 0x88a6);
      assert.equal(pins.word(0, 0x20), (2048 - 0x88a6) & 0xffff);
    });

    it('MR.RST clears everything; MR reads 0x80 for a while', () => {
      start({ chip: { resetReads: 2 } });
      pins.configure();
      pins.open(5, 0x02, 5000);
      pins.write(COMMON_BLOCK, 0x0000, 0x80);
      assert.deepEqual(
        [1, 2, 3].map(() => pins.read(COMMON_BLOCK, 0, 1)[0]),
        [0x80, 0x80, 0x00],
      );
      assert.deepEqual(pins.read(COMMON_BLOCK, 1, 18), new Array(18).fill(0));
      assert.equal(pins.byte(5, 0x03), 0);
      assert.equal(pins.word(5, 0x04), 0);
    });
  });

  describe('commands', () => {
    it('Sn_CR holds the command for crLatencyReads reads, and only then is it executed', () => {
      start({ chip: { crLatencyReads: 2 } });
      pins.setByte(0, 0x00, 0x01);
      pins.setWord(0, 0x04, 50000);
      pins.setByte(0, 0x01, 0x01);
      assert.equal(pins.byte(0, 0x01), 0x01);
      assert.equal(pins.byte(0, 0x03), 0x00);
      assert.equal(pins.byte(0, 0x01), 0x01);
      assert.equal(pins.byte(0, 0x01), 0x00);
      assert.equal(pins.byte(0, 0x03), 0x13);
    });

    it('a command that nobody polls for is executed a few frames later', () => {
      pins.setByte(0, 0x00, 0x02);
      pins.setWord(0, 0x04, 50000);
      pins.setByte(0, 0x01, 0x01);
      for (let i = 0; i < 4; i++) pins.byte(0, 0x03);
      assert.equal(pins.byte(0, 0x03), 0x22);
    });

    it('a command while another is pending is ignored and reported', () => {
      pins.setByte(0, 0x01, 0x10);
      pins.setByte(0, 0x01, 0x01);
      assertViolated('command while Sn_CR is not 0');
    });

    for (const [name, command] of Object.entries({ CONNECT: 0x04, SEND: 0x20, DISCON: 0x08, LISTEN: 0x02 })) {
      it(`${name} in CLOSED is ignored and reported`, () => {
        pins.command(0, command);
        assert.equal(pins.byte(0, 0x03), 0x00);
        assertViolated(`${name} in the wrong state`);
      });
    }

    it('OPEN with protocol 0 stays CLOSED; UDP and MACRAW have their states', () => {
      pins.open(0, 0x00, 1);
      assert.equal(pins.byte(0, 0x03), 0x00);
      pins.open(0, 0x04, 0);
      assert.equal(pins.byte(0, 0x03), 0x42);
      pins.open(1, 0x02, 1);
      assert.equal(pins.byte(1, 0x03), 0x22);
      assert.deepEqual(board.chip.violations, []);
    });

    it('the same local port twice is reported', () => {
      pins.open(0, 0x02, 5000);
      pins.open(1, 0x01, 5000);
      assert.deepEqual(board.chip.violations, [], 'TCP and UDP have ports of their own');
      pins.open(2, 0x02, 5000);
      assertViolated('local port used twice');
    });

    it('RECV beyond Sn_RX_WR is reported', () => {
      pins.open(0, 0x02, 5000);
      pins.setWord(0, 0x28, 5);
      pins.command(0, 0x40);
      assertViolated('RECV with Sn_RX_RD beyond Sn_RX_WR');
    });
  });

  describe('buffers', () => {
    it('are carved from 16 KB sequentially: a size moves every later base', () => {
      pins.write(txBlock(1), 0, 0x77);
      pins.setByte(0, 0x1f, 1);
      pins.setByte(1, 0x1f, 1);
      assert.deepEqual(pins.read(txBlock(2), 0, 1), [0x77], 'socket 2 begins where socket 1 did');
    });

    it('sizes above 16 KB in total make sockets share memory, which OPEN reports', () => {
      pins.setByte(0, 0x1e, 16);
      pins.write(rxBlock(0), 0x0000, 0x5a);
      assert.deepEqual(pins.read(rxBlock(1), 0x0000, 1), [0x5a]);
      pins.open(0, 0x01, 5000);
      assertViolated('sum of Sn_RXBUF_SIZE above 16');
    });

    it('illegal sizes, and sizes changed while open, are reported', () => {
      pins.setByte(0, 0x1f, 3);
      assertViolated('illegal Sn_TXBUF_SIZE');
      start();
      pins.open(0, 0x01, 5000);
      pins.setByte(0, 0x1f, 1);
      assertViolated('Sn_TXBUF_SIZE written while the socket is open');
    });

    it('a buffer of size 0 cannot be used', () => {
      pins.setByte(4, 0x1e, 0);
      assert.deepEqual(pins.read(rxBlock(4), 0, 1), [0]);
      assertViolated('access to a buffer of size 0');
    });
  });

  describe('RSTn, PHY and INTn', () => {
    it('RSTn: 500 µs low, then 1 ms for the PLL', () => {
      pins.configure();
      board.chip.resetPin(0);
      clock.advance(1);
      board.chip.resetPin(1);
      clock.advance(1);
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x000f, 4), [0, 0, 0, 0]);
      assert.deepEqual(board.chip.violations, []);
      board.chip.resetPin(0);
      clock.advance(0.2);
      board.chip.resetPin(1);
      assertViolated('RSTn low for less than 500 µs');
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x0039, 1), [0]);
    });

    it('the link comes up linkUpMs after reset or plugging in; PHYCFGR shows 100 Mbit/s full duplex', () => {
      start({ chip: { linkUpMs: 1500 } });
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x002e, 1), [0xb8]);
      clock.advance(1500);
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x002e, 1), [0xbf]);
      board.chip.phy.cable(false);
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x002e, 1), [0xb8]);
      board.chip.phy.cable(true);
      clock.advance(1499);
      assert.equal(board.chip.linkUp, false);
      clock.advance(1);
      assert.equal(board.chip.linkUp, true);
    });

    it('OPMDC takes effect at the PHY reset; power-down has no link', () => {
      pins.write(COMMON_BLOCK, 0x002e, 0xc0);
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x002e, 1), [0xc7], 'still as negotiated');
      pins.write(COMMON_BLOCK, 0x002e, 0x40);
      pins.write(COMMON_BLOCK, 0x002e, 0xc0);
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x002e, 1), [0xc1], '10 Mbit/s half duplex');
      pins.write(COMMON_BLOCK, 0x002e, 0x70);
      pins.write(COMMON_BLOCK, 0x002e, 0xf0);
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x002e, 1), [0xf0]);
    });

    it('INTn is low while an unmasked event stands, and high for INTLEVEL before it falls again', () => {
      const edges: number[] = [];
      board.chip.onInterrupt = level => edges.push(level);
      board.chip.sockets[0]!.raise(0x04);
      assert.equal(board.chip.intPin(), 1, 'SIMR is 0 after reset');
      pins.write(COMMON_BLOCK, 0x0018, 0xff);
      assert.equal(board.chip.intPin(), 0);
      pins.write(COMMON_BLOCK, 0x0013, 0xff, 0xff);
      pins.setByte(0, 0x02, 0xff);
      assert.equal(board.chip.intPin(), 1);
      board.chip.sockets[0]!.raise(0x04);
      clock.advance(1.74);
      assert.equal(board.chip.intPin(), 1);
      clock.advance(0.01);
      assert.equal(board.chip.intPin(), 0);
      assert.deepEqual(edges, [0, 1, 0]);
    });

    it('IR: CONFLICT and UNREACH with their addresses, through IMR', () => {
      pins.write(COMMON_BLOCK, 0x0016, 0xc0);
      board.chip.raiseUnreachable(Uint8Array.of(10, 0, 0, 9), 69);
      board.chip.raiseConflict();
      assert.equal(board.chip.intPin(), 0);
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x0015, 1), [0xc0]);
      assert.deepEqual(pins.read(COMMON_BLOCK, 0x0028, 6), [10, 0, 0, 9, 0, 69]);
      pins.write(COMMON_BLOCK, 0x0015, 0xff);
      assert.equal(board.chip.intPin(), 1);
    });
  });
});
