/**
 * The W5500 itself: reset and probe, addresses, buffer plan, link, and which of its eight sockets are in use (W5500 §3, §4).
 * Nothing here waits longer than a bounded number of frames.
 */
import { ringletError, usageError } from '../errors.js';
import type { Clock, RandomSource, SpiPort } from '../platform.js';
import { sameBytes } from './address.js';
import type { BufferPlan, StaticAddress } from './network.js';
import { Block, Mode, Register, SocketRegister } from './registers.js';
import { SocketStatus } from './socket-status.js';
import { SpiFrames } from './spi-frame.js';

const SOCKETS = 8;
const VERSION = 4;
/** GAR up to PHYCFGR: enough to see the link, pending sockets and a chip that lost its settings, in one frame. */
const WATCH_LENGTH = Register.PHYCFGR - Register.GAR + 1;
/** IPv4 datagrams up to 576 bytes must be taken (RFC 791 §3.1): 548 of payload, and the chip's 8. */
const DATAGRAM_LENGTH = 556;
const ZEROS = new Uint8Array(4);

/** What the chip has as long as nobody has given it an address. */
export const NO_ADDRESS: StaticAddress = { ip: ZEROS, mask: ZEROS, gateway: ZEROS, dns: [] };

export class W5500Chip {
  readonly spi: SpiFrames;
  readonly random: RandomSource;
  /** The last status burst, whichever socket it was of: use at once. */
  readonly status = new SocketStatus();
  /** Datagrams of all sockets: use within a call. */
  readonly datagram = new Uint8Array(DATAGRAM_LENGTH);
  /** Bytes of each socket's memory. */
  readonly rxSize: number[];
  readonly txSize: number[];
  /** How many sockets have memory both ways. */
  readonly sockets: number;
  /** How many of them connections leave to DHCP, DNS and SNTP: 0 or 1. */
  reserved = 0;
  /** Readings that could not be used, and were repeated. */
  busErrors = 0;
  /** Bit n: socket n may have news, so that a status burst is worth its frame. */
  attention!: number;
  /** Bit n: socket n is in use. */
  inUse = 0;
  /** Why the chip has to be set up again, once a socket has found out. */
  fault: Error | undefined;
  linkUp = false;
  /** As last told to the chip. */
  address = NO_ADDRESS;
  private readonly clock: Clock;
  private readonly mac: Uint8Array;
  /** GAR, SUBR, SHAR, SIPR as they must be. */
  private readonly written = new Uint8Array(18);
  private readonly watched = new Uint8Array(WATCH_LENGTH);
  /** What each socket has, or had last. */
  private readonly ports: number[] = [];
  private lastTcpPort = 0;

  /** `buffers`: 2 KB each way for every socket if not given. */
  constructor(spi: SpiPort, clock: Clock, random: RandomSource, mac: Uint8Array, buffers: BufferPlan | undefined) {
    this.spi = new SpiFrames(spi);
    this.clock = clock;
    this.random = random;
    this.mac = mac;
    this.rxSize = planSizes(buffers && buffers.rx);
    this.txSize = planSizes(buffers && buffers.tx);
    this.sockets = this.free();
    if (this.sockets === 0) usageError('buffers: none for a socket');
  }

  now(): number {
    return this.clock.now();
  }

  /** Puts chip and PHY into a known state; every socket is gone. Throws ERR_CHIP_NOT_FOUND if no W5500 answers. */
  reset(): void {
    this.expect(Register.VERSIONR, VERSION);
    this.spi.write8(Block.COMMON, Register.MR, Mode.RST);
    this.expect(Register.MR, 0);
    // A bus that answers every read with the same byte, or that cannot write, would pass one test but not these.
    for (const value of [0x12, 0x20, 0]) {
      this.spi.write8(Block.COMMON, Register.MR, value);
      this.expect(Register.MR, value);
    }
    this.expect(Register.VERSIONR, VERSION);
    this.setAddress(NO_ADDRESS);
    // Once, and before the sizes: as long as SHAR is there, the chip was not reset since.
    this.spi.write(Block.COMMON, Register.SHAR, this.mac, 0, 6);
    // Memory is carved from socket 0 upwards, and the sum may never exceed 16 KB on the way: all become 0 first.
    for (let i = 0; i < 2 * SOCKETS; i++) {
      const n = i % SOCKETS;
      const sizes = i < SOCKETS ? 0 : ((this.rxSize[n] >> 10) << 8) | (this.txSize[n] >> 10);
      const block = Block.SOCKET + n * Block.BLOCK_STRIDE;
      this.spi.write16(block, SocketRegister.Sn_RXBUF_SIZE, sizes);
      if (i < SOCKETS) continue;
      // Nothing later would show that a size is not what it should be.
      this.spi.read(block, SocketRegister.Sn_RXBUF_SIZE, this.watched, 0, 2);
      if (((this.watched[0] << 8) | this.watched[1]) !== sizes) throw this.lostSettings();
    }
    this.attention = this.inUse = 0;
    this.fault = undefined;
    this.linkUp = false;
  }

  /** Gateway, mask and own address, in two frames around SHAR, which stays as `reset` has written it. */
  setAddress(address: StaticAddress): void {
    const a = this.written;
    this.address = address;
    a.set(address.gateway, 0);
    a.set(address.mask, Register.SUBR - Register.GAR);
    a.set(this.mac, Register.SHAR - Register.GAR);
    a.set(address.ip, Register.SIPR - Register.GAR);
    this.spi.write(Block.COMMON, Register.GAR, a, 0, 8);
    this.spi.write(Block.COMMON, Register.SIPR, a, 14, 4);
  }

