/**
 * Between the RP2040 and its flash chip: the SSI block (RP2040 datasheet §4.10) as far as the boot ROM and the SDK use it to
 * send commands, and the override of the chip select in IO_QSPI (§2.19.6.2). rp2040js maps the flash for reading, but answers
 * every command as done; here they reach a flash model. Only one-bit transfers are modelled; they take no time.
 */
import { BasePeripheral, type RP2040 } from 'rp2040js';
import type { NorFlash } from './nor-flash.js';

export const SSI_BASE = 0x18000;
export const IO_QSPI_BASE = 0x40018;
/** The cache's control: flushing it has no effect on what is not there. */
export const XIP_CONTROL_BASE = 0x14000;

const enum Ssi {
  CTRLR0 = 0x00,
  SSIENR = 0x08,
  TXFLR = 0x20,
  RXFLR = 0x24,
  SR = 0x28,
  IDR = 0x58,
  VERSION = 0x5c,
  DR0 = 0x60,
}
const TRANSMIT_NOT_FULL = 0x02;
const TRANSMIT_EMPTY = 0x04;
const RECEIVE_NOT_EMPTY = 0x08;
const RECEIVE_FULL = 0x10;
const FIFO_WORDS = 16;
const IDENTIFICATION = 0x51535049;
const VERSION = 0x3430312a;
/** CTRLR0.SPI_FRF: one bit at a time. */
const ONE_BIT = 0;

/** Registers that only remember what was written. */
export class Registers extends BasePeripheral {
  private readonly values = new Map<number, number>();

  override readUint32(offset: number): number {
    return this.values.get(offset) ?? 0;
  }

  override writeUint32(offset: number, value: number): void {
    this.values.set(offset, value);
  }
}

/** IO_QSPI: of its six pins only chip select means something, GPIO_QSPI_SS_CTRL.OUTOVER. */
export class QspiPins extends Registers {
  /** 0 the SSI drives it, 1 inverted, 2 low, 3 high. */
  get chipSelectOverride(): number {
    return (this.readUint32(0x0c) >> 8) & 3;
  }

  override writeUint32(offset: number, value: number): void {
    super.writeUint32(offset, value);
    if (offset === 0x0c) this.onChipSelect?.(this.chipSelectOverride);
  }

  onChipSelect: ((override: number) => void) | undefined;
}

export class FlashSsi extends Registers {
  private received: number[] = [];

  constructor(
    rp2040: RP2040,
    private readonly flash: NorFlash,
    private readonly pins: QspiPins,
  ) {
    super(rp2040, 'SSI');
    pins.onChipSelect = override => flash.select(override === 2);
  }

  override readUint32(offset: number): number {
    switch (offset) {
      case Ssi.TXFLR:
        return 0;
      case Ssi.RXFLR:
        return this.received.length;
      case Ssi.SR:
        return this.status();
      case Ssi.IDR:
        return IDENTIFICATION;
      case Ssi.VERSION:
        return VERSION;
      case Ssi.DR0:
        return this.received.shift() ?? 0;
      default:
        return super.readUint32(offset);
    }
  }

  override writeUint32(offset: number, value: number): void {
    if (offset === Ssi.DR0) this.transmit(value);
    else super.writeUint32(offset, value);
    // Disabling empties the FIFOs.
    if (offset === Ssi.SSIENR && (value & 1) === 0) this.received = [];
  }

  private status(): number {
    const length = this.received.length;
    const receive = (length > 0 ? RECEIVE_NOT_EMPTY : 0) | (length >= FIFO_WORDS ? RECEIVE_FULL : 0);
    return TRANSMIT_NOT_FULL | TRANSMIT_EMPTY | receive;
  }

  private transmit(value: number): void {
    const bits = (super.readUint32(Ssi.CTRLR0) >> 21) & 3;
    if (bits !== ONE_BIT) return;
    if (this.pins.chipSelectOverride === 0) {
      // The SSI holds chip select while its FIFO has something to send: boot code writes a whole command, then reads.
      if (this.received.length === 0) this.flash.select(false);
      this.flash.select(true);
    }
    const miso = this.flash.transfer(value & 0xff);
    if (this.received.length < FIFO_WORDS) this.received.push(miso);
  }
}
