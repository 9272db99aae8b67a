/**
 * A socket's register block as its bytes are clocked, W5500 §4.2: every byte written takes effect at once, every byte
 * read is sampled at that moment. Pointers run freely modulo 65536; Sn_TX_FSR and Sn_RX_RSR are computed, never clamped.
 */
import { isLegalSize } from './buffer-ram.js';
import type { ChipContext } from './context.js';
import { byAddress, Event, nameOf, type Register, resetBytes, Sn, State, socketRegisters } from './registers.js';

const BLOCK_LENGTH = 0x30;
const registerAt: (Register | undefined)[] = byAddress(socketRegisters, BLOCK_LENGTH);

export class SocketRegisters {
  /** The stored registers; the computed ones among them are not used. */
  readonly bytes = resetBytes(socketRegisters, BLOCK_LENGTH);
  state: number = State.CLOSED;
  /** The state that the driver has last been shown: what it may be blamed for. */
  stateSeen: number = State.CLOSED;
  events = 0;
  /** Next byte to transmit. */
  txRead = 0;
  /** Oldest byte that still occupies TX memory: TCP keeps bytes until the peer has acknowledged them. */
  txAcked = 0;
  /** Sn_RX_RD as the last RECV has latched it. */
  rxRead = 0;
  rxWrite = 0;

  constructor(
    readonly index: number,
    protected readonly chip: ChipContext,
  ) {}

  reset(): void {
    this.bytes.set(resetBytes(socketRegisters, BLOCK_LENGTH));
    this.state = State.CLOSED;
    this.stateSeen = State.CLOSED;
    this.events = 0;
    this.setPointers(0, 0);
  }

  /** Both directions' pointers, as OPEN initialises them. */
  setPointers(tx: number, rx: number): void {
    this.setTxPointers(tx);
    this.rxRead = this.rxWrite = rx;
    this.setWord(Sn.RX_RD, rx);
  }

  setTxPointers(tx: number): void {
    this.txRead = this.txAcked = tx;
    this.setWord(Sn.TX_WR, tx);
  }

  word(address: number): number {
    return (this.bytes[address]! << 8) | this.bytes[address + 1]!;
  }

  get txWrite(): number {
    return this.word(Sn.TX_WR);
  }

  get txFree(): number {
    return (this.chip.txRam.size(this.index) - (this.txWrite - this.txAcked)) & 0xffff;
  }

  get received(): number {
    return (this.rxWrite - this.rxRead) & 0xffff;
  }

  get rxFree(): number {
    return Math.max(0, this.chip.rxRam.size(this.index) - this.received);
  }

  /** Records an event; a bit that Sn_IMR masks is not recorded at all. */
  raise(event: number): void {
    this.events |= event & this.bytes[Sn.IMR]!;
    this.chip.interruptsChanged();
  }

  /** Appends received bytes to the ring, wherever the pointer stands. */
  ringPut(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      this.chip.rxRam.write(this.index, this.rxWrite + i, bytes[i]!);
    }
    this.rxWrite = (this.rxWrite + bytes.length) & 0xffff;
  }

  /** A copy of `length` bytes of TX memory from the free-running offset `from`. */
  ringGet(from: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.chip.txRam.read(this.index, from + i);
    return bytes;
  }

  readByte(address: number): number {
    switch (address) {
      case Sn.IR:
        return this.events;
      case Sn.SR:
        this.stateSeen = this.state;
        return this.state;
      case Sn.TX_FSR:
        return this.txFree >> 8;
      case Sn.TX_FSR + 1:
        return this.txFree & 0xff;
      case Sn.TX_RD:
        return this.txRead >> 8;
      case Sn.TX_RD + 1:
        return this.txRead & 0xff;
      case Sn.RX_RSR:
        return this.received >> 8;
      case Sn.RX_RSR + 1:
        return this.received & 0xff;
      case Sn.RX_WR:
        return this.rxWrite >> 8;
      case Sn.RX_WR + 1:
        return this.rxWrite & 0xff;
      default:
        return registerAt[address] === undefined ? 0 : this.bytes[address]!;
    }
  }

  /** A write to anything but Sn_CR. */
  writeByte(address: number, value: number): void {
    const entry = registerAt[address];
    if (entry === undefined || entry.access === 'RO') {
      const where = entry === undefined ? '0x' + address.toString(16) : entry.name;
      this.violate(`write to read-only or reserved ${where}`, `value 0x${value.toString(16)}`);
      return;
    }
    if (address === Sn.IR) {
      this.events &= ~value;
      this.chip.interruptsChanged();
      return;
    }
    this.bytes[address] = value;
    if (address === Sn.RXBUF_SIZE || address === Sn.TXBUF_SIZE) this.sizeWritten(entry.name, value);
    if (address === Sn.IMR && (value & 0x1f) !== 0x1f) {
      const lost = Object.keys(Event).filter(name => (value & Event[name as keyof typeof Event]) === 0);
      this.violate('Sn_IMR stops events from being recorded', lost.join(' '));
    }
  }

  violate(rule: string, context: string): void {
    this.chip.violate(
      rule,
      `socket ${this.index}, ${nameOf(State, this.state)}${context === '' ? '' : ', ' + context}`,
    );
  }

  private sizeWritten(name: string, value: number): void {
    if (!isLegalSize(value)) this.violate(`illegal ${name}`, `value ${value}`);
    if (this.state !== State.CLOSED) this.violate(`${name} written while the socket is open`, `value ${value}`);
    this.chip.sizesChanged();
  }

  protected setWord(address: number, value: number): void {
    this.bytes[address] = value >> 8;
    this.bytes[address + 1] = value & 0xff;
  }
}
