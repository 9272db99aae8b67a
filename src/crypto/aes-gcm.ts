/**
 * AES-GCM, NIST SP 800-38D, with 12-byte nonces and 16-byte tags (RFC 5116 §5.1, §5.2).
 * Memory a key: 560 bytes (AES-128) or 624 (AES-256) in nine arrays, and AES's tables (aes.ts).
 */
import { createAes } from './aes.js';
import { AesCtr, type BlockCipher, type CreateCipher } from './aes-ctr.js';
import type { BlockInput } from './block-input.js';
import { Ghash } from './ghash.js';
import type { Keystream } from './keystream.js';
import { type StreamAeadParts, streamAead } from './stream-aead.js';
import { loadWord, storeWord, xorBlock } from './words.js';

class Gcm implements StreamAeadParts {
  readonly keystream: Keystream;
  readonly input: BlockInput;
  readonly state: Uint8Array;
  private readonly ctr: AesCtr;
  private readonly ghash: Ghash;
  /** The lengths of additional data and message in bits, 64 bits each. */
  private readonly lengths: Uint8Array;

  constructor(aes: BlockCipher) {
    const ctr = new AesCtr(aes);
    // H is the zero block, encrypted: the counter is still zero.
    ctr.start();
    const ghash = new Ghash(ctr.mask);
    this.ctr = ctr;
    this.ghash = ghash;
    this.keystream = ctr.keystream;
    this.input = ghash.input;
    this.state = ghash.state;
    this.lengths = new Uint8Array(16);
  }

  start(nonce: Uint8Array, aad: Uint8Array, aadLength: number, length: number): void {
    const counter = this.ctr.counter;
    for (let i = 0; i < 12; i++) counter[i] = nonce[i];
    storeWord(counter, 12, 1);
    this.ctr.start();
    this.ghash.start();
    this.input.update(aad, 0, aadLength);
    this.input.pad();
    storeWord(this.lengths, 4, aadLength * 8);
    storeWord(this.lengths, 12, length * 8);
  }

  skip(length: number): void {
    const counter = this.ctr.counter;
    storeWord(counter, 12, loadWord(counter, 12) + length / 16);
  }

  finish(tag: Uint8Array): void {
    this.input.pad();
    this.input.update(this.lengths, 0, 16);
    tag.set(this.ghash.state);
    xorBlock(tag, this.ctr.mask, 0);
  }

  wipe(): void {
    this.ctr.wipe();
    this.ghash.wipe();
  }
}

/** `keyLength` is 16 or 32. */
export const aesGcm = (keyLength: number, createCipher: CreateCipher) =>
  streamAead(keyLength === 16 ? 'aes-128-gcm' : 'aes-256-gcm', keyLength, false, key => new Gcm(createCipher(key)));

export const aes128Gcm = aesGcm(16, createAes);
export const aes256Gcm = aesGcm(32, createAes);
