/**
 * SPI frames of the W5500 (W5500 §2.2): 16-bit address, control byte, data; variable length mode, so chip select ends
 * the frame and the address counts up inside the block. Every frame of the driver goes through here and is counted:
 * from JavaScript a frame costs far more than its bytes. Memory: the header and two data bytes, allocated once.
 */
import type { SpiPort } from '../platform.js';
import { Block } from './registers.js';

/** Addresses and values are taken modulo 65536. */
export interface SpiFrames {
  /** Frames since the start. */
  frames: number;
  /** Reads `length` bytes (1 or more) from `address` in `block`. */
  read(block: number, address: number, into: Uint8Array, offset: number, length: number): void;
  write(block: number, address: number, data: Uint8Array, offset: number, length: number): void;
  read8(block: number, address: number): number;
  write8(block: number, address: number, value: number): void;
  /** Two registers, or one of 16 bits, in one frame. */
  write16(block: number, address: number, value: number): void;
}

export function spiFrames(port: SpiPort): SpiFrames {
  const header = new Uint8Array(3);
  const data = new Uint8Array(2);

  const head = (block: number, address: number): Uint8Array => {
    // One by one: `set` with a list is slower on the engines, and leaves garbage.
    header[0] = address >> 8;
    header[1] = address;
    header[2] = block;
    spi.frames++;
    return header;
  };

  const spi: SpiFrames = {
    frames: 0,
    read(block, address, into, offset, length) {
      port.read(head(block, address), into, offset, length);
    },
    write(block, address, bytes, offset, length) {
      port.write(head(block | Block.WRITE, address), bytes, offset, length);
    },
    read8(block, address) {
      spi.read(block, address, data, 0, 1);
      return data[0];
    },
    write8(block, address, value) {
      data[0] = value;
      spi.write(block, address, data, 0, 1);
    },
    write16(block, address, value) {
      data[0] = value >> 8;
      data[1] = value;
      spi.write(block, address, data, 0, 2);
    },
  };
  return spi;
}
