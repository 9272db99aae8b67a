/**
 * SHA-256, FIPS 180-4 §6.2. A word is two numbers of 16 bits, the upper one first: JerryScript boxes integers beyond 2^27, so that operations on whole words
 * take three to six times as long. What is shifted out is cut off where it would not fit otherwise, once for several rotations.
 */

import { big } from './integers.js';
import { sha2 } from './sha2.js';
import { makeConstants } from './sha2-constants.js';

const high: number[] = [];
const low: number[] = [];
const constantsHigh: number[] = [];
const constantsLow: number[] = [];
/** Made when it is needed first, because the constants take a while. */
const first: number[] = [];

function split(value: bigint, into: number[], rest: number[]): void {
  into.push(Number(value >> big(48)));
  rest.push(Number((value >> big(32)) & big(65535)));
}

function initial(): number[] {
  if (constantsLow.length === 0) {
    const constants = makeConstants(64);
    for (let i = 0; i < 64; i++) split(constants[i], constantsHigh, constantsLow);
    for (let i = 64; i < 72; i++) split(constants[i], first, first);
  }
  return first.slice();
}

function compress(state: number[], bytes: Uint8Array, offset: number): void {
  const wh = high;
  const wl = low;
  const kh = constantsHigh;
  const kl = constantsLow;
  for (let i = 0; i < 16; i++) {
    wh[i] = (bytes[offset] << 8) | bytes[offset + 1];
    wl[i] = (bytes[offset + 2] << 8) | bytes[offset + 3];
    offset += 4;
  }
  for (let i = 16; i < 64; i++) {
    // Bits 3 to 29 of one word, 1 to 27 of the other, and the lower bits of each in front of its upper half.
    const xh = wh[i - 15];
    const xl = wl[i - 15];
    const yh = wh[i - 2];
    const yl = wl[i - 2];
    const p = ((xh & 16383) << 13) | (xl >> 3);
    const q = ((xl & 2047) << 16) | xh;
    const r = ((yh & 4095) << 15) | (yl >> 1);
    const s = ((yl & 2047) << 16) | yh;
    const sum =
      wl[i - 16] + wl[i - 7] + ((p ^ (p >> 4) ^ (q >> 2)) & 65535) + (((s >> 1) ^ (s >> 3) ^ (r >> 9)) & 65535);
    wl[i] = sum & 65535;
    wh[i] =
      (wh[i - 16] +
        wh[i - 7] +
        ((q >> 7) ^ (xl >> 2) ^ ((xh & 3) << 14) ^ (xh >> 3)) +
        ((r ^ (r >> 2) ^ (yh >> 10)) & 65535) +
        (sum >> 16)) &
      65535;
  }
  let ah = state[0];
  let al = state[1];
  let bh = state[2];
  let bl = state[3];
  let ch = state[4];
  let cl = state[5];
  let dh = state[6];
  let dl = state[7];
  let eh = state[8];
  let el = state[9];
  let fh = state[10];
  let fl = state[11];
  let gh = state[12];
  let gl = state[13];
  let hh = state[14];
  let hl = state[15];
  for (let i = 0; i < 64; i++) {
    // Bits 5 to 31 of e, then of a bits 2 to 28.
    let p = (eh << 11) | (el >> 5);
    let q = ((el & 2047) << 16) | eh;
    const tl = hl + (((p >> 1) ^ (p >> 6) ^ (q >> 9)) & 65535) + (gl ^ (el & (fl ^ gl))) + kl[i] + wl[i];
    const th = hh + ((q >> 6) ^ (q >> 11) ^ (p >> 4)) + (gh ^ (eh & (fh ^ gh))) + kh[i] + wh[i];
    hh = gh;
    hl = gl;
    gh = fh;
    gl = fl;
    fh = eh;
    fl = el;
    el = dl + tl;
    eh = (dh + th + (el >> 16)) & 65535;
    el &= 65535;
    dh = ch;
    dl = cl;
    ch = bh;
    cl = bl;
    bh = ah;
    bl = al;
    // Here b, c, d are what FIPS 180-4 calls a, b, c.
    p = ((bh & 8191) << 14) | (bl >> 2);
    q = ((bl & 63) << 16) | bh;
    al = tl + ((p ^ (p >> 11) ^ (q >> 6)) & 65535) + ((bl & cl) | (dl & (bl | cl)));
    ah = (th + ((q >> 2) ^ (bh >> 13) ^ (bl << 3) ^ (p >> 4)) + ((bh & ch) | (dh & (bh | ch))) + (al >> 16)) & 65535;
    al &= 65535;
  }
  const sums = [ah, al, bh, bl, ch, cl, dh, dl, eh, el, fh, fl, gh, gl, hh, hl];
  for (let i = 14; i >= 0; i -= 2) {
    const sum = state[i + 1] + sums[i + 1];
    state[i] = (state[i] + sums[i] + (sum >> 16)) & 65535;
    state[i + 1] = sum & 65535;
  }
}

function write(state: number[], into: Uint8Array, offset: number): void {
  for (let i = 0; i < 16; i++) {
    into[offset + 2 * i] = state[i] >> 8;
    into[offset + 2 * i + 1] = state[i];
  }
}

export const sha256 = sha2('sha256', 32, 64, initial, compress, write);
