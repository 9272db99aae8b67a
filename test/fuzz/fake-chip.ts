/**
 * A W5500 as far as the driver can see it (W5500 §4), whose readings the fuzzer may change: register memory, commands that take
 * effect at once, and 2 KB of memory each way for each socket. It knows nothing of a network: what comes is put into it.
 */
import type { Clock, SpiPort } from '../../src/platform.js';

const SIZE = 2048;
const WRITE = 4;
const [MR, CR, IR, SR, TX_FSR, TX_RD, TX_WR, RX_RSR, RX_RD, RX_WR] = [0, 1, 2, 3, 0x20, 0x22, 0x24, 0x26, 0x28, 0x2a];
const [SIR, PHYCFGR, VERSIONR] = [0x17, 0x2e, 0x39];
const [CLOSED, INIT, ESTABLISHED, FIN_WAIT, CLOSE_WAIT, UDP] = [0, 0x13, 0x17, 0x18, 0x1c, 0x22];

export class FakeChip implements SpiPort, Clock {
  /** Milliseconds. */
  time = 0;
  frames = 0;
  linkUp = true;
  /** The socket of the latest CONNECT. */
  connection = 0;
  /** May change what was read: the last part of a frame. */
  disturb: (bytes: Uint8Array) => void = () => {};
  private readonly common = Buffer.alloc(64);
  private readonly sockets = Array.from({ length: 8 }, () => Buffer.alloc(0x30));
  private readonly rx = Array.from({ length: 8 }, () => Buffer.alloc(SIZE));
  private readonly tx = Array.from({ length: 8 }, () => Buffer.alloc(SIZE));

  constructor() {
    this.reset();
  }

  now(): number {
    // Looking at the clock takes time, else a driver that waits would wait for ever.
    return (this.time += 0.01);
  }

  read(header: Uint8Array, into: Uint8Array, offset: number, length: number): void {
    if (offset < 0 || length < 1 || offset + length > into.length) throw new RangeError('read outside the array');
    const [memory, mask] = this.memory(header);
    this.refresh();
    const start = (header[0]! << 8) | header[1]!;
    for (let i = 0; i < length; i++) into[offset + i] = memory[(start + i) & mask] ?? 0;
    this.frames++;
    this.disturb(into.subarray(offset, offset + length));
  }

  write(header: Uint8Array, data: Uint8Array, offset: number, length: number): void {
    if (offset < 0 || length < 1 || offset + length > data.length) throw new RangeError('written outside the array');
    const [memory, mask, socket] = this.memory(header);
    const start = (header[0]! << 8) | header[1]!;
    this.frames++;
    for (let i = 0; i < length; i++) {
      const at = (start + i) & mask;
      if (at >= memory.length) continue;
      const value = data[offset + i]!;
      if (socket === undefined && memory === this.common && at === MR && value & 0x80) this.reset();
      else if (socket !== undefined && at === IR) memory[at]! &= ~value;
      else memory[at] = value;
    }
    // A command counts when the frame is over.
    if (socket !== undefined && start <= CR && start + length > CR) this.command(socket);
  }

  /** Every setting and every connection is gone. */
  reset(): void {
    this.common.fill(0);
    this.common[VERSIONR] = 4;
    for (const socket of this.sockets) {
      socket.fill(0);
      socket.writeUInt16BE(SIZE, TX_FSR);
    }
  }

  /** Received bytes, as many as there is room for; answers how many. */
  deliver(index: number, bytes: Uint8Array): number {
    const socket = this.sockets[index]!;
    if (![ESTABLISHED, FIN_WAIT, UDP].includes(socket[SR]!)) return 0;
    const write = socket.readUInt16BE(RX_WR);
    const room = SIZE - ((write - socket.readUInt16BE(RX_RD)) & 0xffff);
    const taken = Math.min(room, bytes.length);
    for (let i = 0; i < taken; i++) this.rx[index]![(write + i) & (SIZE - 1)] = bytes[i]!;
    socket.writeUInt16BE((write + taken) & 0xffff, RX_WR);
    if (taken > 0) socket[IR]! |= 4;
    return taken;
  }

  /** A datagram with the chip's 8 bytes in front, if all of it fits. */
  deliverDatagram(index: number, ip: Uint8Array, port: number, payload: Uint8Array): void {
    if (this.sockets[index]![SR] !== UDP || this.unread(index) + 8 + payload.length > SIZE) return;
    const header = Buffer.from([...ip, port >> 8, port & 255, payload.length >> 8, payload.length & 255]);
    this.deliver(index, Buffer.concat([header, payload]));
  }

  /** FIN or RST of the peer, if there is a connection. */
  end(index: number, reset: boolean): void {
    const socket = this.sockets[index]!;
    if (socket[SR] !== ESTABLISHED && socket[SR] !== FIN_WAIT) return;
    socket[SR] = reset || socket[SR] === FIN_WAIT ? CLOSED : CLOSE_WAIT;
    socket[IR]! |= 2;
  }

  state(index: number): number {
    return this.sockets[index]![SR]!;
  }

  /** What the socket has sent last. */
  lastSent(index: number): Buffer {
    return this.sent[index] ?? Buffer.alloc(0);
  }

  private readonly sent: Buffer[] = [];

  private unread(index: number): number {
    const socket = this.sockets[index]!;
    return (socket.readUInt16BE(RX_WR) - socket.readUInt16BE(RX_RD)) & 0xffff;
  }

  private command(index: number): void {
    const socket = this.sockets[index]!;
    const command = socket[CR];
    socket[CR] = 0;
    if (command === 1) {
      socket[SR] = (socket[MR]! & 15) === 1 ? INIT : UDP;
      for (const register of [TX_RD, TX_WR, RX_RD, RX_WR]) socket.writeUInt16BE(0, register);
    } else if (command === 4) {
      this.connection = index;
      socket[SR] = ESTABLISHED;
      socket[IR]! |= 1;
    } else if (command === 8) socket[SR] = socket[SR] === CLOSE_WAIT ? CLOSED : FIN_WAIT;
    else if (command === 0x10) socket[SR] = CLOSED;
    else if (command === 0x20) this.send(index, socket);
  }

  private send(index: number, socket: Buffer): void {
    const from = socket.readUInt16BE(TX_RD);
    const length = (socket.readUInt16BE(TX_WR) - from) & 0xffff;
    const bytes = Buffer.alloc(Math.min(length, SIZE));
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.tx[index]![(from + i) & (SIZE - 1)]!;
    this.sent[index] = bytes;
    socket.writeUInt16BE(socket.readUInt16BE(TX_WR), TX_RD);
    socket[IR]! |= 0x10;
  }

  /** The registers that follow from others. */
  private refresh(): void {
    this.common[PHYCFGR] = this.linkUp ? 0xbf : 0xb8;
    this.common[SIR] = 0;
    this.sockets.forEach((socket, index) => {
      if (socket[IR]) this.common[SIR]! |= 1 << index;
      socket.writeUInt16BE(this.unread(index), RX_RSR);
      socket.writeUInt16BE(SIZE, TX_FSR);
    });
  }

  /** Memory, the mask of its addresses, and which socket's registers it is. */
  private memory(header: Uint8Array): [Buffer, number, number?] {
    const block = header[2]! & ~WRITE;
    const index = block >> 5;
    const kind = block & 0x18;
    if (kind === 0) return [this.common, 0xffff];
    if (kind === 8) return [this.sockets[index]!, 0xffff, index];
    return [kind === 0x10 ? this.tx[index]! : this.rx[index]!, SIZE - 1];
  }
}

/** Sn_SR of an open UDP socket. */
export const SOCK_UDP = UDP;
