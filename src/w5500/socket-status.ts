/**
 * One hardware socket's registers 0x00–0x2B in one SPI frame: the status burst (W5500 §4.2). Addresses count up, so Sn_SR
 * is sampled before Sn_RX_RSR: what a closing state means for the bytes behind it can be relied on.
 * Memory: 44 bytes and the decoded fields, one object for all sockets.
 */
import { SocketRegister, SocketState } from './registers.js';
import type { SpiFrames } from './spi-frame.js';

const STATUS_LENGTH = 44;

export class SocketStatus {
  // As `read` found them.
  mr!: number;
  cr!: number;
  ir!: number;
  sr!: number;
  port!: number;
  txFsr!: number;
  txRd!: number;
  txWr!: number;
  rxRsr!: number;
  rxRd!: number;
  rxWr!: number;
  private readonly bytes = new Uint8Array(STATUS_LENGTH);

  /** `block`: the socket's registers. */
  read(spi: SpiFrames, block: number): void {
    const b = this.bytes;
    const uint16 = (at: number) => (b[at] << 8) | b[at + 1];
    spi.read(block, SocketRegister.Sn_MR, b, 0, STATUS_LENGTH);
    this.mr = b[SocketRegister.Sn_MR];
    this.cr = b[SocketRegister.Sn_CR];
    this.ir = b[SocketRegister.Sn_IR] & 0x1f;
    this.sr = b[SocketRegister.Sn_SR];
    this.port = uint16(SocketRegister.Sn_PORT);
    this.txFsr = uint16(SocketRegister.Sn_TX_FSR);
    this.txRd = uint16(SocketRegister.Sn_TX_RD);
    this.txWr = uint16(SocketRegister.Sn_TX_WR);
    this.rxRsr = uint16(SocketRegister.Sn_RX_RSR);
    this.rxRd = uint16(SocketRegister.Sn_RX_RD);
    this.rxWr = uint16(SocketRegister.Sn_RX_WR);
  }

  /**
   * Whether the numbers can be true together. Sn_RX_RSR and Sn_TX_FSR may change between their two bytes, and between
   * host actions both only grow, so a torn value is too small: harmless, except for a torn 0. A value that is too large
   * is a bus error. (When Sn_TX_RD moves relative to Sn_TX_FSR is not documented, so they are not compared.)
   */
  consistent(rxSize: number, txSize: number): boolean {
    const received = (this.rxWr - this.rxRd) & 0xffff;
    if (received > rxSize || this.rxRsr > received || (this.rxRsr === 0 && received !== 0)) return false;
    const state = this.sr;
    if (state === SocketState.SOCK_ESTABLISHED || state === SocketState.SOCK_CLOSE_WAIT) return this.txFsr <= txSize;
    return (
      state === SocketState.SOCK_CLOSED ||
      state === SocketState.SOCK_UDP ||
      (state >= SocketState.SOCK_INIT && state <= SocketState.SOCK_LAST_ACK && state !== 0x19)
    );
  }
}
