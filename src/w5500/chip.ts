/**
 * The W5500 itself: reset and probe, addresses, buffer plan, link, and which of its eight sockets are in use (W5500 §3, §4).
 * Nothing here waits longer than a bounded number of frames.
 */
import { ringletError, usageError } from '../errors.js';
import type { Clock, RandomSource, SpiPort } from '../platform.js';
import type { BufferPlan } from './network.js';
import { Block, Mode, Register, SocketRegister } from './registers.js';
import { SocketStatus } from './socket-status.js';
import { SpiFrames } from './spi-frame.js';

const SOCKETS = 8;
const VERSION = 4;
/** SHAR up to PHYCFGR: enough to see the link, pending sockets and a chip that lost its settings, in one frame. */
const WATCH_LENGTH = Register.PHYCFGR - Register.SHAR + 1;
const RECENT_PORTS = 16;

export class W5500Chip {
  readonly spi: SpiFrames;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** The last status burst, whichever socket it was of: use at once. */
  readonly status = new SocketStatus();
  /** Bytes of each socket's memory. */
  readonly rxSize: number[] = [];
  readonly txSize: number[] = [];
  /** Readings that could not be true, and were repeated. */
  busErrors = 0;
  /** Bit n: socket n may have news, so that a status burst is worth its frame. */
  attention = 0;
  /** Bit n: socket n is in use. */
  inUse = 0;
  /** Why the chip has to be set up again, once a socket has found out. */
  fault: Error | undefined;
  linkUp = false;
  /** GAR, SUBR, SHAR, SIPR as last written. */
  private readonly addresses = new Uint8Array(18);
  private readonly watched = new Uint8Array(WATCH_LENGTH);
  private readonly ports: number[] = [0, 0, 0, 0, 0, 0, 0, 0];
  private readonly recentPorts: number[] = [];

  /** `buffers`: 2 KB each way for every socket if not given. */
  constructor(spi: SpiPort, clock: Clock, random: RandomSource, buffers: BufferPlan | undefined) {
    this.spi = new SpiFrames(spi);
    this.clock = clock;
    this.random = random;
    planSizes(buffers ? buffers.rx : undefined, this.rxSize);
    planSizes(buffers ? buffers.tx : undefined, this.txSize);
  }

  /** Puts chip and PHY into a known state; every socket is gone. Throws ERR_CHIP_NOT_FOUND if no W5500 answers. */
  reset(): void {
    const spi = this.spi;
    this.expect(Register.VERSIONR, VERSION, 'VERSIONR');
    spi.write8(Block.COMMON, Register.MR, Mode.RST);
    this.expect(Register.MR, 0, 'MR after reset');
    // A bus that answers every read with the same byte, or that cannot write, would pass one test but not these.
    for (const value of [0x12, 0x20, 0]) {
      spi.write8(Block.COMMON, Register.MR, value);
      this.expect(Register.MR, value, 'MR');
    }
    this.expect(Register.VERSIONR, VERSION, 'VERSIONR');
    // Memory is carved from socket 0 upwards, and the sum may never exceed 16 KB on the way.
    for (let n = 0; n < SOCKETS; n++) this.writeSizes(n, 0, 0);
    for (let n = 0; n < SOCKETS; n++) {
      if (this.rxSize[n] + this.txSize[n] > 0) this.writeSizes(n, this.rxSize[n] >> 10, this.txSize[n] >> 10);
    }
    this.attention = this.inUse = 0;
    this.fault = undefined;
    this.linkUp = false;
    for (let n = 0; n < SOCKETS; n++) this.ports[n] = 0;
  }

  /** Gateway, mask and own address (4 bytes each) and MAC (6 bytes), in one frame. */
  setAddresses(gateway: Uint8Array, mask: Uint8Array, mac: Uint8Array, ip: Uint8Array): void {
    const a = this.addresses;
    a.set(gateway, 0);
    a.set(mask, Register.SUBR - 1);
    a.set(mac, Register.SHAR - 1);
    a.set(ip, Register.SIPR - 1);
    this.spi.write(Block.COMMON, Register.GAR, a, 0, 18);
  }

  /** RTR in units of 100 µs, and RCR: they rule ARP, SYN, data and FIN alike. 2000 and 8 after a reset. */
  setRetransmission(rtr: number, rcr: number): void {
    this.spi.write16(Block.COMMON, Register.RTR, rtr);
    this.spi.write8(Block.COMMON, Register.RCR, rcr);
  }

