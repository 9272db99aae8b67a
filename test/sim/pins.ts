/** A host that drives the simulated chip's pins by hand, from the datasheet's text alone. */
import type { SimW5500 } from '../../boards/sim/w5500.js';

/** Control bytes, W5500 §2.2.2: BSB in bits 7..3, write in bit 2, variable length in bits 1..0. */
export const COMMON_BLOCK = 0;
export const socketBlock = (n: number) => 4 * n + 1;
export const txBlock = (n: number) => 4 * n + 2;
export const rxBlock = (n: number) => 4 * n + 3;

export class Pins {
  constructor(readonly chip: SimW5500) {}

  /** One frame of raw MOSI bytes; answers the MISO bytes. */
  raw(...mosi: number[]): number[] {
    this.chip.select();
    const miso = [...this.chip.transferBytes(mosi)];
    this.chip.deselect();
    return miso;
  }

  read(block: number, address: number, length: number): number[] {
    return this.raw(address >> 8, address & 255, block << 3, ...new Array<number>(length).fill(0)).slice(3);
  }

  write(block: number, address: number, ...data: number[]): void {
    this.raw(address >> 8, address & 255, (block << 3) | 4, ...data);
  }

  byte(n: number, address: number): number {
    return this.read(socketBlock(n), address, 1)[0]!;
  }

  word(n: number, address: number): number {
    const [high, low] = this.read(socketBlock(n), address, 2);
    return high! * 256 + low!;
  }

  setByte(n: number, address: number, value: number): void {
    this.write(socketBlock(n), address, value);
  }

  setWord(n: number, address: number, value: number): void {
    this.write(socketBlock(n), address, (value >> 8) & 255, value & 255);
  }

  /** Writes Sn_CR and polls it until it reads 0. */
  command(n: number, command: number): void {
    this.setByte(n, 0x01, command);
    for (let i = 0; i < 20; i++) if (this.byte(n, 0x01) === 0) return;
    throw new Error(`Sn_CR still not 0 after command 0x${command.toString(16)}`);
  }

  /** GAR, SUBR, SHAR and SIPR of a host 10.0.0.100 in one burst of 18 bytes. */
  configure(): void {
    this.write(COMMON_BLOCK, 0x0001, 10, 0, 0, 1, 255, 255, 255, 0, 2, 0, 0, 0, 0, 1, 10, 0, 0, 100);
  }

  /** Sn_MR, Sn_PORT and OPEN. */
  open(n: number, mode: number, port: number): void {
    this.setByte(n, 0x00, mode);
    this.setWord(n, 0x04, port);
    this.command(n, 0x01);
  }

  /** Sn_DIPR and Sn_DPORT in one burst. */
  destination(n: number, address: string, port: number): void {
    this.write(socketBlock(n), 0x0c, ...address.split('.').map(Number), port >> 8, port & 255);
  }

  send(n: number, data: ArrayLike<number>): void {
    const at = this.word(n, 0x24);
    this.write(txBlock(n), at, ...Array.from(data));
    this.setWord(n, 0x24, (at + data.length) & 0xffff);
    this.command(n, 0x20);
  }

  /** Takes everything that Sn_RX_RSR promises. */
  receive(n: number): number[] {
    const length = this.word(n, 0x26);
    if (length === 0) return [];
    const at = this.word(n, 0x28);
    const data = this.read(rxBlock(n), at, length);
    this.setWord(n, 0x28, (at + length) & 0xffff);
    this.command(n, 0x40);
    return data;
  }
}

/** Waits, in real time, until `condition` holds: what node:net does cannot be hurried by a virtual clock. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`still waiting for ${what}`);
    await new Promise(resolve => setImmediate(resolve));
  }
}
