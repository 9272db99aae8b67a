/**
 * The W5500's register map, W5500 §4.1 and §4.2, spelled out from the datasheet for the simulated chip.
 * It shares nothing with the driver's map on purpose: a wrong constant there must not cancel out here.
 */

/** RW: plain storage. RO: computed by the chip. W1C: writing a 1 clears the bit. RES: reads 0, ignores writes. */
export type Access = 'RW' | 'RO' | 'W1C';
/** How a trace shows the value. */
export type Shown = 'hex' | 'decimal' | 'ip' | 'mac' | 'state' | 'command' | 'socket events' | 'protocol';

export interface Register {
  name: string;
  address: number;
  width: number;
  access: Access;
  reset: number;
  shown: Shown;
}

function register(name: string, address: number, width: number, access: Access, reset: number, shown: Shown): Register {
  return { name, address, width, access, reset, shown };
}

/** Addresses in the common block, BSB 0. */
export const Common = {
  MR: 0x0000,
  GAR: 0x0001,
  SUBR: 0x0005,
  SHAR: 0x0009,
  SIPR: 0x000f,
  INTLEVEL: 0x0013,
  IR: 0x0015,
  IMR: 0x0016,
  SIR: 0x0017,
  SIMR: 0x0018,
  RTR: 0x0019,
  RCR: 0x001b,
  UIPR: 0x0028,
  UPORTR: 0x002c,
  PHYCFGR: 0x002e,
  VERSIONR: 0x0039,
} as const;

/** A SHAR of zeros in `reset` stands for six zero bytes; multi-byte registers are big-endian. */
export const commonRegisters: readonly Register[] = [
  register('MR', 0x0000, 1, 'RW', 0x00, 'hex'),
  register('GAR', 0x0001, 4, 'RW', 0, 'ip'),
  register('SUBR', 0x0005, 4, 'RW', 0, 'ip'),
  register('SHAR', 0x0009, 6, 'RW', 0, 'mac'),
  register('SIPR', 0x000f, 4, 'RW', 0, 'ip'),
  register('INTLEVEL', 0x0013, 2, 'RW', 0, 'hex'),
  register('IR', 0x0015, 1, 'W1C', 0, 'hex'),
  register('IMR', 0x0016, 1, 'RW', 0, 'hex'),
  register('SIR', 0x0017, 1, 'RO', 0, 'hex'),
  register('SIMR', 0x0018, 1, 'RW', 0, 'hex'),
  register('RTR', 0x0019, 2, 'RW', 0x07d0, 'decimal'),
  register('RCR', 0x001b, 1, 'RW', 0x08, 'decimal'),
  register('PTIMER', 0x001c, 1, 'RW', 0x28, 'hex'),
  register('PMAGIC', 0x001d, 1, 'RW', 0, 'hex'),
  register('PHAR', 0x001e, 6, 'RW', 0, 'mac'),
  register('PSID', 0x0024, 2, 'RW', 0, 'hex'),
  register('PMRU', 0x0026, 2, 'RW', 0xffff, 'hex'),
  register('UIPR', 0x0028, 4, 'RO', 0, 'ip'),
  register('UPORTR', 0x002c, 2, 'RO', 0, 'decimal'),
  register('PHYCFGR', 0x002e, 1, 'RW', 0xb8, 'hex'),
  register('VERSIONR', 0x0039, 1, 'RO', 0x04, 'hex'),
];

/** Addresses in a socket register block, BSB 4n + 1. */
export const Sn = {
  MR: 0x00,
  CR: 0x01,
  IR: 0x02,
  SR: 0x03,
  PORT: 0x04,
  DHAR: 0x06,
  DIPR: 0x0c,
  DPORT: 0x10,
  MSSR: 0x12,
  RXBUF_SIZE: 0x1e,
  TXBUF_SIZE: 0x1f,
  TX_FSR: 0x20,
  TX_RD: 0x22,
  TX_WR: 0x24,
  RX_RSR: 0x26,
  RX_RD: 0x28,
  RX_WR: 0x2a,
  IMR: 0x2c,
  KPALVTR: 0x2f,
} as const;

