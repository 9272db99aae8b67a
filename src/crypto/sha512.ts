/**
 * SHA-512 and SHA-384, FIPS 180-4 §6.4 and §6.5, with HMAC; a 64-bit word is two 32-bit ones, the upper one first.
 * Memory besides sha2.ts: a message schedule of 640 bytes for all hashes together, overwritten after use.
 */
import { ROUND_CONSTANTS, sha2, working } from './sha2.js';
import { loadWord, wordsOf } from './words.js';

const schedule = new Int32Array(160);

/** The lower halves of K, FIPS 180-4 §4.2.3. */
export const ROUND_CONSTANTS_LOW = wordsOf(
  'm4tkN3Vd:nsxRWwQ]p4vv8=?RbR`)x`?S41n99I_\\IAXh>C(8aAF?eElj:*@uwF;::|;4l44+^\\j`;fq[/3N+:0AqcTpF9vNOGCND_zWyK' +
    'WsRPdnBWMR2],pt\\rG^6bY?LY6?+reG0Xt;mMM`W>):=o|lYS+;eyt>hgzmE\\PXEE6]v_Z_+WDTt+_P;Lu17?2(QH.Z?9/@ey:xdS)AXk5' +
    'pyp**yBqm.jRYCMy4GD0mF;8A{yKcJ6hMB1o=dopG*qpSCIAgXBAuq+HYNNG[aZm(BmcF8<0z=WoJg\\,*2.0P{rw3GfjJoSgO1aNx60q0Z' +
    '.Rs=dy72p/y)j6Gu6t]eLzL`pa1\\C-f(eH6<G.4.Sd3=^MQ<m`5=/(;9-Z5O4.iCH?+y28D3:uM6v?r9|)',
);

/**
 * Sums are made of the lower halves first (`half` is 1), then of the upper ones (0) with what the lower ones carry. Doubled
 * names are the other half, out of which a rotation moves bits in.
 */
function compress(state: Int32Array, bytes: Uint8Array, offset: number, blocks: number): void {
  const w = schedule;
  const v = working;
  while (blocks-- > 0) {
    for (let i = 0; i < 32; i++) w[i] = loadWord(bytes, offset + 4 * i);
    offset += 128;
    for (let i = 32; i < 160; i += 2) {
      let sum = 0;
      for (let half = 1; half >= 0; half--) {
        const x = w[i - 30 + half];
        const xx = w[i - 29 - half];
        const y = w[i - 4 + half];
        const yy = w[i - 3 - half];
        // A shift, unlike a rotation, moves nothing into the upper half.
        sum =
          carried(sum) +
          (w[i - 32 + half] >>> 0) +
          (w[i - 14 + half] >>> 0) +
          ((((x >>> 1) | (xx << 31)) ^ ((x >>> 8) | (xx << 24)) ^ ((x >>> 7) | (-half & (xx << 25)))) >>> 0) +
          ((((y >>> 19) | (yy << 13)) ^ ((yy >>> 29) | (y << 3)) ^ ((y >>> 6) | (-half & (yy << 26)))) >>> 0);
        w[i + half] = sum | 0;
      }
    }
    v.set(state);
    for (let i = 0; i < 80; i++) round(v, w, i);
    let sum = 0;
    for (let i = 15; i >= 0; i--) {
      sum = (i & 1 ? 0 : carried(sum)) + (state[i] >>> 0) + (v[i] >>> 0);
      state[i] = sum | 0;
    }
  }
  w.fill(0);
  v.fill(0);
}

/** Round `i`. The variables stay where they are: it is their names that move on, by a word a round. */
function round(v: Int32Array, w: Int32Array, i: number): void {
  const atA = (-2 * i) & 7;
  const atB = (atA + 2) & 7;
  const atC = (atA + 4) & 7;
  const atD = (atA + 6) & 7;
  let newE = 0;
  let newA = 0;
  for (let half = 1; half >= 0; half--) {
    const a = v[atA + half];
    const aa = v[atA + 1 - half];
    const b = v[atB + half];
    const c = v[atC + half];
    const d = v[atD + half];
    const e = v[8 + atA + half];
    const ee = v[9 + atA - half];
    const f = v[8 + atB + half];
    const g = v[8 + atC + half];
    const h = v[8 + atD + half];
    const t =
      (h >>> 0) +
      ((((e >>> 14) | (ee << 18)) ^ ((e >>> 18) | (ee << 14)) ^ ((ee >>> 9) | (e << 23))) >>> 0) +
      ((g ^ (e & (f ^ g))) >>> 0) +
      ((half ? ROUND_CONSTANTS_LOW : ROUND_CONSTANTS)[i] >>> 0) +
      (w[2 * i + half] >>> 0);
    newE = carried(newE) + t + (d >>> 0);
    newA =
      carried(newA) +
      t +
      ((((a >>> 28) | (aa << 4)) ^ ((aa >>> 2) | (a << 30)) ^ ((aa >>> 7) | (a << 25))) >>> 0) +
      (((a & b) | (c & (a | b))) >>> 0);
    // They are the next round's e and a, where this one's h and d were.
    v[8 + atD + half] = newE | 0;
    v[atD + half] = newA | 0;
  }
}

/** What a sum of unsigned words carries. */
function carried(sum: number): number {
  return (sum / 4294967296) | 0;
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
