/**
 * One of the chip's eight sockets as hardware: open, commands, status, buffer memory (W5500 §4.2). What TCP and UDP have in
 * common. Sn_CR is polled by the next status burst, not by frames of its own, unless another command comes first.
 * Memory: a few numbers.
 */
import { ringletError } from '../errors.js';
import type { W5500Chip } from './chip.js';
import { Block, Command, SocketInterrupt, SocketRegister, SocketState } from './registers.js';

/** A status that stays unusable for this long and this many readings, or for `HOPELESS` readings, is ERR_CHIP_STUCK. */
const PATIENCE_MS = 200;
const PATIENCE = 32;
const HOPELESS = 2000;

export class HardwareSocket {
  readonly number: number;
  readonly rxSize: number;
  readonly txSize: number;
  /** Local port. */
  port!: number;
  /** When the last usable status was read. */
  private statusAt = 0;
  /** False once the socket has been given back. */
  held = true;
  private readonly chip: W5500Chip;
  private readonly registers: number;
  private mode!: number;
  /** A command was written and Sn_CR has not been seen at 0 since. */
  private pending = false;
  private failures = 0;
  private failingSince!: number;

  /** Takes a free socket: ERR_NET_NO_SOCKET. `largest`: the one with most memory, otherwise the one with least. */
  constructor(chip: W5500Chip, largest: boolean) {
    this.chip = chip;
    this.number = chip.allocate(largest);
    this.registers = Block.SOCKET + this.number * Block.BLOCK_STRIDE;
    this.rxSize = chip.rxSize[this.number];
    this.txSize = chip.txSize[this.number];
  }

  /** Closes whatever the socket was, and opens it anew; `port` 0 is a random one. Throws ERR_CHIP_STUCK. */
  open(mode: number, state: SocketState, port: number): void {
    const spi = this.chip.spi;
    const registers = this.registers;
    this.port = this.chip.claimPort(this.number, port);
    this.mode = mode;
    this.command(Command.CLOSE);
    this.awaitState(SocketState.SOCK_CLOSED);
    spi.write8(registers, SocketRegister.Sn_IR, SocketInterrupt.ALL);
    spi.write8(registers, SocketRegister.Sn_MR, mode);
    spi.write16(registers, SocketRegister.Sn_PORT, this.port);
    this.command(Command.OPEN);
    this.awaitState(state);
  }

  /** The peer of a CONNECT, or of the next datagram. */
  setDestination(ip: Uint8Array, port: number): void {
    const spi = this.chip.spi;
    spi.write(this.registers, SocketRegister.Sn_DIPR, ip, 0, 4);
    spi.write16(this.registers, SocketRegister.Sn_DPORT, port);
  }

  /** Writes a command and returns; one at a time. */
  command(command: Command): void {
    this.awaitAccepted();
    this.chip.spi.write8(this.registers, SocketRegister.Sn_CR, command);
    this.pending = true;
  }

  /**
   * RECV, and in the same frame Sn_IR.RECV is cleared: what arrives from now on sets it again, and what arrived before
   * is in the status that is read next.
   */
  receive(rxRd: number): void {
    this.chip.spi.write16(this.registers, SocketRegister.Sn_RX_RD, rxRd);
    this.awaitAccepted();
    this.chip.spi.write16(this.registers, SocketRegister.Sn_CR, (Command.RECV << 8) | SocketInterrupt.RECV);
    this.pending = true;
    this.setAttention(true);
  }

  /** Copies bytes into transmit memory and sends them: the pointer is written once, and SEND is issued once. */
  send(txWr: number, bytes: Uint8Array, offset: number, length: number): void {
    const spi = this.chip.spi;
    spi.write(this.registers + (Block.SOCKET_TX - Block.SOCKET), txWr, bytes, offset, length);
    spi.write16(this.registers, SocketRegister.Sn_TX_WR, txWr + length);
    this.command(Command.SEND);
  }

  readReceived(rxRd: number, into: Uint8Array, offset: number, length: number): void {
    this.chip.spi.read(this.registers + (Block.SOCKET_RX - Block.SOCKET), rxRd, into, offset, length);
  }

  clearInterrupts(bits: number): void {
    this.chip.spi.write8(this.registers, SocketRegister.Sn_IR, bits);
  }

  /** True if the chip said that there is news, or if nobody has looked for `interval` ms. */
  due(interval: number): boolean {
    return ((this.chip.attention >> this.number) & 1) !== 0 || this.chip.clock.now() - this.statusAt >= interval;
  }

  /** Says whether the next status burst can wait for Sn_IR to show news. */
  setAttention(news: boolean): void {
    const bit = 1 << this.number;
    this.chip.attention = news ? this.chip.attention | bit : this.chip.attention & ~bit;
  }

  /**
   * Reads `chip.status`. False if it cannot be relied on (a command is still being taken, or numbers do not fit together):
   * ask again later. Throws ERR_CHIP_STUCK when that never ends, ERR_CHIP_RESET or ERR_CHIP_NOT_FOUND.
   */
  refresh(): boolean {
    const chip = this.chip;
    const status = chip.status;
    let foreign = 0;
    for (let i = 0; i < 4; i++) {
      status.read(chip.spi, this.number);
      if (status.mr !== this.mode || status.port !== this.port) foreign++;
      else if (status.cr === 0) {
        this.pending = false;
        if (status.consistent(this.rxSize, this.txSize)) {
          this.statusAt = chip.clock.now();
          return true;
        }
      } else if (this.pending) {
        this.countFailure();
        continue;
      }
      chip.busErrors++;
      this.countFailure();
    }
    if (foreign === 4) throw (chip.fault = chip.lostSettings());
    return false;
  }

  /** CLOSE, which is silent on the wire, and the socket is given back. Never throws. */
  release(): void {
    if (!this.held) return;
    this.held = false;
    try {
      if (!this.chip.fault) {
        this.command(Command.CLOSE);
        this.awaitAccepted();
        this.clearInterrupts(SocketInterrupt.ALL);
      }
    } catch (error) {
      this.chip.fault = error as Error;
    }
    this.chip.release(this.number);
  }

  private awaitAccepted(): void {
    while (this.pending) {
      if (this.chip.spi.read8(this.registers, SocketRegister.Sn_CR) === 0) {
        this.pending = false;
        this.failures = 0;
      } else this.countFailure();
    }
  }

  private awaitState(state: SocketState): void {
    this.awaitAccepted();
    while (this.chip.spi.read8(this.registers, SocketRegister.Sn_SR) !== state) this.countFailure();
    this.failures = 0;
  }

  /** What `refresh` read is as it must be: the count of failures starts again. */
  trust(): void {
    this.failures = 0;
  }

  /** What `refresh` read cannot be, though each number alone could. Throws ERR_CHIP_STUCK when that never ends. */
  doubt(): void {
    this.chip.busErrors++;
    this.countFailure();
  }

  private countFailure(): void {
    const now = this.chip.clock.now();
    if (this.failures++ === 0) this.failingSince = now;
    if (this.failures < PATIENCE || (this.failures < HOPELESS && now - this.failingSince < PATIENCE_MS)) return;
    this.failures = 0;
    this.pending = false;
    throw (this.chip.fault = ringletError(
      'ERR_CHIP_STUCK',
      'Socket ' + this.number + ' of the W5500 is stuck: check the wiring and the SPI clock',
    ));
  }
}