  /** One frame: `linkUp`, news of sockets, and whether the chip still has its settings (otherwise `fault`). */
  watch(): void {
    const seen = this.watched;
    for (let i = 0; i < 3; i++) {
      this.spi.read(Block.COMMON, Register.GAR, seen, 0, WATCH_LENGTH);
      if (sameBytes(seen, 0, this.written, 0, 18)) {
        this.attention |= seen[Register.SIR - Register.GAR] & this.inUse;
        this.linkUp = (seen[Register.PHYCFGR - Register.GAR] & 1) !== 0;
        return;
      }
      this.busErrors++;
    }
    this.fault = this.lostSettings();
  }

  /** One frame, and none if every socket in use is known to have news already. */
  readInterrupts(): void {
    if ((this.inUse & ~this.attention) === 0) return;
    const pending = this.spi.read8(Block.COMMON, Register.SIR) & this.inUse;
    this.attention |= pending;
  }

  /** Why a socket's registers are not what was written: a reset nobody asked for, or no chip at all. */
  lostSettings(): Error {
    const version = this.spi.read8(Block.COMMON, Register.VERSIONR);
    return version === VERSION
      ? ringletError('ERR_CHIP_RESET', 'The W5500 lost its settings: check its 3.3 V supply and the RSTn pin')
      : notFound(Register.VERSIONR, VERSION, version);
  }

  /** A free socket: the largest for TCP, the smallest for UDP. Throws ERR_NET_NO_SOCKET. */
  allocate(largest: boolean): number {
    const rx = this.rxSize;
    let best = -1;
    for (let n = 0; n < SOCKETS; n++) {
      if (this.isFree(n) && (best < 0 || (largest ? rx[n] > rx[best] : rx[n] < rx[best]))) best = n;
    }
    if (best < 0) throw this.noSocket();
    this.inUse |= 1 << best;
    this.attention |= 1 << best;
    return best;
  }

  /** How many sockets could be had now. */
  free(): number {
    let count = 0;
    for (let n = 0; n < SOCKETS; n++) if (this.isFree(n)) count++;
    return count;
  }

  noSocket(): Error {
    return ringletError(
      'ERR_NET_NO_SOCKET',
      `${this.sockets} socket(s)${this.reserved ? ' (one is for DHCP)' : ''} in use: close one, or plan buffers for more`,
    );
  }

  /** Gives socket `n` back. */
  release(n: number): void {
    this.inUse &= ~(1 << n);
    this.attention &= this.inUse;
  }

  /**
   * The local port of socket `n`: `wanted`, or if that is 0 one of 49152–65535 that no socket has or had last. The chip
   * checks nothing, and a peer remembers a connection for a while, so TCP's go up by random steps (RFC 6056 §3.3.5): none
   * comes again before 256 others. A datagram's port is all random, for it is part of what tells an answer from a forgery.
   */
  claimPort(n: number, wanted: number, tcp: boolean): number {
    let port = wanted;
    if (port === 0) {
      const pick = new Uint8Array(2);
      this.random(pick, 0, 2);
      port = (pick[0] << 8) | pick[1];
      if (tcp && this.lastTcpPort > 0) port = this.lastTcpPort + 1 + (port & 63);
      port = (port & 0xffff) | 0xc000;
      while (this.ports.indexOf(port) >= 0) port = ((port + 1) & 0xffff) | 0xc000;
      if (tcp) this.lastTcpPort = port;
    }
    this.ports[n] = port;
    return port;
  }

  private isFree(n: number): boolean {
    return !((this.inUse >> n) & 1) && this.rxSize[n] > 0 && this.txSize[n] > 0;
  }

  /** Reads until the register has that value: the chip may be starting. 100 ms, or 400 frames if they are faster. */
  private expect(register: Register, value: number): void {
    const deadline = this.now() + 100;
    let seen = -1;
    for (let i = 0; i < 400 && (i < 20 || this.now() < deadline); i++) {
      seen = this.spi.read8(Block.COMMON, register);
      if (seen === value) return;
    }
    throw notFound(register, value, seen);
  }
}

function notFound(register: Register, wanted: number, seen: number): Error {
  return ringletError(
    'ERR_CHIP_NOT_FOUND',
    `No W5500 answers: register 0x${register.toString(16)} is 0x${seen.toString(16)} instead of 0x${wanted.toString(16)}.` +
      ' Check power, the pins MISO, MOSI, SCK and CS, SPI mode 0, and a clock of 1 to 33 MHz',
  );
}

/** Bytes of each socket's memory. */
function planSizes(kilobytes: number[] | undefined): number[] {
  const sizes: number[] = [];
  let sum = 0;
  for (let n = 0; n < SOCKETS; n++) {
    const size = kilobytes ? kilobytes[n] || 0 : 2;
    sum += size;
    // Powers of two.
    if (size & (size - 1) || size % 1 || sum > 16 || (kilobytes && kilobytes.length > SOCKETS))
      usageError('buffers: 8 times 0, 1, 2, 4, 8 or 16 KB, all together 16');
    sizes.push(size << 10);
  }
  return sizes;
}
