import * as assert from 'node:assert/strict';
import * as net from 'node:net';
import { createSimBoard } from '../../boards/sim/index.js';
import { seededRandom } from '../../boards/sim/seeded-random.js';
import { SEED } from '../seed.js';
import { Pins, until } from './pins.js';

const TOTAL = 150000;

describe('sim: whole streams through the rings', () => {
  for (const [kilobytes, partialSend, txSeed] of [
    [1, undefined, 0xfff0],
    [2, 700, undefined],
    [16, undefined, 0x8000],
  ] as const) {
    const seed = (SEED ^ (kilobytes * 7919)) >>> 0;

    it(`${TOTAL} bytes there and back, ${kilobytes} KB rings, seed ${seed}`, async () => {
      const random = seededRandom(seed);
      const echo = net.createServer({ allowHalfOpen: true }, peer => peer.pipe(peer));
      await new Promise<void>(resolve => echo.listen(0, '127.0.0.1', resolve));
      const board = createSimBoard({ seed, chip: { txSeed, rxSeed: random(65536) }, faults: { partialSend } });
      try {
        const pins = new Pins(board.chip);
        pins.configure();
        for (let n = 7; n > 0; n--) if (kilobytes === 16) pins.write(4 * n + 1, 0x1e, 0, 0);
        pins.write(1, 0x1e, kilobytes, kilobytes);
        board.lan.publish('echo.test', 7, (echo.address() as net.AddressInfo).port);
        pins.open(0, 0x21, 50000);
        pins.destination(0, '198.51.100.1', 7);
        pins.command(0, 0x04);
        await until(() => pins.byte(0, 0x03) === 0x17, 'ESTABLISHED');

        const data = Uint8Array.from({ length: TOTAL }, () => random(256));
        const back: number[] = [];
        let sent = 0;
        let disconnected = false;
        await until(() => {
          if (pins.word(0, 0x22) !== pins.word(0, 0x24)) pins.command(0, 0x20);
          else if (sent < TOTAL) {
            const length = Math.min(1 + random(3000), pins.word(0, 0x20), TOTAL - sent);
            if (length > 0) pins.send(0, data.subarray(sent, sent + length));
            sent += length;
          } else if (!disconnected && back.length === TOTAL) {
            pins.command(0, 0x08);
            disconnected = true;
          }
          back.push(...pins.receive(0));
          return pins.byte(0, 0x03) === 0x00;
        }, 'the echo');
        assert.deepEqual(Uint8Array.from(back), data);
        assert.deepEqual(board.chip.violations, []);
      } finally {
        board.close();
        await new Promise(resolve => echo.close(resolve));
      }
    });
  }

  it('1 MB written at once by the peer: held back outside of the chip, then all of it and FIN', async () => {
    const data = Buffer.alloc(1 << 20, 'ringlet');
    const server = net.createServer(peer => peer.end(data));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const board = createSimBoard();
    try {
      const pins = new Pins(board.chip);
      pins.configure();
      board.lan.publish('bulk.test', 7, (server.address() as net.AddressInfo).port);
      pins.open(0, 0x21, 50000);
      pins.destination(0, '198.51.100.1', 7);
      pins.command(0, 0x04);
      await until(() => pins.word(0, 0x26) === 2048, 'a full ring');
      // Long enough for Node to have handed over as much as it is allowed to.
      await new Promise(resolve => setTimeout(resolve, 50));
      const back: number[][] = [];
      await until(() => {
        back.push(pins.receive(0));
        return back.at(-1)!.length === 0 && pins.byte(0, 0x03) === 0x1c;
      }, 'CLOSE_WAIT');
      assert.deepEqual(Buffer.from(back.flat()), data);
    } finally {
      board.close();
      await new Promise(resolve => server.close(resolve));
    }
  });
});