export const socketRegisters: readonly Register[] = [
  register('Sn_MR', 0x00, 1, 'RW', 0x00, 'protocol'),
  register('Sn_CR', 0x01, 1, 'RW', 0x00, 'command'),
  register('Sn_IR', 0x02, 1, 'W1C', 0x00, 'socket events'),
  register('Sn_SR', 0x03, 1, 'RO', 0x00, 'state'),
  register('Sn_PORT', 0x04, 2, 'RW', 0, 'decimal'),
  register('Sn_DHAR', 0x06, 6, 'RW', 0xffffffffffff, 'mac'),
  register('Sn_DIPR', 0x0c, 4, 'RW', 0, 'ip'),
  register('Sn_DPORT', 0x10, 2, 'RW', 0, 'decimal'),
  register('Sn_MSSR', 0x12, 2, 'RW', 0, 'decimal'),
  register('Sn_TOS', 0x15, 1, 'RW', 0, 'hex'),
  register('Sn_TTL', 0x16, 1, 'RW', 0x80, 'decimal'),
  register('Sn_RXBUF_SIZE', 0x1e, 1, 'RW', 0x02, 'decimal'),
  register('Sn_TXBUF_SIZE', 0x1f, 1, 'RW', 0x02, 'decimal'),
  register('Sn_TX_FSR', 0x20, 2, 'RO', 0x0800, 'decimal'),
  register('Sn_TX_RD', 0x22, 2, 'RO', 0, 'hex'),
  register('Sn_TX_WR', 0x24, 2, 'RW', 0, 'hex'),
  register('Sn_RX_RSR', 0x26, 2, 'RO', 0, 'decimal'),
  register('Sn_RX_RD', 0x28, 2, 'RW', 0, 'hex'),
  register('Sn_RX_WR', 0x2a, 2, 'RO', 0, 'hex'),
  register('Sn_IMR', 0x2c, 1, 'RW', 0xff, 'hex'),
  register('Sn_FRAG', 0x2d, 2, 'RW', 0x4000, 'hex'),
  register('Sn_KPALVTR', 0x2f, 1, 'RW', 0, 'decimal'),
];

/** Socket commands, written to Sn_CR. */
export const Command = {
  OPEN: 0x01,
  LISTEN: 0x02,
  CONNECT: 0x04,
  DISCON: 0x08,
  CLOSE: 0x10,
  SEND: 0x20,
  SEND_MAC: 0x21,
  SEND_KEEP: 0x22,
  RECV: 0x40,
} as const;

/** Socket states, read from Sn_SR. */
export const State = {
  CLOSED: 0x00,
  INIT: 0x13,
  LISTEN: 0x14,
  SYNSENT: 0x15,
  SYNRECV: 0x16,
  ESTABLISHED: 0x17,
  FIN_WAIT: 0x18,
  CLOSING: 0x1a,
  TIME_WAIT: 0x1b,
  CLOSE_WAIT: 0x1c,
  LAST_ACK: 0x1d,
  UDP: 0x22,
  MACRAW: 0x42,
} as const;

/** Bits of Sn_IR. */
export const Event = { CON: 0x01, DISCON: 0x02, RECV: 0x04, TIMEOUT: 0x08, SEND_OK: 0x10 } as const;

/** The low nibble of Sn_MR. */
export const Protocol = { CLOSED: 0x00, TCP: 0x01, UDP: 0x02, MACRAW: 0x04 } as const;

/** The name of `value` in one of the tables above, or its hexadecimal digits. */
export function nameOf(table: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(table).find(name => table[name] === value) ?? '0x' + value.toString(16).padStart(2, '0');
}

/** One entry per address below `size`: the register that covers it, or undefined for a reserved address. */
export function byAddress(registers: readonly Register[], size: number): (Register | undefined)[] {
  const table = new Array<Register | undefined>(size).fill(undefined);
  for (const entry of registers) {
    for (let i = 0; i < entry.width; i++) table[entry.address + i] = entry;
  }
  return table;
}

/** Byte storage of `size` bytes holding every register's reset value. */
export function resetBytes(registers: readonly Register[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const entry of registers) {
    for (let i = 0; i < entry.width; i++) {
      bytes[entry.address + i] = Math.floor(entry.reset / 256 ** (entry.width - 1 - i)) & 0xff;
    }
  }
  return bytes;
}
