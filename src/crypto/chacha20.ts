/**
 * ChaCha20, RFC 8439 §2.3 and §2.4. Memory a key: 64 bytes of state, 64 of keystream.
 * The keystream is written as words over the byte array's own memory, so the engine's words must be little-endian: every
 * microcontroller and desktop in use is.
 */
import { Keystream } from './keystream.js';
import { loadWordReversed } from './words.js';

export class ChaCha20 {
  readonly keystream: Keystream;
  /** The constants, the key, the block counter, the nonce. */
  private readonly state: Int32Array;
  private readonly words: Int32Array;

  /** `key` is 32 bytes. */
  constructor(key: Uint8Array) {
    const state = new Int32Array(16);
    state.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
    for (let i = 0; i < 8; i++) state[4 + i] = loadWordReversed(key, 4 * i);
    this.state = state;
    this.keystream = new Keystream(64, () => this.next());
    this.words = new Int32Array(this.keystream.block.buffer);
  }

  /** Starts with block `counter` under `nonce` (12 bytes). */
  start(counter: number, nonce: Uint8Array): void {
    const state = this.state;
    state[12] = counter;
    for (let i = 0; i < 3; i++) state[13 + i] = loadWordReversed(nonce, 4 * i);
    this.keystream.restart();
  }

  /** Writes the next block to the keystream's memory, RFC 8439 §2.3.1. */
  next(): void {
    const s = this.state;
    const w = this.words;
    w.set(s);
    // Ten times four quarter rounds on columns, then four on diagonals: there each row is shifted by one more than the last.
    for (let i = 0; i < 80; i++) {
      const shift = (i >> 2) & 1;
      const column = i & 3;
      const atB = 4 + ((i + shift) & 3);
      const atC = 8 + ((i + 2 * shift) & 3);
      const atD = 12 + ((i + 3 * shift) & 3);
      let b = w[atB];
      let d = w[atD];
      let a = (w[column] + b) | 0;
      d ^= a;
      d = (d << 16) | (d >>> 16);
      let c = (w[atC] + d) | 0;
      b ^= c;
      b = (b << 12) | (b >>> 20);
      a = (a + b) | 0;
      d ^= a;
      d = (d << 8) | (d >>> 24);
      c = (c + d) | 0;
      b ^= c;
      w[column] = a;
      w[atB] = (b << 7) | (b >>> 25);
      w[atC] = c;
      w[atD] = d;
    }
    for (let i = 0; i < 16; i++) w[i] = (w[i] + s[i]) | 0;
    s[12] = (s[12] + 1) | 0;
  }

  wipe(): void {
    this.state.fill(0);
    this.keystream.wipe();
  }
}
