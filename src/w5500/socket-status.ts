/**
 * What a status burst of a socket says: registers 0x00–0x2B, in one SPI frame (W5500 §4.2). One object for all sockets;
 * hardware-socket.ts fills it.
 */
export interface SocketStatus {
  ir: number;
  sr: number;
  txFsr: number;
  txRd: number;
  txWr: number;
  rxRsr: number;
  rxRd: number;
  /** From Sn_RX_RD to Sn_RX_WR. */
  received: number;
}
