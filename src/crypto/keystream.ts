/**
 * XORs a cipher's keystream onto messages that come in pieces of any length. Memory: one block of keystream, which
 * `refill` writes into `block` when the last one is used up.
 */
export class Keystream {
  readonly block: Uint8Array;
  private used: number;
  private readonly refill: () => void;

  constructor(blockLength: number, refill: () => void) {
    this.block = new Uint8Array(blockLength);
    this.used = blockLength;
    this.refill = refill;
  }

  /** The next byte XORed will be the first of a new block. */
  restart(): void {
    this.used = this.block.length;
  }

  xor(bytes: Uint8Array, offset: number, length: number): void {
    const block = this.block;
    const end = offset + length;
    let used = this.used;
    while (offset < end) {
      if (used === block.length) {
        this.refill();
        used = 0;
      }
      const left = block.length - used;
      const stop = left < end - offset ? offset + left : end;
      for (; offset < stop; offset++) bytes[offset] ^= block[used++];
    }
    this.used = used;
  }

  wipe(): void {
    this.block.fill(0);
    this.restart();
  }
}
