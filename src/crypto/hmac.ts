/**
 * HMAC, RFC 2104, over any hash whose `digest` leaves it running. Memory: the inner hash and one block of key; `digest`
 * makes an outer hash each time, because a Hash cannot go back to its state after the key.
 */
import type { Hash } from './provider.js';

export class Hmac implements Hash {
  private readonly create: () => Hash;
  private readonly digestLength: number;
  private readonly inner: Hash;
  /** The key, filled up with zeros, XORed with opad. */
  private readonly outerKey: Uint8Array;

  constructor(create: () => Hash, digestLength: number, blockLength: number, key: Uint8Array) {
    const block = new Uint8Array(blockLength);
    this.create = create;
    this.digestLength = digestLength;
    this.inner = create();
    this.outerKey = block;
    if (key.length > blockLength) {
      const hash = create();
      hash.update(key, 0, key.length);
      hash.digest(block, 0);
    } else block.set(key);
    for (let i = 0; i < blockLength; i++) block[i] ^= 0x36;
    this.inner.update(block, 0, blockLength);
    for (let i = 0; i < blockLength; i++) block[i] ^= 0x36 ^ 0x5c;
  }

  update(bytes: Uint8Array, offset: number, length: number): void {
    this.inner.update(bytes, offset, length);
  }

  digest(into: Uint8Array, offset: number): void {
    const outer = this.create();
    outer.update(this.outerKey, 0, this.outerKey.length);
    this.inner.digest(into, offset);
    outer.update(into, offset, this.digestLength);
    outer.digest(into, offset);
  }
}
