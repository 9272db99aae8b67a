/** The common register block, W5500 §4.1, as its bytes are clocked, and what the rest of the chip derives from it. */
import { dotted } from './addresses.js';
import type { ChipOptions, NetworkSettings } from './context.js';
import type { Faults } from './faults.js';
import type { Phy } from './phy.js';
import { byAddress, Common, commonRegisters, resetBytes } from './registers.js';

const BLOCK_LENGTH = 0x40;
const registerAt = byAddress(commonRegisters, BLOCK_LENGTH);
const MR_RST = 0x80;
const VERSION = 0x04;

/** Bits of IR. */
export const CommonEvent = { CONFLICT: 0x80, UNREACH: 0x40, PPPOE: 0x20, MP: 0x10 } as const;

/** What the block needs of the chip around it. */
export interface CommonContext {
  readonly options: ChipOptions;
  readonly faults: Faults;
  readonly phy: Phy;
  /** SIR: a bit for each socket with an event. */
  socketEvents(): number;
  softReset(): void;
  violate(rule: string, context: string): void;
  interruptsChanged(): void;
}

export class CommonRegisters {
  private readonly bytes = resetBytes(commonRegisters, BLOCK_LENGTH);
  private events = 0;
  private resetReadsLeft = 0;

  constructor(private readonly chip: CommonContext) {}

  reset(): void {
    this.bytes.set(resetBytes(commonRegisters, BLOCK_LENGTH));
    this.events = 0;
    this.resetReadsLeft = 0;
  }

  /** True if INTn ought to be low. */
  get interrupting(): boolean {
    const sockets = this.chip.socketEvents() & this.bytes[Common.SIMR]!;
    return sockets !== 0 || (this.events & this.bytes[Common.IMR]!) !== 0;
  }

  get interruptLevel(): number {
    return this.word(Common.INTLEVEL);
  }

  raise(event: number): void {
    this.events |= event;
    this.chip.interruptsChanged();
  }

  setUnreachable(address: Uint8Array, port: number): void {
    this.bytes.set(address, Common.UIPR);
    this.bytes.set([port >> 8, port & 0xff], Common.UPORTR);
  }

  read(address: number): number {
    switch (address) {
      case Common.MR:
        if (this.resetReadsLeft === 0) return this.bytes[Common.MR]!;
        this.resetReadsLeft--;
        return MR_RST;
      case Common.IR:
        return this.events;
      case Common.SIR:
        return this.chip.socketEvents();
      case Common.PHYCFGR:
        return this.chip.phy.read();
      case Common.VERSIONR:
        if (this.chip.faults.versionWrongReads === 0) return VERSION;
        this.chip.faults.versionWrongReads--;
        return this.chip.faults.versionWrong;
      default:
        return registerAt[address] === undefined ? 0 : this.bytes[address]!;
    }
  }

  write(address: number, value: number): void {
    const entry = registerAt[address];
    // SIR is documented as R/W, but only Sn_IR clears it.
    if (address === Common.SIR) return;
    if (entry === undefined || entry.access === 'RO') {
      const where = entry?.name ?? '0x' + address.toString(16);
      this.chip.violate(`write to read-only or reserved ${where}`, `value 0x${value.toString(16)}`);
      return;
    }
    if (address === Common.MR && (value & MR_RST) !== 0) {
      this.chip.softReset();
      this.resetReadsLeft = this.chip.options.resetReads;
    } else if (address === Common.IR) this.events &= ~value;
    else if (address === Common.PHYCFGR) this.chip.phy.write(value);
    else this.bytes[address] = value;
    this.chip.interruptsChanged();
  }

  settings(): NetworkSettings {
    return {
      address: dotted(this.bytes, Common.SIPR),
      mask: dotted(this.bytes, Common.SUBR),
      gateway: dotted(this.bytes, Common.GAR),
      mac: Buffer.from(this.bytes.subarray(Common.SHAR, Common.SHAR + 6)).toString('hex'),
    };
  }

  arpTimeout(): number {
    return (this.word(Common.RTR) * (this.bytes[Common.RCR]! + 1)) / 10;
  }

  /** Every wait doubles, unless the next one would exceed 16 bits. */
  tcpTimeout(): number {
    let wait = this.word(Common.RTR);
    let total = 0;
    for (let i = 0; i <= this.bytes[Common.RCR]!; i++) {
      total += wait;
      if (wait * 2 <= 0xffff) wait *= 2;
    }
    return total / 10;
  }

  private word(address: number): number {
    return (this.bytes[address]! << 8) | this.bytes[address + 1]!;
  }
}
