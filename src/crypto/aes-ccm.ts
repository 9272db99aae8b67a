/**
 * AES-128-CCM, RFC 3610 with M = 16 and L = 3: nonces of 12 bytes, tags of 16 (RFC 6655 §3, RFC 8446 §5.2).
 * Messages are shorter than 2^24 bytes and additional data shorter than 65280, as all in TLS is.
 * Memory a key: 272 bytes in seven arrays, and AES's tables (aes.ts).
 */
import { createAes } from './aes.js';
import { AesCtr, type BlockCipher, type CreateCipher } from './aes-ctr.js';
import { BlockInput } from './block-input.js';
import type { Keystream } from './keystream.js';
import { type StreamAeadParts, streamAead } from './stream-aead.js';
import { storeWord, xorBlock } from './words.js';

class Ccm implements StreamAeadParts {
  readonly keystream: Keystream;
  readonly input: BlockInput;
  private readonly ctr: AesCtr;
  /** The CBC-MAC so far, RFC 3610 §2.2. */
  readonly state: Uint8Array;

  constructor(aes: BlockCipher) {
    const ctr = new AesCtr(aes);
    const state = new Uint8Array(16);
    this.ctr = ctr;
    this.state = state;
    this.keystream = ctr.keystream;
    this.input = new BlockInput(16, (bytes, offset, blocks) => {
      for (; blocks > 0; blocks--) {
        xorBlock(state, bytes, offset);
        ctr.aes.encrypt(state, state);
        offset += 16;
      }
    });
  }

  start(nonce: Uint8Array, aad: Uint8Array, aadLength: number, length: number): void {
    const ctr = this.ctr;
    const counter = ctr.counter;
    const state = this.state;
    const input = this.input;
    // B_0: flags (Adata, (M - 2) / 2, L - 1), the nonce, the length in L bytes.
    storeWord(state, 12, length);
    state[0] = (aadLength > 0 ? 0x40 : 0) | (7 << 3) | 2;
    counter[0] = 2;
    for (let i = 0; i < 12; i++) {
      state[i + 1] = nonce[i];
      counter[i + 1] = nonce[i];
    }
    ctr.aes.encrypt(state, state);
    for (let i = 13; i < 16; i++) counter[i] = 0;
    ctr.start();
    input.used = 0;
    if (aadLength > 0) {
      // The additional data's length in two bytes goes before it, RFC 3610 §2.2.
      input.buffer[0] = aadLength >> 8;
      input.buffer[1] = aadLength;
      input.used = 2;
      input.update(aad, 0, aadLength);
      input.pad();
    }
  }

  skip(): void {}

  finish(tag: Uint8Array): void {
    this.input.pad();
    tag.set(this.state);
    xorBlock(tag, this.ctr.mask, 0);
  }

  wipe(): void {
    this.ctr.wipe();
    this.state.fill(0);
    this.input.wipe();
  }
}

export const aesCcm = (createCipher: CreateCipher) =>
  streamAead('aes-128-ccm', 16, true, key => new Ccm(createCipher(key)));

export const aes128Ccm = aesCcm(createAes);
