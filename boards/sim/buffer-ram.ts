/**
 * One of the chip's two physical 16 KB memories, W5500 §3.3: carved sequentially from socket 0 to 7 by the
 * Sn_xXBUF_SIZE registers. Any 16-bit offset is masked with the socket's size and added to its base, so a wrong size
 * really reaches into a neighbour's memory.
 */
export const RAM_LENGTH = 16384;

export class BufferRam {
  readonly bytes = new Uint8Array(RAM_LENGTH);
  private sizes = new Uint16Array(8);
  private bases = new Uint16Array(8);

  constructor() {
    this.carve([2, 2, 2, 2, 2, 2, 2, 2]);
  }

  /** `kilobytes` are the eight size registers as they stand. */
  carve(kilobytes: ArrayLike<number>): void {
    let base = 0;
    for (let n = 0; n < 8; n++) {
      this.bases[n] = base & (RAM_LENGTH - 1);
      const size = Math.min(kilobytes[n]!, 16);
      // An illegal size has no documented meaning: the power of two below it keeps the mask a mask.
      this.sizes[n] = size === 0 ? 0 : 1024 << Math.floor(Math.log2(size));
      base += size * 1024;
    }
  }

  size(socket: number): number {
    return this.sizes[socket]!;
  }

  read(socket: number, offset: number): number {
    return this.sizes[socket] === 0 ? 0 : this.bytes[this.place(socket, offset)]!;
  }

  write(socket: number, offset: number, value: number): void {
    if (this.sizes[socket] !== 0) this.bytes[this.place(socket, offset)] = value;
  }

  private place(socket: number, offset: number): number {
    return (this.bases[socket]! + (offset & (this.sizes[socket]! - 1))) & (RAM_LENGTH - 1);
  }
}

/** True for the values that the size registers may take. */
export function isLegalSize(kilobytes: number): boolean {
  return [0, 1, 2, 4, 8, 16].includes(kilobytes);
}
