/** A bad serial line: of the bytes that pass, some are changed, lost, or followed by one that nobody sent. Same seed, same errors. */
import { seededRandom } from '../../boards/sim/seeded-random.js';

/** `rate` is the share of bytes that suffer: 0.005 is 0.5 %. */
export function noise(rate: number, seed: number): (bytes: Uint8Array) => Uint8Array {
  const random = seededRandom(seed);
  const threshold = Math.round(rate * 1e6);
  return bytes => {
    const out: number[] = [];
    for (const byte of bytes) {
      if (random(1e6) >= threshold) {
        out.push(byte);
        continue;
      }
      const what = random(4);
      if (what < 2) out.push(byte ^ (1 << random(8)));
      else if (what === 2) out.push(byte, random(256));
    }
    return Uint8Array.from(out);
  };
}
