/**
 * Poly1305, RFC 8439 §2.5, over whole 16-byte blocks, which is all the AEAD needs (§2.8 pads). Numbers are six limbs of
 * 22 bits, so that every column of products stays below 2^52 and is exact as a double.
 * Memory: 17 words, the 16 bytes of s, an input block of 16 bytes.
 */
import { BlockInput } from './block-input.js';

const LIMB = 4194304; // 2^22
const LIMB_MASK = 4194303;

export class Poly1305 {
  readonly input: BlockInput;
  /** The accumulator's memory. */
  readonly state: Uint8Array;
  /** The accumulator. */
  private readonly h: Int32Array;
  /** The limbs of r, then limbs 1 to 5 times 20, because 2^132 is 20 modulo 2^130 - 5. */
  private readonly r: Int32Array;
  private readonly s: Uint8Array;

  constructor() {
    this.h = new Int32Array(6);
    this.state = new Uint8Array(this.h.buffer);
    this.r = new Int32Array(11);
    this.s = new Uint8Array(16);
    this.input = new BlockInput(16, (bytes, offset, blocks) => this.absorb(bytes, offset, blocks));
  }

  /** Begins a message under the one-time key in the first 32 bytes of `key`, of which r is clamped there. */
  start(key: Uint8Array): void {
    const r = this.r;
    for (let i = 3; i < 16; i += 4) key[i] &= 15;
    for (let i = 4; i < 16; i += 4) key[i] &= 252;
    for (let i = 0; i < 6; i++) {
      const at = (22 * i) >> 3;
      const word = key[at] | (key[at + 1] << 8) | (key[at + 2] << 16) | (key[at + 3] << 24);
      r[i] = (word >>> ((22 * i) & 7)) & LIMB_MASK;
    }
    // The last limb ends with r; what is above its 18 bits came from s.
    r[5] &= 0x3ffff;
    for (let i = 1; i < 6; i++) r[5 + i] = 20 * r[i];
    for (let i = 0; i < 16; i++) this.s[i] = key[16 + i];
    this.h.fill(0);
    this.input.used = 0;
  }

  /** After the last whole block: writes the tag to the 16 bytes of `tag`. */
  finish(tag: Uint8Array): void {
    const h = this.h;
    // Modulo 2^130 first: what is above bit 130 comes back times 5.
    let carry = (h[5] >> 20) * 5;
    h[5] &= 0xfffff;
    for (let i = 0; i < 6; i++) {
      carry += h[i];
      h[i] = carry & LIMB_MASK;
      carry >>= 22;
    }
    // Then modulo 2^130 - 5: if h + 5 reaches 2^130, the answer is h + 5 without that bit, which is cut off below anyway.
    carry = 5;
    for (let i = 0; i < 5; i++) carry = (carry + h[i]) >> 22;
    let sum = ((carry + h[5]) >> 20) * 5;
    let bits = 0;
    let held = 0;
    let limb = 0;
    for (let i = 0; i < 16; i++) {
      if (held < 8) {
        bits |= h[limb++] << held;
        held += 22;
      }
      sum += (bits & 255) + this.s[i];
      tag[i] = sum;
      sum >>= 8;
      bits >>= 8;
      held -= 8;
    }
  }

  wipe(): void {
    this.h.fill(0);
    this.r.fill(0);
    this.s.fill(0);
    this.input.wipe();
  }

  /** h = (h + block + 2^128) * r, once a block; limbs stay below 2^22 but for limb 1, which may exceed it by 2^13. */
  private absorb(b: Uint8Array, at: number, blocks: number): void {
    const h = this.h;
    const r = this.r;
    const r0 = r[0];
    const r1 = r[1];
    const r2 = r[2];
    const r3 = r[3];
    const r4 = r[4];
    const r5 = r[5];
    const s1 = r[6];
    const s2 = r[7];
    const s3 = r[8];
    const s4 = r[9];
    const s5 = r[10];
    let h0 = h[0];
    let h1 = h[1];
    let h2 = h[2];
    let h3 = h[3];
    let h4 = h[4];
    let h5 = h[5];
    for (; blocks > 0; blocks--) {
      h0 += b[at] | (b[at + 1] << 8) | ((b[at + 2] & 63) << 16);
      h1 += (b[at + 2] >> 6) | (b[at + 3] << 2) | (b[at + 4] << 10) | ((b[at + 5] & 15) << 18);
      h2 += (b[at + 5] >> 4) | (b[at + 6] << 4) | (b[at + 7] << 12) | ((b[at + 8] & 3) << 20);
      h3 += (b[at + 8] >> 2) | (b[at + 9] << 6) | (b[at + 10] << 14);
      h4 += b[at + 11] | (b[at + 12] << 8) | ((b[at + 13] & 63) << 16);
      h5 += (b[at + 13] >> 6) | (b[at + 14] << 2) | (b[at + 15] << 10) | (1 << 18);
      at += 16;
      const t0 = h0 * r0 + h1 * s5 + h2 * s4 + h3 * s3 + h4 * s2 + h5 * s1;
      let c = (t0 / LIMB) | 0;
      const t1 = h0 * r1 + h1 * r0 + h2 * s5 + h3 * s4 + h4 * s3 + h5 * s2 + c;
      c = (t1 / LIMB) | 0;
      const t2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s5 + h4 * s4 + h5 * s3 + c;
      c = (t2 / LIMB) | 0;
      const t3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s5 + h5 * s4 + c;
      c = (t3 / LIMB) | 0;
      const t4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + h5 * s5 + c;
      c = (t4 / LIMB) | 0;
      const t5 = h0 * r5 + h1 * r4 + h2 * r3 + h3 * r2 + h4 * r1 + h5 * r0 + c;
      c = (t5 / LIMB) | 0;
      const t6 = (t0 & LIMB_MASK) + 20 * c;
      h0 = t6 & LIMB_MASK;
      h1 = (t1 & LIMB_MASK) + ((t6 / LIMB) | 0);
      h2 = t2 & LIMB_MASK;
      h3 = t3 & LIMB_MASK;
      h4 = t4 & LIMB_MASK;
      h5 = t5 & LIMB_MASK;
    }
    h[0] = h0;
    h[1] = h1;
    h[2] = h2;
    h[3] = h3;
    h[4] = h4;
    h[5] = h5;
  }
}
