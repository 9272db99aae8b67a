/** The simulated chip's SPI as a stream of bytes: what a firmware in another process sees of it. */
import assert from 'node:assert/strict';
import { SpiStream } from '../../hil/sim/spi-stream.js';
import type { SpiPort } from '../../src/platform.js';

interface Bench {
  stream: SpiStream;
  frames: string[];
  answers: number[][];
  discarded(): number;
  stuck: string[];
}

/** A chip that answers a read with 1, 2, 3 …, and dies of address 0xdead. */
function bench(patienceMs = 40): Bench {
  const frames: string[] = [];
  const answers: number[][] = [];
  const stuck: string[] = [];
  let discarded = 0;
  const spi: SpiPort = {
    read(header, into, offset, length) {
      if (header[0] === 0xde && header[1] === 0xad) throw new Error('no such register');
      frames.push(`read ${[...header]} ${length}`);
      for (let i = 0; i < length; i++) into[offset + i] = i + 1;
    },
    write: (header, data, offset, length) =>
      frames.push(`write ${[...header]} ${[...data.subarray(offset, offset + length)]}`),
  };
  const stream = new SpiStream({
    spi,
    answer: bytes => answers.push([...bytes]),
    discard: () => discarded++,
    stuck: reason => stuck.push(reason),
    patienceMs,
  });
  return { stream, frames, answers, stuck, discarded: () => discarded };
}

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

describe('SPI as a stream', () => {
  it('answers reads and not writes, however the bytes arrive', () => {
    const bytes = Uint8Array.of(0x80, 2, 0, 9, 4, 7, 8, 0, 3, 0, 0x39, 0, 0x80, 1, 1, 2, 0x14, 255);
    for (let cut = 1; cut <= bytes.length; cut++) {
      const { stream, frames, answers, stuck } = bench();
      for (let at = 0; at < bytes.length; at += cut) stream.feed(bytes.subarray(at, at + cut));
      stream.close();
      assert.deepEqual(frames, ['write 0,9,4 7,8', 'read 0,57,0 3', 'write 1,2,20 255'], `pieces of ${cut}`);
      assert.deepEqual(answers, [[1, 2, 3]]);
      assert.deepEqual(stuck, []);
    }
  });

  it('a hello throws away what nobody has fetched, and is answered by one 0', () => {
    const { stream, answers, frames, discarded } = bench();
    stream.feed(new Uint8Array(5));
    assert.deepEqual([answers, frames, discarded()], [[[0]], [], 1]);
  });

  it('half a frame is waited for, but not for ever', async () => {
    const { stream, stuck } = bench(20);
    stream.feed(Uint8Array.of(0, 3, 0));
    await pause(5);
    assert.deepEqual(stuck, []);
    await pause(60);
    assert.equal(stuck.length, 1);
    assert.match(stuck[0]!, /half an SPI frame \(3 bytes\)/);
  });

  it('a chip model that throws is told once, and nothing is answered any more', () => {
    const { stream, stuck, answers } = bench();
    stream.feed(Uint8Array.of(0, 1, 0xde, 0xad, 0));
    stream.feed(Uint8Array.of(0, 1, 0, 0, 0));
    assert.equal(stuck.length, 1);
    assert.match(stuck[0]!, /no such register/);
    assert.deepEqual(answers, []);
  });
});
