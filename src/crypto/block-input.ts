/**
 * Cuts input that comes in pieces of any length into blocks, for hashes and MACs. Whole blocks inside a piece are taken
 * where they lie; only what is cut is copied. Memory: one block.
 */
export class BlockInput {
  /** The first `used` bytes are the beginning of a block that is not complete yet. */
  readonly buffer: Uint8Array;
  used: number;
  private readonly absorb: (bytes: Uint8Array, offset: number, blocks: number) => void;

  constructor(blockLength: number, absorb: (bytes: Uint8Array, offset: number, blocks: number) => void) {
    this.buffer = new Uint8Array(blockLength);
    this.used = 0;
    this.absorb = absorb;
  }

  update(bytes: Uint8Array, offset: number, length: number): void {
    const buffer = this.buffer;
    const blockLength = buffer.length;
    const end = offset + length;
    let used = this.used;
    if (used > 0) {
      while (used < blockLength && offset < end) buffer[used++] = bytes[offset++];
      this.used = used;
      if (used < blockLength) return;
      this.absorb(buffer, 0, 1);
      used = 0;
    }
    const blocks = ((end - offset) / blockLength) | 0;
    if (blocks > 0) {
      this.absorb(bytes, offset, blocks);
      offset += blocks * blockLength;
    }
    while (offset < end) buffer[used++] = bytes[offset++];
    this.used = used;
  }

  /** Completes a block that has begun with zeros. */
  pad(): void {
    const used = this.used;
    if (used === 0) return;
    const buffer = this.buffer;
    for (let i = used; i < buffer.length; i++) buffer[i] = 0;
    this.used = 0;
    this.absorb(buffer, 0, 1);
  }

  wipe(): void {
    this.buffer.fill(0);
    this.used = 0;
  }
}
