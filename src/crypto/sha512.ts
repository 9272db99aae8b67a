/**
 * SHA-512 and SHA-384, FIPS 180-4 §6.4 and §6.5, with HMAC; a 64-bit word is two 32-bit ones, the upper one first.
 * Memory besides sha2.ts: a message schedule of 640 bytes for all hashes together, overwritten after use.
 */
import { ROUND_CONSTANTS, sha2 } from './sha2.js';
import { loadWord, wordsOf } from './words.js';

const TWO_TO_32 = 4294967296;

const schedule = new Int32Array(160);

/** The lower halves of K, FIPS 180-4 §4.2.3. */
export const ROUND_CONSTANTS_LOW = wordsOf(
  'm4tkN3Vd:nsxRWwQ]p4vv8=?RbR`)x`?S41n99I_\\IAXh>C(8aAF?eElj:*@uwF;::|;4l44+^\\j`;fq[/3N+:0AqcTpF9vNOGCND_zWyK' +
    'WsRPdnBWMR2],pt\\rG^6bY?LY6?+reG0Xt;mMM`W>):=o|lYS+;eyt>hgzmE\\PXEE6]v_Z_+WDTt+_P;Lu17?2(QH.Z?9/@ey:xdS)AXk5' +
    'pyp**yBqm.jRYCMy4GD0mF;8A{yKcJ6hMB1o=dopG*qpSCIAgXBAuq+HYNNG[aZm(BmcF8<0z=WoJg\\,*2.0P{rw3GfjJoSgO1aNx60q0Z' +
    '.Rs=dy72p/y)j6Gu6t]eLzL`pa1\\C-f(eH6<G.4.Sd3=^MQ<m`5=/(;9-Z5O4.iCH?+y28D3:uM6v?r9|)',
);

/** A sum of unsigned lower halves; what exceeds 32 bits is the carry, `(sum / TWO_TO_32) | 0`. */
function compress(state: Int32Array, bytes: Uint8Array, offset: number, blocks: number): void {
  const w = schedule;
  while (blocks-- > 0) {
    for (let i = 0; i < 32; i++) w[i] = loadWord(bytes, offset + 4 * i);
    offset += 128;
    for (let i = 32; i < 160; i += 2) {
      const xh = w[i - 30];
      const xl = w[i - 29];
      const yh = w[i - 4];
      const yl = w[i - 3];
      const low =
        (w[i - 31] >>> 0) +
        (w[i - 13] >>> 0) +
        ((((xl >>> 1) | (xh << 31)) ^ ((xl >>> 8) | (xh << 24)) ^ ((xl >>> 7) | (xh << 25))) >>> 0) +
        ((((yl >>> 19) | (yh << 13)) ^ ((yh >>> 29) | (yl << 3)) ^ ((yl >>> 6) | (yh << 26))) >>> 0);
      w[i + 1] = low | 0;
      w[i] =
        (w[i - 32] +
          w[i - 14] +
          (((xh >>> 1) | (xl << 31)) ^ ((xh >>> 8) | (xl << 24)) ^ (xh >>> 7)) +
          (((yh >>> 19) | (yl << 13)) ^ ((yl >>> 29) | (yh << 3)) ^ (yh >>> 6)) +
          ((low / TWO_TO_32) | 0)) |
        0;
    }
    rounds(state, w);
  }
  w.fill(0);
}

function rounds(state: Int32Array, w: Int32Array): void {
  const k = ROUND_CONSTANTS;
  const kl = ROUND_CONSTANTS_LOW;
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
  for (let i = 0; i < 80; i++) {
    const tl =
      (hl >>> 0) +
      ((((el >>> 14) | (eh << 18)) ^ ((el >>> 18) | (eh << 14)) ^ ((eh >>> 9) | (el << 23))) >>> 0) +
      ((gl ^ (el & (fl ^ gl))) >>> 0) +
      (kl[i] >>> 0) +
      (w[2 * i + 1] >>> 0);
    const th =
      (hh +
        (((eh >>> 14) | (el << 18)) ^ ((eh >>> 18) | (el << 14)) ^ ((el >>> 9) | (eh << 23))) +
        (gh ^ (eh & (fh ^ gh))) +
        k[i] +
        w[2 * i] +
        ((tl / TWO_TO_32) | 0)) |
      0;
    const low = tl >>> 0;
    hh = gh;
    hl = gl;
    gh = fh;
    gl = fl;
    fh = eh;
    fl = el;
    const sum = (dl >>> 0) + low;
    eh = (dh + th + ((sum / TWO_TO_32) | 0)) | 0;
    el = sum | 0;
    dh = ch;
    dl = cl;
    ch = bh;
    cl = bl;
    bh = ah;
    bl = al;
    // Here b, c, d are what FIPS 180-4 calls a, b, c.
    const next =
      low +
      ((((bl >>> 28) | (bh << 4)) ^ ((bh >>> 2) | (bl << 30)) ^ ((bh >>> 7) | (bl << 25))) >>> 0) +
      (((bl & cl) | (dl & (bl | cl))) >>> 0);
    ah =
      (th +
        (((bh >>> 28) | (bl << 4)) ^ ((bl >>> 2) | (bh << 30)) ^ ((bl >>> 7) | (bh << 25))) +
        ((bh & ch) | (dh & (bh | ch))) +
        ((next / TWO_TO_32) | 0)) |
      0;
    al = next | 0;
  }
  add(state, 0, ah, al);
  add(state, 2, bh, bl);
  add(state, 4, ch, cl);
  add(state, 6, dh, dl);
  add(state, 8, eh, el);
  add(state, 10, fh, fl);
  add(state, 12, gh, gl);
  add(state, 14, hh, hl);
}

function add(state: Int32Array, at: number, high: number, low: number): void {
  const sum = (state[at + 1] >>> 0) + (low >>> 0);
  state[at] = (state[at] + high + ((sum / TWO_TO_32) | 0)) | 0;
  state[at + 1] = sum | 0;
}

export const sha384 = sha2(
  'sha384',
  48,
  128,
  wordsOf('iPhCUf+4MfGbcfx9SV+bVdfdn7XEoh.llx2wJADkI6AsPz8m(zUqTL=IUW|dnJ3cKHNTAh?+{s5eHA_+'),
  compress,
);

export const sha512 = sha2(
  'sha512',
  64,
  128,
  wordsOf('J.q+?vD^7Ud;cA*Rae9Z;Kzi9ymt85]34iMFXK-wB,FRY_si<fYn(Qh5tGir22y>Pxh,v9EU(hK.>T1T'),
  compress,
);
