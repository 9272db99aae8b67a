/**
 * What SHA-256, SHA-384 and SHA-512 share (FIPS 180-4): padding, running state, output, and the round constants, of
 * which SHA-256's are the upper halves of SHA-512's.
 *
 * Memory of a running hash: its state (32 or 64 bytes) and a block (64 or 128). `digest` pads and finishes a copy in
 * memory that all hashes share, so it allocates nothing and the hash runs on.
 */
import { BlockInput } from './block-input.js';
import { Hmac } from './hmac.js';
import type { Hash, HashAlgorithm, HashName } from './provider.js';
import { storeWord, wordsOf } from './words.js';

export type Compress = (state: Int32Array, bytes: Uint8Array, offset: number, blocks: number) => void;

export function sha2(
  name: HashName,
  digestLength: number,
  blockLength: number,
  initial: Int32Array,
  compress: Compress,
): HashAlgorithm {
  const create = (): Hash => new Sha2(digestLength, blockLength, initial, compress);
  return {
    name,
    digestLength,
    create,
    createHmac: key => new Hmac(create, digestLength, blockLength, key),
  };
}

class Sha2 implements Hash {
  private readonly digestLength: number;
  private readonly state: Int32Array;
  private readonly input: BlockInput;
  private readonly compress: Compress;
  /** Bytes so far. */
  private length: number;

  constructor(digestLength: number, blockLength: number, initial: Int32Array, compress: Compress) {
    const state = new Int32Array(initial.length);
    state.set(initial);
    this.digestLength = digestLength;
    this.state = state;
    this.compress = compress;
    this.input = new BlockInput(blockLength, (bytes, offset, blocks) => compress(state, bytes, offset, blocks));
    this.length = 0;
  }

  update(bytes: Uint8Array, offset: number, length: number): void {
    this.length += length;
    this.input.update(bytes, offset, length);
  }

  digest(into: Uint8Array, offset: number): void {
    const buffer = this.input.buffer;
    const used = this.input.used;
    const blockLength = buffer.length;
    lastState.set(this.state);
    lastBlock.set(buffer);
    lastBlock[used] = 128;
    for (let i = used + 1; i < blockLength; i++) lastBlock[i] = 0;
    // The length in bits takes 8 of 64 bytes, or 16 of 128.
    if (used >= blockLength - (blockLength >> 3)) {
      this.compress(lastState, lastBlock, 0, 1);
      lastBlock.fill(0);
    }
    storeWord(lastBlock, blockLength - 8, (this.length / 536870912) | 0);
    storeWord(lastBlock, blockLength - 4, this.length << 3);
    this.compress(lastState, lastBlock, 0, 1);
    for (let i = 0; i < this.digestLength; i += 4) storeWord(into, offset + i, lastState[i >> 2]);
    lastState.fill(0);
    lastBlock.fill(0);
  }
}

const lastState = new Int32Array(16);
const lastBlock = new Uint8Array(128);

/** K of FIPS 180-4 §4.2.2 (the first 64) and the upper halves of §4.2.3 (all 80): fractions of the primes' cube roots. */
export const ROUND_CONSTANTS = wordsOf(
  '428a2f9871374491b5c0fbcfe9b5dba53956c25b59f111f1923f82a4ab1c5ed5d807aa9812835b01243185be550c7dc3' +
    '72be5d7480deb1fe9bdc06a7c19bf174e49b69c1efbe47860fc19dc6240ca1cc2de92c6f4a7484aa5cb0a9dc76f988da' +
    '983e5152a831c66db00327c8bf597fc7c6e00bf3d5a7914706ca63511429296727b70a852e1b21384d2c6dfc53380d13' +
    '650a7354766a0abb81c2c92e92722c85a2bfe8a1a81a664bc24b8b70c76c51a3d192e819d6990624f40e3585106aa070' +
    '19a4c1161e376c082748774c34b0bcb5391c0cb34ed8aa4a5b9cca4f682e6ff3748f82ee78a5636f84c878148cc70208' +
    '90befffaa4506cebbef9a3f7c67178f2ca273eced186b8c7eada7dd6f57d4f7f06f067aa0a637dc5113f98041b710b35' +
    '28db77f532caab7b3c9ebe0a431d67c44cc5d4be597f299c5fcb6fab6c44198c',
);