  /** One frame: `linkUp`, news of sockets, and whether the chip still has its settings (otherwise `fault`). */
  watch(): void {
    for (let i = 0; i < 3; i++) {
      this.spi.read(Block.COMMON, Register.SHAR, this.watched, 0, WATCH_LENGTH);
      if (this.hasSettings()) {
        this.attention |= this.watched[Register.SIR - Register.SHAR] & this.inUse;
        this.linkUp = (this.watched[Register.PHYCFGR - Register.SHAR] & 1) !== 0;
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
    if (version !== VERSION) return notFound('VERSIONR', VERSION, version);
    return ringletError('ERR_CHIP_RESET', 'The W5500 lost its settings: check its 3.3 V supply and the RSTn pin');
  }

  /** A free socket: the largest for TCP, the smallest for UDP. Throws ERR_NET_NO_SOCKET. */
  allocate(largest: boolean): number {
    let best = -1;
    for (let n = 0; n < SOCKETS; n++) {
      if ((this.inUse >> n) & 1 || this.rxSize[n] === 0 || this.txSize[n] === 0) continue;
      if (best < 0 || (largest ? this.rxSize[n] > this.rxSize[best] : this.rxSize[n] < this.rxSize[best])) best = n;
    }
    if (best < 0) throw ringletError('ERR_NET_NO_SOCKET', 'All sockets of the W5500 are in use: close one first');
    this.inUse |= 1 << best;
    this.attention |= 1 << best;
    return best;
  }

  /** Gives socket `n` back; its port is not used again soon. */
  release(n: number): void {
    this.inUse &= ~(1 << n);
    this.attention &= ~(1 << n);
    this.recentPorts.push(this.ports[n]);
    if (this.recentPorts.length > RECENT_PORTS) this.recentPorts.shift();
    this.ports[n] = 0;
  }

  /**
   * The local port of socket `n`: `wanted`, or if that is 0 a random one of 49152–65535 that no socket has or lately had.
   * The chip checks nothing, and a peer may still remember the last connection from the same port.
   */
  claimPort(n: number, wanted: number): number {
    if (wanted === 0) {
      const pick = new Uint8Array(2);
      this.random(pick, 0, 2);
      wanted = (pick[0] << 8) | pick[1] | 0xc000;
      while (this.ports.indexOf(wanted) >= 0 || this.recentPorts.indexOf(wanted) >= 0)
        wanted = ((wanted + 1) & 0xffff) | 0xc000;
    }
    this.ports[n] = wanted &= 0xffff;
    return wanted;
  }

  private hasSettings(): boolean {
    for (let i = 0; i < 10; i++) if (this.watched[i] !== this.addresses[i + Register.SHAR - 1]) return false;
    return true;
  }

  private writeSizes(n: number, rx: number, tx: number): void {
    this.spi.write16(Block.SOCKET + n * Block.BLOCK_STRIDE, SocketRegister.Sn_RXBUF_SIZE, (rx << 8) | tx);
  }

  /** Reads until the register has that value: the chip may be starting. 100 ms, or 400 frames if they are faster. */
  private expect(register: number, value: number, name: string): void {
    const deadline = this.clock.now() + 100;
    let seen = -1;
    for (let i = 0; i < 400 && (i < 20 || this.clock.now() < deadline); i++) {
      seen = this.spi.read8(Block.COMMON, register);
      if (seen === value) return;
    }
    throw notFound(name, value, seen);
  }
}

function notFound(name: string, wanted: number, seen: number): Error {
  return ringletError(
    'ERR_CHIP_NOT_FOUND',
    'No W5500 answers: ' +
      name +
      ' is 0x' +
      seen.toString(16) +
      ' instead of 0x' +
      wanted.toString(16) +
      '. Check power, the pins MISO, MOSI, SCK and CS, SPI mode 0, and a clock of 1 to 33 MHz',
  );
}

function planSizes(kilobytes: number[] | undefined, sizes: number[]): void {
  let sum = 0;
  for (let n = 0; n < SOCKETS; n++) {
    const size = kilobytes ? kilobytes[n] || 0 : 2;
    if ([0, 1, 2, 4, 8, 16].indexOf(size) < 0) usageError('A socket buffer has 0, 1, 2, 4, 8 or 16 KB');
    sum += size;
    sizes.push(size << 10);
  }
  if (sum > 16) usageError('The W5500 has 16 KB of socket memory each way, not ' + sum);
}
