/** Local ports: the chip neither chooses nor checks them, and a peer remembers a connection for a while. */
import assert from 'node:assert/strict';
import { nodeRandom } from '../../boards/node/crypto-provider.js';
import { nodeClock } from '../../boards/node/event-loop.js';
import { type W5500Chip, w5500Chip } from '../../src/w5500/chip.js';

function chipWith(random: typeof nodeRandom): W5500Chip {
  return w5500Chip({ read() {}, write() {} }, nodeClock, random, new Uint8Array(6), undefined);
}

describe('local ports', () => {
  for (const [name, random] of [
    ['random', nodeRandom],
    ['all-zero', (into: Uint8Array, offset: number, length: number) => void into.fill(0, offset, offset + length)],
    ['all-one', (into: Uint8Array, offset: number, length: number) => void into.fill(255, offset, offset + length)],
  ] as const) {
    it(`of TCP do not come again before 256 others, also where they wrap (${name} bits)`, () => {
      const chip = chipWith(random);
      const ports: number[] = [];
      for (let i = 0; i < 2000; i++) {
        const port = chip.claimPort(i % 8, true);
        assert.ok(port >= 49152 && port <= 65535, `${port}`);
        const before = ports.lastIndexOf(port);
        assert.ok(before < 0 || i - before > 250, `${port} again after ${i - before}`);
        ports.push(port);
      }
    });
  }

  it('of datagrams are random, and never one that another socket has', () => {
    const chip = chipWith((into, offset, length) => void into.fill(7, offset, offset + length));
    const ports = [0, 1, 2, 3].map(n => chip.claimPort(n, false));
    assert.equal(new Set(ports).size, 4);
    const steps = Array.from({ length: 64 }, (_, n) => chipWith(nodeRandom).claimPort(n % 8, false));
    assert.ok(new Set(steps).size > 50);
  });
});
