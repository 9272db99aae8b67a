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
    state[0] = 0x61707865;
    state[1] = 0x3320646e;
    state[2] = 0x79622d32;
    state[3] = 0x6b206574;
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

  skip(blocks: number): void {
    this.state[12] = (this.state[12] + blocks) | 0;
  }

  /** Writes the next block to the keystream's memory, RFC 8439 §2.3.1. */
  next(): void {
    const s = this.state;
    const w = this.words;
    let a = s[0];
    let b = s[1];
    let c = s[2];
    let d = s[3];
    let e = s[4];
    let f = s[5];
    let g = s[6];
    let h = s[7];
    let i = s[8];
    let j = s[9];
    let k = s[10];
    let l = s[11];
    let m = s[12];
    let n = s[13];
    let o = s[14];
    let p = s[15];
    for (let round = 0; round < 10; round++) {
      a = (a + e) | 0;
      m ^= a;
      m = (m << 16) | (m >>> 16);
      i = (i + m) | 0;
      e ^= i;
      e = (e << 12) | (e >>> 20);
      a = (a + e) | 0;
      m ^= a;
      m = (m << 8) | (m >>> 24);
      i = (i + m) | 0;
      e ^= i;
      e = (e << 7) | (e >>> 25);
      b = (b + f) | 0;
      n ^= b;
      n = (n << 16) | (n >>> 16);
      j = (j + n) | 0;
      f ^= j;
      f = (f << 12) | (f >>> 20);
      b = (b + f) | 0;
      n ^= b;
      n = (n << 8) | (n >>> 24);
      j = (j + n) | 0;
      f ^= j;
      f = (f << 7) | (f >>> 25);
      c = (c + g) | 0;
      o ^= c;
      o = (o << 16) | (o >>> 16);
      k = (k + o) | 0;
      g ^= k;
      g = (g << 12) | (g >>> 20);
      c = (c + g) | 0;
      o ^= c;
      o = (o << 8) | (o >>> 24);
      k = (k + o) | 0;
      g ^= k;
      g = (g << 7) | (g >>> 25);
      d = (d + h) | 0;
      p ^= d;
      p = (p << 16) | (p >>> 16);
      l = (l + p) | 0;
      h ^= l;
      h = (h << 12) | (h >>> 20);
      d = (d + h) | 0;
      p ^= d;
      p = (p << 8) | (p >>> 24);
      l = (l + p) | 0;
      h ^= l;
      h = (h << 7) | (h >>> 25);
      a = (a + f) | 0;
      p ^= a;
      p = (p << 16) | (p >>> 16);
      k = (k + p) | 0;
      f ^= k;
      f = (f << 12) | (f >>> 20);
      a = (a + f) | 0;
      p ^= a;
      p = (p << 8) | (p >>> 24);
      k = (k + p) | 0;
      f ^= k;
      f = (f << 7) | (f >>> 25);
      b = (b + g) | 0;
      m ^= b;
      m = (m << 16) | (m >>> 16);
      l = (l + m) | 0;
      g ^= l;
      g = (g << 12) | (g >>> 20);
      b = (b + g) | 0;
      m ^= b;
      m = (m << 8) | (m >>> 24);
      l = (l + m) | 0;
      g ^= l;
      g = (g << 7) | (g >>> 25);
      c = (c + h) | 0;
      n ^= c;
      n = (n << 16) | (n >>> 16);
      i = (i + n) | 0;
      h ^= i;
      h = (h << 12) | (h >>> 20);
      c = (c + h) | 0;
      n ^= c;
      n = (n << 8) | (n >>> 24);
      i = (i + n) | 0;
      h ^= i;
      h = (h << 7) | (h >>> 25);
      d = (d + e) | 0;
      o ^= d;
      o = (o << 16) | (o >>> 16);
      j = (j + o) | 0;
      e ^= j;
      e = (e << 12) | (e >>> 20);
      d = (d + e) | 0;
      o ^= d;
      o = (o << 8) | (o >>> 24);
      j = (j + o) | 0;
      e ^= j;
      e = (e << 7) | (e >>> 25);
    }
    w[0] = (s[0] + a) | 0;
    w[1] = (s[1] + b) | 0;
    w[2] = (s[2] + c) | 0;
    w[3] = (s[3] + d) | 0;
    w[4] = (s[4] + e) | 0;
    w[5] = (s[5] + f) | 0;
    w[6] = (s[6] + g) | 0;
    w[7] = (s[7] + h) | 0;
    w[8] = (s[8] + i) | 0;
    w[9] = (s[9] + j) | 0;
    w[10] = (s[10] + k) | 0;
    w[11] = (s[11] + l) | 0;
    w[12] = (s[12] + m) | 0;
    w[13] = (s[13] + n) | 0;
    w[14] = (s[14] + o) | 0;
    w[15] = (s[15] + p) | 0;
    s[12] = (s[12] + 1) | 0;
  }

  wipe(): void {
    this.state.fill(0);
    this.keystream.wipe();
  }
}
