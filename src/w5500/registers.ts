/**
 * The W5500's registers, commands and states, spelled as in the datasheet (W5500 §3, §4). Multi-byte registers are
 * big-endian. Everything here is inlined by the compiler.
 */

/** Block select and write bit of the control byte; for socket n add `n * BLOCK_STRIDE`. W5500 §2.2.2 */
export const enum Block {
  COMMON = 0x00,
  SOCKET = 0x08,
  SOCKET_TX = 0x10,
  SOCKET_RX = 0x18,
  BLOCK_STRIDE = 0x20,
  WRITE = 0x04,
}

/** Common registers, W5500 §4.1. */
export const enum Register {
  MR = 0x00,
  GAR = 0x01,
  SUBR = 0x05,
  SHAR = 0x09,
  SIPR = 0x0f,
  IR = 0x15,
  SIR = 0x17,
  RTR = 0x19,
  RCR = 0x1b,
  PHYCFGR = 0x2e,
  VERSIONR = 0x39,
}

export const enum Mode {
  RST = 0x80,
}

/** Socket registers, W5500 §4.2. */
export const enum SocketRegister {
  Sn_MR = 0x00,
  Sn_CR = 0x01,
  Sn_IR = 0x02,
  Sn_SR = 0x03,
  Sn_PORT = 0x04,
  Sn_DIPR = 0x0c,
  Sn_DPORT = 0x10,
  Sn_RXBUF_SIZE = 0x1e,
  Sn_TXBUF_SIZE = 0x1f,
  Sn_TX_FSR = 0x20,
  Sn_TX_RD = 0x22,
  Sn_TX_WR = 0x24,
  Sn_RX_RSR = 0x26,
  Sn_RX_RD = 0x28,
  Sn_RX_WR = 0x2a,
}

/** Sn_MR: TCP with ND (without it every ACK waits for RTR), and UDP. */
export const enum SocketMode {
  TCP_ND = 0x21,
  UDP = 0x02,
}

/** Sn_CR. */
export const enum Command {
  OPEN = 0x01,
  CONNECT = 0x04,
  DISCON = 0x08,
  CLOSE = 0x10,
  SEND = 0x20,
  RECV = 0x40,
}

/** Sn_IR; a bit is cleared by writing 1 to it. */
export const enum SocketInterrupt {
  CON = 0x01,
  DISCON = 0x02,
  RECV = 0x04,
  TIMEOUT = 0x08,
  SEND_OK = 0x10,
  ALL = 0x1f,
}

/** Sn_SR. */
export const enum SocketState {
  SOCK_CLOSED = 0x00,
  SOCK_INIT = 0x13,
  SOCK_LISTEN = 0x14,
  SOCK_SYNSENT = 0x15,
  SOCK_SYNRECV = 0x16,
  SOCK_ESTABLISHED = 0x17,
  SOCK_FIN_WAIT = 0x18,
  SOCK_CLOSING = 0x1a,
  SOCK_TIME_WAIT = 0x1b,
  SOCK_CLOSE_WAIT = 0x1c,
  SOCK_LAST_ACK = 0x1d,
  SOCK_UDP = 0x22,
}
