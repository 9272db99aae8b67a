/**
 * GHASH, NIST SP 800-38D §6.4, four bits at a time: sixteen multiples of the hash subkey H, looked up by the nibbles of
 * the state. Memory: 256 bytes of multiples, a state and an input block of 16 bytes each a key.
 *
 * Timing: as aes.ts, the tables are indexed by secret nibbles.
 */
import { BlockInput } from './block-input.js';
import { loadWord, storeWord, xorBlock } from './words.js';

export class Ghash {
  readonly input: BlockInput;
  readonly state: Uint8Array;
  /** Four words each: entry n is H times the polynomial whose bits are n, the lowest power in n's highest bit. */
  private readonly multiples: Int32Array;

  /** `subkey` is H, 16 bytes. */
  constructor(subkey: Uint8Array) {
    this.state = new Uint8Array(16);
    this.input = new BlockInput(16, (bytes, offset, blocks) => this.absorb(bytes, offset, blocks));
    this.multiples = multiplesOf(subkey);
  }

  start(): void {
    this.state.fill(0);
    this.input.used = 0;
  }

  wipe(): void {
    this.state.fill(0);
    this.multiples.fill(0);
    this.input.wipe();
  }

  /** state = (state + block) * H, once a block: Horner's rule over the nibbles from the highest power down. */
  private absorb(bytes: Uint8Array, offset: number, blocks: number): void {
    const state = this.state;
    const m = this.multiples;
    for (; blocks > 0; blocks--) {
      xorBlock(state, bytes, offset);
      offset += 16;
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let i = 31; i >= 0; i--) {
        const out = d & 15;
        const at = ((state[i >> 1] >> (4 - 4 * (i & 1))) & 15) * 4;
        d = ((d >>> 4) | (c << 28)) ^ m[at + 3];
        c = ((c >>> 4) | (b << 28)) ^ m[at + 2];
        b = ((b >>> 4) | (a << 28)) ^ m[at + 1];
        // The four bits shifted out come back as their product with x^128 mod P = 1 + x + x^2 + x^7.
        a = (a >>> 4) ^ m[at] ^ (((out << 12) ^ (out << 11) ^ (out << 10) ^ (out << 5)) << 16);
      }
      storeWord(state, 0, a);
      storeWord(state, 4, b);
      storeWord(state, 8, c);
      storeWord(state, 12, d);
    }
  }
}

function multiplesOf(subkey: Uint8Array): Int32Array {
  const m = new Int32Array(64);
  // Entry 8 is H itself; 4, 2 and 1 are each x times the one before: shifted right, x^128 coming back as P - x^128.
  for (let i = 0; i < 4; i++) m[32 + i] = loadWord(subkey, 4 * i);
  for (let n = 4; n > 0; n >>= 1) {
    const from = 8 * n;
    const back = (m[from + 3] & 1) * 225;
    for (let i = 0; i < 4; i++) m[4 * n + i] = (m[from + i] >>> 1) ^ (i > 0 ? m[from + i - 1] << 31 : back << 24);
  }
  // The others are sums. When n is a power of two, n - lowest is 0 and entry 0 is 0: it stays as it is.
  for (let n = 1; n < 16; n++) {
    const lowest = n & -n;
    for (let i = 0; i < 4; i++) m[4 * n + i] = m[4 * lowest + i] ^ m[4 * (n - lowest) + i];
  }
  return m;
}
