/**
 * SHA-256, FIPS 180-4 §6.2, with HMAC. Memory besides sha2.ts: a message schedule of 256 bytes for all hashes together,
 * overwritten after use.
 */
import { ROUND_CONSTANTS, sha2 } from './sha2.js';
import { loadWord, wordsOf } from './words.js';

const schedule = new Int32Array(64);

function compress(state: Int32Array, bytes: Uint8Array, offset: number, blocks: number): void {
  const w = schedule;
  const k = ROUND_CONSTANTS;
  while (blocks-- > 0) {
    for (let i = 0; i < 16; i++) w[i] = loadWord(bytes, offset + 4 * i);
    offset += 64;
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      w[i] =
        (w[i - 16] +
          w[i - 7] +
          (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) +
          (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10))) |
        0;
    }
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    let e = state[4];
    let f = state[5];
    let g = state[6];
    let h = state[7];
    for (let i = 0; i < 64; i++) {
      const t =
        h +
        (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) +
        (g ^ (e & (f ^ g))) +
        k[i] +
        w[i];
      h = g;
      g = f;
      f = e;
      e = (d + t) | 0;
      d = c;
      c = b;
      b = a;
      // Here b, c, d are what FIPS 180-4 calls a, b, c.
      a =
        (t +
          (((b >>> 2) | (b << 30)) ^ ((b >>> 13) | (b << 19)) ^ ((b >>> 22) | (b << 10))) +
          ((b & c) | (d & (b | c)))) |
        0;
    }
    state[0] = (state[0] + a) | 0;
    state[1] = (state[1] + b) | 0;
    state[2] = (state[2] + c) | 0;
    state[3] = (state[3] + d) | 0;
    state[4] = (state[4] + e) | 0;
    state[5] = (state[5] + f) | 0;
    state[6] = (state[6] + g) | 0;
    state[7] = (state[7] + h) | 0;
  }
  w.fill(0);
}

export const sha256 = sha2('sha256', 32, 64, wordsOf('J.q+?d;cA*;Kzi9]34iMB,FRYYn(Qh22y>PEU(hK'), compress);
