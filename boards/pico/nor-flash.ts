/**
 * The Pico's flash chip, a W25Q16JV (2 MB): what its SPI side does with one-bit commands. Erasing makes ones, programming
 * makes zeros, both take the datasheet's typical times and report busy meanwhile (W25Q16JV §8, §9.6).
 */
const PAGE = 256;
const BUSY = 0x01;
const WRITE_ENABLED = 0x02;
/** Quad enable, which is set for good in the -IQ parts. */
const STATUS_2 = 0x02;
const JEDEC_ID = [0xef, 0x40, 0x15];

const enum Command {
  WRITE_STATUS = 0x01,
  PROGRAM = 0x02,
  READ = 0x03,
  WRITE_DISABLE = 0x04,
  READ_STATUS = 0x05,
  WRITE_ENABLE = 0x06,
  FAST_READ = 0x0b,
  ERASE_SECTOR = 0x20,
  READ_STATUS_2 = 0x35,
  READ_ID = 0x4b,
  ERASE_32K = 0x52,
  JEDEC = 0x9f,
  ERASE_CHIP = 0xc7,
  ERASE_64K = 0xd8,
}

const ERASES: Partial<Record<number, { bytes: number; ms: number }>> = {
  [Command.ERASE_SECTOR]: { bytes: 4096, ms: 45 },
  [Command.ERASE_32K]: { bytes: 32768, ms: 120 },
  [Command.ERASE_64K]: { bytes: 65536, ms: 150 },
};
const PROGRAM_MS = 0.4;
const ERASE_CHIP_MS = 5000;

export class NorFlash {
  readonly stats = { erases: 0, programs: 0 };
  private selected = false;
  /** Bytes clocked since chip select fell. */
  private position = 0;
  private command = 0;
  private address = 0;
  private readonly page = new Uint8Array(PAGE);
  private writeEnabled = false;
  private busyUntil = Number.NEGATIVE_INFINITY;

  /** `memory` is what the processor sees through XIP; `now` in ms. */
  constructor(
    private readonly memory: Uint8Array,
    private readonly uniqueId: Uint8Array,
    private readonly now: () => number,
  ) {}

  /** Chip select, active low. Commands that change something do so when it rises. */
  select(low: boolean): void {
    if (low === this.selected) return;
    this.selected = low;
    if (!low) {
      this.finish();
      return;
    }
    this.position = 0;
    this.address = 0;
    this.page.fill(0xff);
  }

  /** Clocks one byte; answers what the chip sent meanwhile. */
  transfer(mosi: number): number {
    if (!this.selected) return 0xff;
    const position = this.position++;
    if (position === 0) {
      this.command = mosi;
      return 0xff;
    }
    const miso = this.answer(position);
    if (position <= 3) this.address = (this.address << 8) | mosi;
    else this.page[(this.address + position - 4) % PAGE] = mosi;
    return miso;
  }

  private answer(position: number): number {
    const status = (this.isBusy() ? BUSY : 0) | (this.writeEnabled ? WRITE_ENABLED : 0);
    if (this.command === Command.READ_STATUS) return status;
    if (this.isBusy()) return 0xff;
    if (this.command === Command.READ_STATUS_2) return STATUS_2;
    if (this.command === Command.JEDEC) return JEDEC_ID[(position - 1) % 3]!;
    if (this.command === Command.READ_ID)
      return position > 4 ? this.uniqueId[(position - 5) % this.uniqueId.length]! : 0xff;
    const header = this.command === Command.READ ? 4 : this.command === Command.FAST_READ ? 5 : undefined;
    if (header === undefined || position < header) return 0xff;
    return this.memory[(this.address + position - header) % this.memory.length]!;
  }

  private isBusy(): boolean {
    return this.now() < this.busyUntil;
  }

  private finish(): void {
    if (this.position === 0 || this.isBusy()) return;
    if (this.command === Command.WRITE_ENABLE) this.writeEnabled = true;
    else if (this.command === Command.WRITE_DISABLE) this.writeEnabled = false;
    if (!this.writeEnabled) return;
    const erase = ERASES[this.command];
    if (this.command === Command.PROGRAM && this.position > 4) this.program();
    else if (erase !== undefined && this.position === 4) this.erase(this.address, erase.bytes, erase.ms);
    else if (this.command === Command.ERASE_CHIP) this.erase(0, this.memory.length, ERASE_CHIP_MS);
    else if (this.command === Command.WRITE_STATUS) this.done(0);
  }

  /** Addresses wrapped inside the page; of more than 256 bytes the last ones stay. */
  private program(): void {
    const address = this.address % this.memory.length;
    const start = address - (address % PAGE);
    for (let i = 0; i < PAGE; i++) this.memory[start + i]! &= this.page[i]!;
    this.stats.programs++;
    this.done(PROGRAM_MS);
  }

  private erase(address: number, bytes: number, ms: number): void {
    const at = address % this.memory.length;
    const start = at - (at % bytes);
    this.memory.fill(0xff, start, start + bytes);
    this.stats.erases++;
    this.done(ms);
  }

  private done(ms: number): void {
    this.writeEnabled = false;
    this.busyUntil = this.now() + ms;
  }
}
