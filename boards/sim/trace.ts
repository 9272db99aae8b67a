/**
 * A frame as one line for people: `S1 read  Sn_MR..Sn_PORT (6 bytes) MR=TCP SR=ESTABLISHED PORT=50000`. Costs nothing
 * until it is called; a chip without an observer keeps no frames.
 */
import { dotted } from './addresses.js';
import {
  byAddress,
  Command,
  commonRegisters,
  Event,
  nameOf,
  Protocol,
  type Register,
  State,
  socketRegisters,
} from './registers.js';
import type { Frame } from './spi-slave.js';

const commonAt = byAddress(commonRegisters, 0x40);
const socketAt = byAddress(socketRegisters, 0x30);
const SHOWN_BYTES = 16;

export function formatFrame(frame: Frame): string {
  const socket = frame.block >> 2;
  const direction = frame.write ? 'write' : 'read ';
  const count = `(${frame.data.length} byte${frame.data.length === 1 ? '' : 's'})`;
  if (frame.block === 0) return `common ${direction} ${registersOf(frame, commonAt, count)}`;
  if ((frame.block & 3) === 1) return `S${socket} ${direction} ${registersOf(frame, socketAt, count)}`;
  const block = ['reserved block', '', 'TX buffer', 'RX buffer'][frame.block & 3]!;
  const address = '0x' + frame.address.toString(16).padStart(4, '0');
  return `S${socket} ${direction} ${block} ${address} ${count} ${someBytes(frame.data)}`;
}

function registersOf(frame: Frame, table: (Register | undefined)[], count: string): string {
  const last = frame.address + frame.data.length - 1;
  const first = nameAt(table, frame.address);
  const range = nameAt(table, last) === first ? first : `${first}..${nameAt(table, last)}`;
  const values: string[] = [];
  for (let address = frame.address; address <= last; address++) {
    const entry = table[address];
    if (entry === undefined) continue;
    const end = Math.min(entry.address + entry.width, last + 1);
    const bytes = frame.data.subarray(address - frame.address, end - frame.address);
    const whole = bytes.length === entry.width;
    const shown = whole ? shownValue(entry, bytes) : `${address - entry.address}:${someBytes(bytes)}`;
    // What holds its reset value says nothing in a long burst.
    if (frame.write || frame.data.length <= 4 || !whole || !isReset(entry, bytes)) {
      values.push(`${entry.name.replace('Sn_', '')}=${shown}`);
    }
    address = end - 1;
  }
  return [range, count, ...values].join(' ');
}

function nameAt(table: (Register | undefined)[], address: number): string {
  return table[address]?.name ?? '0x' + address.toString(16).padStart(4, '0');
}

function shownValue(entry: Register, bytes: Uint8Array): string {
  const value = numberOf(bytes);
  switch (entry.shown) {
    case 'ip':
      return dotted(bytes);
    case 'mac':
      return Buffer.from(bytes)
        .toString('hex')
        .replace(/..(?!$)/g, '$&:');
    case 'state':
      return nameOf(State, value);
    case 'command':
      return value === 0 ? '0' : nameOf(Command, value);
    case 'protocol':
      return nameOf(Protocol, value & 15) + (value > 15 ? '+0x' + (value & 0xf0).toString(16) : '');
    case 'socket events':
      return eventNames(value);
    case 'decimal':
      return String(value);
    default:
      return '0x' + value.toString(16).padStart(2 * entry.width, '0');
  }
}

function eventNames(value: number): string {
  if (value > 0x1f) return '0x' + value.toString(16);
  const names = Object.entries(Event).filter(([, bit]) => (value & bit) !== 0);
  return names.length === 0 ? '0' : names.map(([name]) => name).join('|');
}

function isReset(entry: Register, bytes: Uint8Array): boolean {
  // CLOSED is a piece of news, whatever the register held before.
  return entry.shown !== 'state' && numberOf(bytes) === entry.reset;
}

function numberOf(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

function someBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('hex');
  return bytes.length > SHOWN_BYTES ? hex + '...' : hex;
}
