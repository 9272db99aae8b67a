/**
 * The AES block cipher (FIPS 197), encryption only: all that CTR, GCM and CCM need. Keys of 16 or 32 bytes.
 *
 * Memory: four tables of 1 KB for all keys together, computed when the first key is made; 176 or 240 bytes a key.
 *
 * Timing: tables are indexed by secret bytes. Where RAM has no cache in front (RP2040, most microcontrollers) the access
 * itself takes the same time for every index; with a data cache it does not. An interpreter adds its own differences: a
 * word may be a small integer or a boxed number depending on its value. No promise of constant time is made.
 */
import { loadWord, storeWord } from './words.js';

/** Each is the S-box and MixColumns of one row, FIPS 197 §5.1.1 and §5.1.3; the next row's is rotated by a byte. */
let table0: Int32Array | undefined;
let table1: Int32Array;
let table2: Int32Array;
let table3: Int32Array;

export class Aes {
  private readonly roundKeys: Int32Array;

  constructor(key: Uint8Array) {
    if (!table0) makeTables();
    const keyWords = key.length >> 2;
    const w = new Int32Array(4 * keyWords + 28);
    let roundConstant = 1;
    for (let i = 0; i < keyWords; i++) w[i] = loadWord(key, 4 * i);
    for (let i = keyWords; i < w.length; i++) {
      let t = w[i - 1];
      if (i % keyWords === 0) {
        t = substitute(t << 8, t << 8, t << 8, t >>> 24) ^ (roundConstant << 24);
        roundConstant = double(roundConstant);
      } else if (i % keyWords === 4) t = substitute(t, t, t, t);
      w[i] = w[i - keyWords] ^ t;
    }
    this.roundKeys = w;
  }

  /** Encrypts the 16 bytes of `from` into `into`, which may be the same array. */
  encrypt(from: Uint8Array, into: Uint8Array): void {
    const k = this.roundKeys;
    let a = loadWord(from, 0) ^ k[0];
    let b = loadWord(from, 4) ^ k[1];
    let c = loadWord(from, 8) ^ k[2];
    let d = loadWord(from, 12) ^ k[3];
    const last = k.length - 4;
    let i = 4;
    for (; i < last; i += 4) {
      const e = column(a, b, c, d) ^ k[i];
      const f = column(b, c, d, a) ^ k[i + 1];
      const g = column(c, d, a, b) ^ k[i + 2];
      d = column(d, a, b, c) ^ k[i + 3];
      a = e;
      b = f;
      c = g;
    }
    storeWord(into, 0, substitute(a, b, c, d) ^ k[i]);
    storeWord(into, 4, substitute(b, c, d, a) ^ k[i + 1]);
    storeWord(into, 8, substitute(c, d, a, b) ^ k[i + 2]);
    storeWord(into, 12, substitute(d, a, b, c) ^ k[i + 3]);
  }

  wipe(): void {
    this.roundKeys.fill(0);
  }
}

/** A column after SubBytes, ShiftRows and MixColumns, out of four columns before. */
function column(a: number, b: number, c: number, d: number): number {
  return (table0 as Int32Array)[a >>> 24] ^ table1[(b >>> 16) & 255] ^ table2[(c >>> 8) & 255] ^ table3[d & 255];
}

/** A word of the S-box's answers for the first byte of `a`, the second of `b`, the third of `c` and the fourth of `d`. */
function substitute(a: number, b: number, c: number, d: number): number {
  return (
    (table2[a >>> 24] & -16777216) |
    (table3[(b >>> 16) & 255] & 0xff0000) |
    ((table0 as Int32Array)[(c >>> 8) & 255] & 0xff00) |
    (table1[d & 255] & 255)
  );
}

export const createAes = (key: Uint8Array): Aes => new Aes(key);

/** Multiplication by x, FIPS 197 §4.2. */
function double(byte: number): number {
  return (byte << 1) ^ (byte & 128 ? 0x11b : 0);
}

function makeTables(): void {
  // The powers of x + 1 are all the elements but 0; the inverse of the i-th is the (255 - i)-th.
  const powers = new Uint8Array(256);
  let power = 1;
  for (let i = 0; i < 256; i++) {
    powers[i] = power;
    power ^= double(power);
  }
  table0 = new Int32Array(256);
  table1 = new Int32Array(256);
  table2 = new Int32Array(256);
  table3 = new Int32Array(256);
  for (let i = 0; i < 256; i++) {
    // The last turn is for 0, which has no inverse and stands for its own.
    const element = i < 255 ? powers[i] : 0;
    const inverse = i < 255 ? powers[255 - i] : 0;
    const twice = inverse | (inverse << 8);
    const s = (twice ^ (twice >>> 7) ^ (twice >>> 6) ^ (twice >>> 5) ^ (twice >>> 4) ^ 0x63) & 255;
    const s2 = double(s);
    let word = (s2 << 24) | (s << 16) | (s << 8) | (s2 ^ s);
    for (const table of [table0, table1, table2, table3]) {
      table[element] = word;
      word = (word >>> 8) | (word << 24);
    }
  }
}
