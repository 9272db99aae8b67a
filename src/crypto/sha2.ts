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

/** K of FIPS 180-4 §4.2.2 (the first 64) and the upper halves of §4.2.3 (all 80). A test computes them from the primes. */
export const ROUND_CONSTANTS = wordsOf(
  '=HkMgLHwAQbKBbjs1d@I:LM)+Du11vW(DWv^|WOymLcMK-xhIo3]i)lCDMBuLr`o+QKYY8Z/u;Nf;7{AqP@s)u,TBO--Mn]3YnIq6h;n0?' +
    'w*gkEk8:fN<=zQXw2HM^,sB6`XO?veRO.3gv,=yl`lV)*7SMX.PiQK4hzNA6mWyu@lA6aBgN;)HPCR_N,xHyQcvTdW-g24\\B3vj^*I?GfM' +
    'vm2h0)]QkFCd9lzXemvMCh;-?Pr^0<W/h1dPtG4]6N[8wM_*:F6P=AD|YDEMgp:IQ2<wMOB,HNiuunRaQIWU<r|1VTAir\\lrtueH;W|gj=' +
    '>vhz[I|kE*7VsPwbBvtR]j*;X@1+DlT.-V9^j0ma=J536{D8CX`L;Q.>v=XRn_@aETxDhxsqFk(HnJkd6)',
);
