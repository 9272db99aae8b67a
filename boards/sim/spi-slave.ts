/**
 * The chip's SPI side, W5500 §2: a frame is two address bytes, a control byte and data, the address counting up inside
 * its block. Writes take effect as each byte is clocked and reads are sampled then. Fixed-length modes end by themselves.
 */
import type { ChipOptions } from './context.js';

export interface Frame {
  /** BSB, 0..31. */
  block: number;
  address: number;
  write: boolean;
  /** The data bytes; a copy. */
  data: Uint8Array;
}

export interface FrameTarget {
  readByte(block: number, address: number): number;
  writeByte(block: number, address: number, value: number): void;
  violate(rule: string, context: string): void;
}

const FIXED_LENGTHS = [Number.POSITIVE_INFINITY, 1, 2, 4];

export class SpiSlave {
  readonly stats = { frames: 0, reads: 0, writes: 0, bytes: 0, bytesRead: 0, bytesWritten: 0 };
  /** Told of every frame with data once it is complete; without one no copy is made. */
  onFrame: ((frame: Frame) => void) | undefined;
  private selected = false;
  private position = 0;
  private address = 0;
  private control = 0;
  private remaining = 0;
  private start = 0;
  private data: number[] = [];

  constructor(
    private readonly target: FrameTarget,
    private readonly options: ChipOptions,
  ) {}

  select(): void {
    if (this.selected) this.target.violate('chip select fell twice', '');
    this.selected = true;
    this.position = 0;
  }

  deselect(): void {
    if (this.selected) this.finish();
    this.selected = false;
  }

  transfer(mosi: number): number {
    if (!this.selected) {
      this.target.violate('SPI clock while chip select is high', `byte 0x${mosi.toString(16)}`);
      return this.options.misoIdle;
    }
    this.stats.bytes++;
    if (this.position < 3) return this.header(mosi);
    const value = this.dataByte(mosi);
    if (--this.remaining === 0) {
      this.finish();
      this.position = 0;
    }
    return value;
  }

  private header(mosi: number): number {
    if (this.position === 0) this.address = mosi << 8;
    else if (this.position === 1) this.address |= mosi;
    else this.begin(mosi);
    return this.options.misoHeader[this.position++]!;
  }

  private begin(control: number): void {
    this.control = control;
    this.start = this.address;
    this.remaining = FIXED_LENGTHS[control & 3]!;
    this.data = [];
    this.stats.frames++;
    if ((control & 4) === 0) this.stats.reads++;
    else this.stats.writes++;
    const block = control >> 3;
    if (block !== 0 && (block & 3) === 0) this.target.violate('reserved block selected', `BSB ${block}`);
  }

  private dataByte(mosi: number): number {
    const block = this.control >> 3;
    const address = this.address;
    this.address = (address + 1) & 0xffff;
    let value = 0x00;
    if ((this.control & 4) === 0) {
      value = this.target.readByte(block, address);
      this.stats.bytesRead++;
    } else {
      this.target.writeByte(block, address, mosi);
      this.stats.bytesWritten++;
    }
    if (this.onFrame !== undefined) this.data.push((this.control & 4) === 0 ? value : mosi);
    return value;
  }

  private finish(): void {
    if (this.position < 3 || this.onFrame === undefined || this.data.length === 0) return;
    this.onFrame({
      block: this.control >> 3,
      address: this.start,
      write: (this.control & 4) !== 0,
      data: Uint8Array.from(this.data),
    });
    this.data = [];
  }
}
