/**
 * SPI frames of the W5500 (W5500 §2.2): 16-bit address, control byte, data; variable length mode, so chip select ends
 * the frame and the address counts up inside the block. Every frame of the driver goes through here and is counted:
 * from JavaScript a frame costs far more than its bytes. Memory: the header and two data bytes, allocated once.
 */
import type { SpiPort } from '../platform.js';
import { Block } from './registers.js';

export class SpiFrames {
  /** Frames since the start. */
  frames = 0;
  private readonly spi: SpiPort;
  private readonly header = new Uint8Array(3);
  private readonly data = new Uint8Array(2);

  constructor(spi: SpiPort) {
    this.spi = spi;
  }

  /** Reads `length` bytes (1 or more) from `address` in `block`. */
  read(block: number, address: number, into: Uint8Array, offset: number, length: number): void {
    this.spi.read(this.head(block, address), into, offset, length);
  }

  write(block: number, address: number, data: Uint8Array, offset: number, length: number): void {
    this.spi.write(this.head(block | Block.WRITE, address), data, offset, length);
  }

  read8(block: number, address: number): number {
    this.read(block, address, this.data, 0, 1);
    return this.data[0];
  }

  write8(block: number, address: number, value: number): void {
    this.data[0] = value;
    this.write(block, address, this.data, 0, 1);
  }

  /** Two registers, or one of 16 bits, in one frame. */
  write16(block: number, address: number, value: number): void {
    this.data[0] = value >> 8;
    this.data[1] = value;
    this.write(block, address, this.data, 0, 2);
  }

  private head(block: number, address: number): Uint8Array {
    const header = this.header;
    header[0] = address >> 8;
    header[1] = address;
    header[2] = block;
    this.frames++;
    return header;
  }
}
