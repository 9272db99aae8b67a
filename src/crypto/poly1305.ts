/**
 * Poly1305, RFC 8439 §2.5, over whole 16-byte blocks, which is all the AEAD needs (§2.8 pads). Numbers are six limbs of
 * 22 bits, so that every column of products stays below 2^52 and is exact as a double.
 * Memory: 17 words, the 16 bytes of s, an input block of 16 bytes.
 */
import { BlockInput } from './block-input.js';
import { writeLimbs } from './modulus.js';
import { loadWordReversed } from './words.js';

const LIMB = 4194304; // 2^22
const LIMB_MASK = 4194303;

export class Poly1305 {
  readonly input: BlockInput;
  /** The accumulator. */
  private readonly h: Int32Array;
  /** Limbs 1 to 5 of r times 20, because 2^132 is 20 modulo 2^130 - 5, then limbs 0 to 5 themselves. */
  private readonly r: Int32Array;
  private readonly s: Uint8Array;

  constructor() {
    this.h = new Int32Array(6);
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
      r[5 + i] = limbOf(key, 0, i);
      if (i > 0) r[i - 1] = 20 * r[5 + i];
    }
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
    writeLimbs(h, tag, 16, true);
    for (let i = 0; i < 16; i++) {
      sum += tag[i] + this.s[i];
      tag[i] = sum;
      sum >>= 8;
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
    for (; blocks > 0; blocks--) {
      const h0 = h[0] + limbOf(b, at, 0);
      const h1 = h[1] + limbOf(b, at, 1);
      const h2 = h[2] + limbOf(b, at, 2);
      const h3 = h[3] + limbOf(b, at, 3);
      const h4 = h[4] + limbOf(b, at, 4);
      const h5 = h[5] + limbOf(b, at, 5) + (1 << 18);
      at += 16;
      let carry = 0;
      for (let i = 0; i < 6; i++) {
        const t = carry + h0 * r[i + 5] + h1 * r[i + 4] + h2 * r[i + 3] + h3 * r[i + 2] + h4 * r[i + 1] + h5 * r[i];
        h[i] = t & LIMB_MASK;
        carry = (t / LIMB) | 0;
      }
      carry = h[0] + 20 * carry;
      h[0] = carry & LIMB_MASK;
      h[1] += carry >> 22;
    }
  }
}

/** Limb `i` of the 16 bytes at `at`; the last one has 18 bits. */
function limbOf(bytes: Uint8Array, at: number, i: number): number {
  const from = i < 5 ? (22 * i) >> 3 : 12;
  return (loadWordReversed(bytes, at + from) >>> (22 * i - 8 * from)) & LIMB_MASK;
}
