import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as net from 'node:net';
import { RealClock, VirtualClock } from '../../boards/sim/clock.js';
import { createSimBoard, formatFrame, type SimBoard } from '../../boards/sim/index.js';
import { COMMON_BLOCK, Pins, rxBlock, socketBlock, txBlock, until } from './pins.js';

describe('sim: the board around the chip', () => {
  describe('clocks', () => {
    it('virtual: events fire in order, at their own time, and may schedule more', () => {
      const clock = new VirtualClock();
      const log: string[] = [];
      const note = (name: string) => () => log.push(`${name}@${clock.now()}`);
      clock.after(20, note('b'));
      clock.after(10, () => {
        note('a')();
        clock.after(5, note('a2'));
      });
      clock.after(20, note('c'));
      clock.cancel(clock.after(15, note('never')));
      clock.advance(19);
      assert.deepEqual(log, ['a@10', 'a2@15']);
      assert.equal(clock.now(), 19);
      clock.advance(1);
      assert.deepEqual(log.slice(2), ['b@20', 'c@20']);
    });

    it('real: an event fires by itself, or when a busy loop asks', async () => {
      const clock = new RealClock();
      let fired = 0;
      clock.after(5, () => fired++);
      await until(() => fired === 1, 'the timer');
      clock.after(1, () => fired++);
      const begin = clock.now();
      while (fired === 1 && clock.now() - begin < 1000) clock.runDue();
      assert.equal(fired, 2);
      clock.close();
    });
  });

  describe('trace', () => {
    let board: SimBoard;
    let pins: Pins;
    let lines: string[];

    beforeEach(() => {
      board = createSimBoard({ clock: new VirtualClock() });
      pins = new Pins(board.chip);
      lines = [];
      board.chip.onFrame = frame => lines.push(formatFrame(frame));
    });
    afterEach(() => board.close());

    it('names registers and shows their values', () => {
      pins.configure();
      pins.read(COMMON_BLOCK, 0x0039, 1);
      pins.write(socketBlock(1), 0x00, 0x21);
      pins.write(socketBlock(1), 0x04, 0xc3, 0x50);
      pins.write(socketBlock(1), 0x01, 0x01);
      pins.read(socketBlock(1), 0x01, 3);
      pins.read(socketBlock(1), 0x27, 1);
      pins.write(txBlock(1), 0x1234, 0x61, 0x62);
      pins.read(rxBlock(1), 0, 20);
      assert.deepEqual(lines, [
        'common write GAR..SIPR (18 bytes) GAR=10.0.0.1 SUBR=255.255.255.0 SHAR=02:00:00:00:00:01 SIPR=10.0.0.100',
        'common read  VERSIONR (1 byte) VERSIONR=0x04',
        'S1 write Sn_MR (1 byte) MR=TCP+0x20',
        'S1 write Sn_PORT (2 bytes) PORT=50000',
        'S1 write Sn_CR (1 byte) CR=OPEN',
        'S1 read  Sn_CR..Sn_SR (3 bytes) CR=OPEN IR=0 SR=CLOSED',
        'S1 read  Sn_RX_RSR (1 byte) RX_RSR=1:00',
        'S1 write TX buffer 0x1234 (2 bytes) 6162',
        'S1 read  RX buffer 0x0000 (20 bytes) ' + '00'.repeat(16) + '...',
      ]);
    });

    it('a status burst shows only what differs from reset', () => {
      pins.open(0, 0x02, 68);
      board.chip.sockets[0]!.raise(0x14);
      lines = [];
      pins.read(socketBlock(0), 0x00, 0x2c);
      assert.deepEqual(lines, ['S0 read  Sn_MR..Sn_RX_WR (44 bytes) MR=UDP IR=RECV|SEND_OK SR=UDP PORT=68']);
    });
  });

  it('LISTEN: the socket itself becomes the connection, a second one is refused', async () => {
    const board = createSimBoard();
    const pins = new Pins(board.chip);
    pins.configure();
    pins.open(3, 0x01, 8080);
    pins.command(3, 0x02);
    assert.equal(pins.byte(3, 0x03), 0x14);
    await until(() => board.lan.listening.has(8080), 'a listening port');
    const port = board.lan.listening.get(8080)!;
    const client = net.connect(port, '127.0.0.1');
    client.on('error', () => undefined);
    client.write('GET');
    await until(() => pins.word(3, 0x26) === 3, 'a request');
    assert.equal(pins.byte(3, 0x03), 0x17);
    const second = net.connect(port, '127.0.0.1');
    const error = await new Promise<NodeJS.ErrnoException>(resolve => second.on('error', resolve));
    assert.equal(error.code, 'ECONNREFUSED');
    board.close();
    client.destroy();
  });

  it('outside: a literal loopback address beyond the gateway is the machine itself; not so by default', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => server.once('listening', resolve));
    const { port } = server.address() as net.AddressInfo;
    for (const outside of [true, false]) {
      const clock = new VirtualClock();
      const board = createSimBoard({ clock, lan: { outside } });
      const pins = new Pins(board.chip);
      pins.configure();
      pins.open(0, 0x21, 50000);
      pins.destination(0, '127.0.0.1', port);
      pins.command(0, 0x04);
      if (outside) await until(() => pins.byte(0, 0x03) === 0x17, 'ESTABLISHED');
      clock.advance(31800);
      assert.equal(pins.byte(0, 0x03), outside ? 0x17 : 0x00);
      board.close();
    }
    await new Promise(resolve => server.close(resolve));
  });

  it('close leaves nothing behind: a process with an open connection, a timer and a UDP socket ends by itself', function () {
    this.timeout(20000);
    const script = `
      import net from 'node:net';
      import { createSimBoard } from ${JSON.stringify(new URL('../../boards/sim/index.js', import.meta.url).href)};
      import { Pins, until } from ${JSON.stringify(new URL('./pins.js', import.meta.url).href)};
      const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1', async () => {
        const board = createSimBoard({ chip: { linkUpMs: 0 } });
        const pins = new Pins(board.chip);
        pins.configure();
        board.lan.map('192.0.2.1', 1, server.address().port);
        pins.open(0, 1, 5000); pins.destination(0, '192.0.2.1', 1); pins.command(0, 4);
        pins.open(1, 2, 5001); pins.destination(1, '192.0.2.1', 1); pins.send(1, [1]);
        pins.open(2, 1, 5002); pins.destination(2, '10.0.0.9', 1); pins.command(2, 4);
        pins.open(3, 1, 5003); pins.command(3, 2);
        await until(() => pins.byte(0, 3) === 0x17, 'ESTABLISHED');
        board.close();
        server.close();
        console.log('closed');
      });`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 15000 });
    assert.equal(output.toString(), 'closed\n');
  });
});
