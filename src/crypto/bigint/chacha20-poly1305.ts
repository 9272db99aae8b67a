/** AEAD_CHACHA20_POLY1305, RFC 8439 §2.8. Memory a key: 700 bytes. */
import type { MakeBuffer } from '../../bytes/make-buffer.js';
import { BlockInput } from '../block-input.js';
import type { AeadAlgorithm } from '../provider.js';
import { type StreamAeadParts, streamAead } from '../stream-aead.js';
import { ChaCha20 } from './chacha20.js';
import { big, ONE, readInteger, writeInteger, ZERO } from './integers.js';

const LANE = big(64);
const BITS = big(130);
const MASK = (ONE << BITS) - ONE;
const FIVE = big(5);
const BLOCK_END = ONE << big(128);
/** Poly1305's prime, 2^130 - 5, RFC 8439 §2.5. */
const PRIME = MASK - big(4);

class ChaCha20Poly1305 implements StreamAeadParts {
  readonly keystream: ChaCha20;
  readonly input: BlockInput;
  /** r, s and the accumulator of RFC 8439 §2.5.1. */
  private r: bigint;
  private s: bigint;
  private sum: bigint;
  /** The lengths of additional data and message in bytes, 64 bits each, little-endian. */
  private readonly lengths: Uint8Array;

  constructor(key: Uint8Array, makeBuffer: MakeBuffer) {
    this.keystream = new ChaCha20(key, makeBuffer);
    this.input = new BlockInput(16, (bytes, offset, blocks) => this.absorb(bytes, offset, blocks));
    this.lengths = new Uint8Array(16);
    this.r = this.s = this.sum = ZERO;
  }

  get state(): Uint8Array {
    const bytes = new Uint8Array(16);
    writeInteger(this.sum, bytes, 0, 16, true);
    return bytes;
  }

  start(nonce: Uint8Array, aad: Uint8Array, aadLength: number, length: number): void {
    this.keystream.start(nonce);
    const key = this.keystream.chunk;
    for (let i = 3; i < 16; i += 4) {
      key[i] &= 15;
      if (i < 15) key[i + 1] &= 252;
    }
    this.r = readInteger(key, 0, 16, true);
    this.s = readInteger(key, 16, 16, true);
    this.sum = ZERO;
    this.input.used = 0;
    this.input.update(aad, 0, aadLength);
    this.input.pad();
    for (let i = 0; i < 4; i++) {
      this.lengths[i] = aadLength >>> (8 * i);
      this.lengths[8 + i] = length >>> (8 * i);
    }
  }

  skip(length: number): void {
    this.keystream.skip(length);
  }

  finish(tag: Uint8Array): void {
    this.input.pad();
    this.input.update(this.lengths, 0, 16);
    const sum = (this.sum & MASK) + FIVE * (this.sum >> BITS);
    writeInteger(sum - PRIME * big(sum >= PRIME) + this.s, tag, 0, 16, true);
  }

  wipe(): void {
    this.keystream.wipe();
    this.input.wipe();
    this.r = this.s = this.sum = ZERO;
  }

  private absorb(bytes: Uint8Array, offset: number, blocks: number): void {
    const view = new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset);
    const r = this.r;
    const lane = LANE;
    let sum = this.sum;
    for (; blocks > 0; blocks--) {
      sum += view.getBigUint64(offset, true) + (view.getBigUint64(offset + 8, true) << lane) + BLOCK_END;
      sum *= r;
      sum = (sum & MASK) + FIVE * (sum >> BITS);
      offset += 16;
    }
    this.sum = sum;
  }
}

/** With keystreams, 512 bytes each, that `makeBuffer` makes. */
export const chacha20Poly1305Of = (makeBuffer: MakeBuffer): AeadAlgorithm =>
  streamAead('chacha20-poly1305', 32, false, key => new ChaCha20Poly1305(key, makeBuffer));

export const chacha20Poly1305 = chacha20Poly1305Of(length => new Uint8Array(length));
