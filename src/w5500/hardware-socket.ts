/**
 * One of the chip's eight sockets as hardware: open, commands, status, buffer memory (W5500 §4.2). What TCP and UDP have in
 * common. Sn_CR is polled by the next status burst, not by frames of its own, unless another command comes first.
 * Memory: a few numbers.
 */
import { ringletError } from '../errors.js';
import type { W5500Chip } from './chip.js';
import { Block, Command, SocketInterrupt, SocketMode, SocketRegister, SocketState } from './registers.js';
import type { SpiFrames } from './spi-frame.js';

/** A status that stays unusable for this long and this many readings, or for `HOPELESS` readings, is ERR_CHIP_STUCK. */
const PATIENCE_MS = 200;
const PATIENCE = 32;
const HOPELESS = 2000;

export class HardwareSocket {
  readonly index: number;
  readonly rxSize: number;
  readonly txSize: number;
  /** Local port. */
  port!: number;
  /** Every bit of Sn_IR that was set since `open` or since its owner took it back. */
  seen!: number;
  /** When the last usable status was read. */
  private statusAt = 0;
  /** False once the socket has been given back. */
  private held = true;
  readonly chip: W5500Chip;
  private readonly spi: SpiFrames;
  /** The block of its registers; memory blocks follow. */
  private readonly block: number;
  private mode!: number;
  /** A command was written and Sn_CR has not been seen at 0 since. */
  private pending = false;
  private failures = 0;
  private failingSince!: number;

  /** Takes a free socket: ERR_NET_NO_SOCKET. `largest`: the one with most memory, otherwise the one with least. */
  constructor(chip: W5500Chip, largest: boolean) {
    const index = chip.allocate(largest);
    this.chip = chip;
    this.spi = chip.spi;
    this.index = index;
    this.block = Block.SOCKET + index * Block.BLOCK_STRIDE;
    this.rxSize = chip.rxSize[index];
    this.txSize = chip.txSize[index];
  }

  /** Closes whatever the socket was, and opens it anew; `port` 0 is a random one. Throws ERR_CHIP_STUCK. */
  open(mode: number, state: SocketState, port: number): void {
    this.port = this.chip.claimPort(this.index, port, mode === SocketMode.TCP_ND);
    this.mode = mode;
    this.seen = 0;
    this.command(Command.CLOSE, SocketInterrupt.ALL);
    this.awaitState(SocketState.SOCK_CLOSED);
    this.spi.write8(this.block, SocketRegister.Sn_IR, SocketInterrupt.ALL);
    this.spi.write8(this.block, SocketRegister.Sn_MR, mode);
    this.write16(SocketRegister.Sn_PORT, this.port);
    this.command(Command.OPEN, 0);
    this.awaitState(state);
  }

  /** The peer of a CONNECT, or of the next datagram. */
  setDestination(ip: Uint8Array, port: number): void {
    this.spi.write(this.block, SocketRegister.Sn_DIPR, ip, 0, 4);
    this.write16(SocketRegister.Sn_DPORT, port);
  }

  /** Writes a command and, in the same frame, clears bits of Sn_IR. One command at a time. */
  command(command: Command, clear: number): void {
    this.awaitAccepted();
    this.write16(SocketRegister.Sn_CR, (command << 8) | clear);
    this.pending = true;
  }

  /** RECV. What arrives from now on sets Sn_IR.RECV again, and what arrived before is in the status that is read next. */
  receive(rxRd: number): void {
    this.write16(SocketRegister.Sn_RX_RD, rxRd);
    this.command(Command.RECV, SocketInterrupt.RECV);
    this.hurry();
  }

  /** Copies bytes into transmit memory and sends them: the pointer is written once, and SEND is issued once. */
  send(txWr: number, bytes: Uint8Array, offset: number, length: number): void {
    this.spi.write(this.block + (Block.SOCKET_TX - Block.SOCKET), txWr, bytes, offset, length);
    this.write16(SocketRegister.Sn_TX_WR, txWr + length);
    this.command(Command.SEND, 0);
  }

  readReceived(rxRd: number, into: Uint8Array, offset: number, length: number): void {
    this.spi.read(this.block + (Block.SOCKET_RX - Block.SOCKET), rxRd, into, offset, length);
  }

  /** True if the chip said that there is news, or if nobody has looked for `interval` ms. */
  due(interval: number): boolean {
    const chip = this.chip;
    return ((chip.attention >> this.index) & 1) !== 0 || chip.now() - this.statusAt >= interval;
  }

  /** The next status burst need not wait for Sn_IR to show news. */
  hurry(): void {
    this.chip.attention |= 1 << this.index;
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
      status.read(this.spi, this.block);
      if (status.mr !== this.mode || status.port !== this.port) foreign++;
      else if (status.cr === 0) {
        this.pending = false;
        if (status.consistent(this.rxSize, this.txSize)) {
          this.statusAt = chip.now();
          return true;
        }
      }
      this.doubt();
    }
    if (foreign === 4) throw (chip.fault = chip.lostSettings());
    return false;
  }

  /**
   * What `refresh` read is as it must be. Clears Sn_IR into `seen`, but RECV only if all received bytes but `taken` were
   * fetched already, or if there is no news (`same`) and nobody fetches them; in both cases another status follows.
   */
  trust(taken: number, same: boolean): void {
    const chip = this.chip;
    const ir = chip.status.ir;
    const clear = chip.status.rxRsr > taken && !same ? ir & ~SocketInterrupt.RECV : ir;
    this.failures = 0;
    this.seen |= ir;
    if (clear !== 0) this.spi.write8(this.block, SocketRegister.Sn_IR, clear);
    if (ir !== 0) this.hurry();
    else chip.attention &= ~(1 << this.index);
  }

  /** What `refresh` read is not usable now, or cannot be. Throws ERR_CHIP_STUCK when that never ends. */
  doubt(): void {
    const chip = this.chip;
    const now = chip.now();
    if (!this.pending) chip.busErrors++;
    if (this.failures++ === 0) this.failingSince = now;
    if (this.failures < PATIENCE || (this.failures < HOPELESS && now - this.failingSince < PATIENCE_MS)) return;
    this.failures = 0;
    this.pending = false;
    throw (chip.fault = ringletError(
      'ERR_CHIP_STUCK',
      'Socket ' + this.index + ' of the W5500 is stuck: check the wiring and the SPI clock',
    ));
  }

  /** CLOSE, which is silent on the wire, and the socket is given back. Never throws. */
  release(): void {
    const chip = this.chip;
    if (!this.held) return;
    this.held = false;
    try {
      if (!chip.fault) {
        this.command(Command.CLOSE, 0);
        this.awaitAccepted();
        this.spi.write8(this.block, SocketRegister.Sn_IR, SocketInterrupt.ALL);
      }
    } catch (error) {
      chip.fault = error as Error;
    }
    chip.release(this.index);
  }

  private awaitAccepted(): void {
    if (this.pending) this.expect(SocketRegister.Sn_CR, 0);
    this.pending = false;
  }

  private awaitState(state: SocketState): void {
    this.awaitAccepted();
    this.expect(SocketRegister.Sn_SR, state);
  }

  private expect(register: SocketRegister, value: number): void {
    while (this.spi.read8(this.block, register) !== value) this.doubt();
    this.failures = 0;
  }

  private write16(register: SocketRegister, value: number): void {
    this.spi.write16(this.block, register, value);
  }
}
