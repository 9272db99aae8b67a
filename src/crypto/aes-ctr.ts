/**
 * AES in counter mode as GCM and CCM use it (NIST SP 800-38D §6.5, RFC 3610 §2.3): the counter's first block masks the
 * tag, the following ones the message. Memory: three blocks of 16 bytes and the AES key.
 */
import { Keystream } from './keystream.js';

/** AES under one key: `Aes` of aes.ts, or an engine's own. */
export interface BlockCipher {
  /** Encrypts the 16 bytes of `from` into `into`, which may be the same. */
  encrypt(from: Uint8Array, into: Uint8Array): void;
  wipe(): void;
}

/** Copies `key`. */
export type CreateCipher = (key: Uint8Array) => BlockCipher;

export class AesCtr {
  readonly aes: BlockCipher;
  /** The caller writes the first counter block here before `start`. */
  readonly counter: Uint8Array;
  /** The keystream of the first counter block. */
  readonly mask: Uint8Array;
  readonly keystream: Keystream;

  constructor(aes: BlockCipher) {
    this.aes = aes;
    this.counter = new Uint8Array(16);
    this.mask = new Uint8Array(16);
    this.keystream = new Keystream(16, () => this.next());
  }

  start(): void {
    this.aes.encrypt(this.counter, this.mask);
    this.keystream.restart();
  }

  wipe(): void {
    this.aes.wipe();
    this.counter.fill(0);
    this.mask.fill(0);
    this.keystream.wipe();
  }

  /** GCM counts in the last 32 bits, CCM in the last 24, which no message that keeps to its length limit overflows. */
  private next(): void {
    const counter = this.counter;
    let i = 16;
    do {
      i--;
      counter[i]++;
    } while (counter[i] === 0 && i > 12);
    this.aes.encrypt(counter, this.keystream.block);
  }
}
