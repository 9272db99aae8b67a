/**
 * ChaCha20 (RFC 8439 §2.3, §2.4), eight blocks at a time: a row of the state of all of them is one number of 32 lanes, 32 bits and 32 of headroom each, ordered by
 * word first, so that both rotations, of words and of rows, are two shifts and a mask. Memory a key: 512 bytes of keystream, 2 KB while it is made.
 */
import type { MakeBuffer } from '../../bytes/make-buffer.js';
import { big, ONE, readInteger, ZERO } from './integers.js';

const CHUNK = 512;
const ROW = big(CHUNK);
const LANE = big(64);
const WORD = big(32);

/** Lanes 0 to 7 with 1 each, with their number each, and all 32 lanes with 32 bits each. */
let ones = ZERO;
let numbers = ZERO;
let mask = ZERO;
for (let i = 7; i >= 0; i--) {
  ones = (ones << LANE) + ONE;
  numbers = (numbers << LANE) + big(i);
}
for (let i = 0; i < 4; i++) mask = (mask << ROW) + ones * ((ONE << WORD) - ONE);

/** By how much words are shifted, to the left and back, then rows. */
const SHIFTS: bigint[] = [16, 12, 20, 8, 24, 7, 25, 512, 1024, 1536].map(big);

export class ChaCha20 {
  /** Eight blocks of keystream. */
  readonly chunk: Uint8Array;
  /** Where in the keystream the next byte is taken from. */
  private position: number;
  private loaded: number;
  private readonly view: DataView;
  private key: bigint[];
  private nonce: bigint;

  /** `key` is 32 bytes. */
  constructor(key: Uint8Array, makeBuffer: MakeBuffer) {
    this.chunk = makeBuffer(CHUNK);
    this.view = new DataView(this.chunk.buffer as ArrayBuffer, this.chunk.byteOffset);
    this.key = [row(CONSTANTS, 0), row(key, 0), row(key, 16)];
    this.nonce = ZERO;
    this.position = 0;
    this.loaded = -1;
  }

  /** Starts with block 0 under `nonce` (12 bytes), which is in `chunk` then, and goes on with block 1. */
  start(nonce: Uint8Array): void {
    const padded = new Uint8Array(16);
    padded.set(nonce, 4);
    this.nonce = row(padded, 0) + numbers;
    this.position = 64;
    this.load(0);
  }

  skip(length: number): void {
    this.position += length;
  }

  xor(bytes: Uint8Array, offset: number, length: number): void {
    const chunk = this.chunk;
    const from = this.view;
    const to = new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset);
    const end = offset + length;
    let at = this.position;
    while (offset < end) {
      let used = at & (CHUNK - 1);
      const number = (at - used) >> 9;
      if (this.loaded !== number) this.load(number);
      const left = CHUNK - used;
      const stop = left < end - offset ? offset + left : end;
      at += stop - offset;
      for (; offset + 8 <= stop; offset += 8) {
        to.setBigUint64(offset, to.getBigUint64(offset, true) ^ from.getBigUint64(used, true), true);
        used += 8;
      }
      for (; offset < stop; offset++) bytes[offset] ^= chunk[used++];
    }
    this.position = at;
  }

  wipe(): void {
    this.chunk.fill(0);
    this.key = [];
    this.loaded = -1;
  }

  /** RFC 8439 §2.3.1. Between rounds, rows are rotated so that columns become diagonals, and back. All is in locals, which are found at once. */
  private load(number: number): void {
    const state = [this.key[0], this.key[1], this.key[2], this.nonce + ones * big(8 * number)];
    const view = this.view;
    const m = mask;
    const shifts = SHIFTS;
    const s16 = shifts[0];
    const s12 = shifts[1];
    const s20 = shifts[2];
    const s8 = shifts[3];
    const s24 = shifts[4];
    const s7 = shifts[5];
    const s25 = shifts[6];
    const two = shifts[8];
    let one = shifts[7];
    let three = shifts[9];
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    for (let round = 0; round < 20; round++) {
      a = (a + b) & m;
      d ^= a;
      d = ((d << s16) | (d >> s16)) & m;
      c = (c + d) & m;
      b ^= c;
      b = ((b << s12) | (b >> s20)) & m;
      a = (a + b) & m;
      d ^= a;
      d = ((d << s8) | (d >> s24)) & m;
      c = (c + d) & m;
      b ^= c;
      b = ((b << s7) | (b >> s25)) & m;
      // Rows to the left by one, two and three words are what takes them back by three, two and one.
      b = ((b << three) | (b >> one)) & m;
      c = ((c << two) | (c >> two)) & m;
      d = ((d << one) | (d >> three)) & m;
      const other = one;
      one = three;
      three = other;
    }
    const sums = [a, b, c, d];
    const pair = PAIR;
    const lane = LANE;
    // After twenty rounds `one` is 512 again.
    for (let i = 0; i < 4; i++) {
      // Words 0 and 1, and 2 and 3, beside each other: 8 bytes.
      let pairs = (sums[i] + state[i]) & m;
      pairs |= pairs >> big(CHUNK - 32);
      for (let j = 0; j < 16; j++) {
        view.setBigUint64(64 * (j & 7) + 16 * i + (j & 8), pairs & pair, true);
        pairs >>= lane;
        if (j === 7) pairs >>= one;
      }
    }
    this.loaded = number;
  }
}

/** A row of the four little-endian words in `bytes` at `offset`, in all eight blocks. */
function row(bytes: Uint8Array, offset: number): bigint {
  let value = ZERO;
  for (let i = 12; i >= 0; i -= 4) value = (value << ROW) + readInteger(bytes, offset + i, 4, true) * ones;
  return value;
}

const PAIR = (ONE << LANE) - ONE;
/** "expand 32-byte k" */
const CONSTANTS = new Uint8Array(16);
for (let i = 0; i < 16; i++) CONSTANTS[i] = 'expand 32-byte k'.charCodeAt(i);
