/**
 * A W5500 as its pins show it: SPI, RSTn, INTn. Common registers, interrupts, resets and the faults that concern the whole
 * chip are here; sockets, PHY, SPI framing and memories have files of their own.
 */
import type { SpiPort } from '../../src/platform.js';
import { dotted } from './addresses.js';
import { BufferRam } from './buffer-ram.js';
import type { ScheduledEvent, SimClock } from './clock.js';
import type { ChipContext, ChipOptions, NetworkSettings } from './context.js';
import type { Faults } from './faults.js';
import type { Datagram, Lan } from './lan.js';
import { Phy } from './phy.js';
import { byAddress, Common, commonRegisters, Protocol, resetBytes, Sn, State } from './registers.js';
import { SimSocket } from './socket.js';
import { type Frame, SpiSlave } from './spi-slave.js';

const COMMON_LENGTH = 0x40;
const registerAt = byAddress(commonRegisters, COMMON_LENGTH);
const RESET_PULSE_MS = 0.5;
const PLL_LOCK_MS = 1;
/** INTLEVEL counts (n + 1) times 4 cycles of 150 MHz. */
const INTLEVEL_UNIT_MS = 4 / 150000;

export class SimW5500 implements ChipContext {
  readonly sockets: readonly SimSocket[];
  readonly phy: Phy;
  readonly txRam = new BufferRam();
  readonly rxRam = new BufferRam();
  /** What the driver did that the datasheet forbids; each rule once, with its first context. */
  readonly violations: string[] = [];
  /** Called on every edge of INTn that is not lost. */
  onInterrupt: ((level: 0 | 1) => void) | undefined;
  readonly spi: SpiPort;
  private readonly slave: SpiSlave;
  private readonly common = new Uint8Array(COMMON_LENGTH);
  private readonly rulesBroken = new Set<string>();
  private resetReadsLeft = 0;
  private events = 0;
  private intLevel: 0 | 1 = 1;
  private intRoseAt = Number.NEGATIVE_INFINITY;
  private intHoldOff: ScheduledEvent | undefined;
  private resetFellAt: number | undefined;
  private readyAt = Number.NEGATIVE_INFINITY;
  private spiEvents: { at: number; event: () => void }[] = [];
  private seed: number;

  constructor(
    readonly clock: SimClock,
    readonly lan: Lan,
    readonly options: ChipOptions,
    readonly faults: Faults,
    seed: number,
  ) {
    this.seed = seed >>> 0;
    this.slave = new SpiSlave(this, options);
    this.sockets = Array.from({ length: 8 }, (_, n) => new SimSocket(n, this));
    this.phy = new Phy(
      clock,
      () => options.linkUpMs,
      () => this.linkChanged(),
    );
    this.phy.reset();
    this.resetRegisters();
    this.spi = {
      read: (header, into, offset, length) => this.frame(header, into, offset, length, true),
      write: (header, data, offset, length) => this.frame(header, data, offset, length, false),
    };
    lan.attach(datagram => this.receiveDatagram(datagram));
  }

  /** Counts of frames and bytes since power-up. */
  get stats(): SpiSlave['stats'] {
    return this.slave.stats;
  }

  set onFrame(observer: ((frame: Frame) => void) | undefined) {
    this.slave.onFrame = observer;
  }

  get linkUp(): boolean {
    return this.phy.linkUp;
  }

  select(): void {
    this.clock.runDue();
    for (const socket of this.sockets) socket.frameStarted();
    this.slave.select();
  }

  deselect(): void {
    this.slave.deselect();
  }

  /** Clocks one byte; answers what MISO carried. */
  transfer(mosi: number): number {
    const miso = this.slave.transfer(mosi & 0xff);
    if (this.spiEvents.length > 0) this.runSpiEvents();
    return this.faults.misoStuck ?? miso;
  }

  transferBytes(mosi: ArrayLike<number>): Uint8Array {
    return Uint8Array.from({ length: mosi.length }, (_, i) => this.transfer(mosi[i]!));
  }

  /** Runs `event` once `count` more bytes have been clocked, between that byte and the next. */
  scheduleAfterSpiBytes(count: number, event: () => void): void {
    this.spiEvents.push({ at: this.stats.bytes + count, event });
  }

  /** RSTn: low for 500 µs or more resets everything, the PHY too; the chip answers 1 ms after it has risen. */
  resetPin(level: 0 | 1): void {
    if (level === 0) {
      this.resetFellAt ??= this.clock.now();
      this.resetRegisters();
      return;
    }
    if (this.resetFellAt === undefined) return;
    if (this.clock.now() - this.resetFellAt < RESET_PULSE_MS) this.violate('RSTn low for less than 500 µs', '');
    this.resetFellAt = undefined;
    this.readyAt = this.clock.now() + PLL_LOCK_MS;
    this.phy.reset();
  }

  /** INTn, active low. */
  intPin(): 0 | 1 {
    return this.intLevel;
  }

  /** The supply dipped: every register is back at its reset value and no one was told. */
  brownOut(): void {
    this.resetRegisters();
  }

  /** Another station was seen to use our address. */
  raiseConflict(): void {
    this.events |= 0x80;
    this.interruptsChanged();
  }

  /** An ICMP port-unreachable message has arrived. */
  raiseUnreachable(address: Uint8Array, port: number): void {
    this.common.set(address, Common.UIPR);
    this.common.set([port >> 8, port & 0xff], Common.UPORTR);
    this.events |= 0x40;
    this.interruptsChanged();
  }

  /** Ends every connection; the chip is of no use afterwards. */
  close(): void {
    for (const socket of this.sockets) socket.reset();
  }

  readByte(block: number, address: number): number {
    let value = this.ready() ? this.sample(block, address) : 0x00;
    if (this.faults.alterRead !== undefined) value = this.faults.alterRead(block, address, value) & 0xff;
    return value;
  }

  writeByte(block: number, address: number, value: number): void {
    if (!this.ready()) return;
    const n = block >> 2;
    switch (block === 0 ? -1 : block & 3) {
      case -1:
        this.writeCommon(address, value);
        break;
      case 1:
        this.sockets[n]!.writeByte(address, value);
        break;
      case 2:
        this.checkBuffer(this.txRam, n);
        this.txRam.write(n, address, value);
        break;
      case 3:
        this.rxRam.write(n, address, value);
        break;
      default: // reserved block: ignored
    }
  }

  settings(): NetworkSettings {
    return {
      address: dotted(this.common, Common.SIPR),
      mask: dotted(this.common, Common.SUBR),
      gateway: dotted(this.common, Common.GAR),
      mac: Buffer.from(this.common.subarray(Common.SHAR, Common.SHAR + 6)).toString('hex'),
    };
  }

  arpTimeout(): number {
    return (this.retryTime() * (this.common[Common.RCR]! + 1)) / 10;
  }

  /** Every wait doubles until the next one would exceed 16 bits, W5500 §4.1 (RCR). */
  tcpTimeout(): number {
    let wait = this.retryTime();
    let total = 0;
    for (let i = 0; i <= this.common[Common.RCR]!; i++) {
      total += wait;
      if (wait * 2 <= 0xffff) wait *= 2;
    }
    return total / 10;
  }

  violate(rule: string, context: string): void {
    if (this.rulesBroken.has(rule)) return;
    this.rulesBroken.add(rule);
    this.violations.push(`${rule} (frame ${this.stats.frames}${context === '' ? '' : ', ' + context})`);
  }

  interruptsChanged(): void {
    const asserted = (this.events & this.common[Common.IMR]!) !== 0 || (this.sir() & this.common[Common.SIMR]!) !== 0;
    if (!asserted) {
      if (this.intLevel === 1) return;
      this.intRoseAt = this.clock.now();
      this.setIntPin(1);
      return;
    }
    if (this.intLevel === 0 || this.intHoldOff !== undefined) return;
    const level = (this.common[Common.INTLEVEL]! << 8) | this.common[Common.INTLEVEL + 1]!;
    const wait = level === 0 ? 0 : this.intRoseAt + (level + 1) * INTLEVEL_UNIT_MS - this.clock.now();
    if (wait <= 0) {
      this.setIntPin(0);
      return;
    }
    this.intHoldOff = this.clock.after(wait, () => {
      this.intHoldOff = undefined;
      this.intRoseAt = Number.NEGATIVE_INFINITY;
      this.interruptsChanged();
    });
  }

  sizesChanged(): void {
    this.rxRam.carve(this.sockets.map(socket => socket.bytes[Sn.RXBUF_SIZE]!));
    this.txRam.carve(this.sockets.map(socket => socket.bytes[Sn.TXBUF_SIZE]!));
  }

  checkOpen(socket: number, protocol: number, port: number): void {
    for (const address of [Sn.RXBUF_SIZE, Sn.TXBUF_SIZE]) {
      const sum = this.sockets.reduce((total, other) => total + other.bytes[address]!, 0);
      const kind = address === Sn.RXBUF_SIZE ? 'Sn_RXBUF_SIZE' : 'Sn_TXBUF_SIZE';
      if (sum > 16) this.violate(`sum of ${kind} above 16`, `${sum}`);
    }
    if (protocol === Protocol.MACRAW) return;
    if (port === 0) this.violate('OPEN with Sn_PORT 0', `socket ${socket}`);
    const other = this.sockets.find(
      ({ index, state, bytes, word }) =>
        index !== socket &&
        state !== State.CLOSED &&
        (bytes[Sn.MR]! & 0x0f) === protocol &&
        word.call(this.sockets[index], Sn.PORT) === port,
    );
    if (other !== undefined)
      this.violate('local port used twice', `port ${port}, sockets ${other.index} and ${socket}`);
  }

  random(limit: number): number {
    // mulberry32
    this.seed = (this.seed + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.seed ^ (this.seed >>> 15), this.seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  private frame(header: Uint8Array, data: Uint8Array, offset: number, length: number, read: boolean): void {
    this.select();
    for (let i = 0; i < 3; i++) this.transfer(header[i]!);
    for (let i = offset; i < offset + length; i++) {
      const miso = this.transfer(read ? 0 : data[i]!);
      if (read) data[i] = miso;
    }
    this.deselect();
  }

  private sample(block: number, address: number): number {
    const n = block >> 2;
    switch (block === 0 ? -1 : block & 3) {
      case -1:
        return this.readCommon(address);
      case 1:
        return this.sockets[n]!.readByte(address);
      case 2:
        this.checkBuffer(this.txRam, n);
        return this.txRam.read(n, address);
      case 3:
        this.checkBuffer(this.rxRam, n);
        return this.rxRam.read(n, address);
      default:
        return 0x00;
    }
  }

  private readCommon(address: number): number {
    switch (address) {
      case Common.MR:
        if (this.resetReadsLeft === 0) return this.common[Common.MR]!;
        this.resetReadsLeft--;
        return 0x80;
      case Common.IR:
        return this.events;
      case Common.SIR:
        return this.sir();
      case Common.PHYCFGR:
        return this.phy.read();
      case Common.VERSIONR:
        if (this.faults.versionWrongReads === 0) return 0x04;
        this.faults.versionWrongReads--;
        return this.faults.versionWrong;
      default:
        return registerAt[address] === undefined ? 0 : this.common[address]!;
    }
  }

  private writeCommon(address: number, value: number): void {
    const entry = registerAt[address];
    // SIR is documented as R/W, but only Sn_IR clears it.
    if (address === Common.SIR) return;
    if (entry === undefined || entry.access === 'RO') {
      this.violate(`write to read-only or reserved ${entry?.name ?? '0x' + address.toString(16)}`, `value ${value}`);
      return;
    }
    if (address === Common.MR && (value & 0x80) !== 0) {
      this.resetRegisters();
      this.resetReadsLeft = this.options.resetReads;
    } else if (address === Common.IR) this.events &= ~value;
    else if (address === Common.PHYCFGR) this.phy.write(value);
    else this.common[address] = value;
    this.interruptsChanged();
  }

  private resetRegisters(): void {
    this.common.set(resetBytes(commonRegisters, COMMON_LENGTH));
    this.events = 0;
    this.resetReadsLeft = 0;
    for (const socket of this.sockets) socket.reset();
    this.sizesChanged();
    this.interruptsChanged();
  }

  private ready(): boolean {
    if (this.resetFellAt === undefined) {
      if (this.readyAt === Number.NEGATIVE_INFINITY) return true;
      if (this.clock.now() >= this.readyAt) {
        this.readyAt = Number.NEGATIVE_INFINITY;
        return true;
      }
    }
    this.violate('access while the chip is in reset or its PLL is not locked', '');
    return false;
  }

  private checkBuffer(ram: BufferRam, socket: number): void {
    if (ram.size(socket) === 0) this.violate('access to a buffer of size 0', `socket ${socket}`);
  }

  private retryTime(): number {
    return (this.common[Common.RTR]! << 8) | this.common[Common.RTR + 1]!;
  }

  private sir(): number {
    return this.sockets.reduce((bits, socket) => bits | ((socket.events & 0x1f) !== 0 ? 1 << socket.index : 0), 0);
  }

  private setIntPin(level: 0 | 1): void {
    this.intLevel = level;
    if (level === 0 && this.faults.interruptEdgesLost > 0) {
      this.faults.interruptEdgesLost--;
      return;
    }
    this.onInterrupt?.(level);
  }

  private runSpiEvents(): void {
    const due = this.spiEvents.filter(({ at }) => at <= this.stats.bytes);
    this.spiEvents = this.spiEvents.filter(({ at }) => at > this.stats.bytes);
    for (const { event } of due) event();
  }

  private linkChanged(): void {
    for (const socket of this.sockets) socket.tcp.linkChanged();
  }

  private receiveDatagram({ from, to, payload }: Datagram): void {
    const { address } = this.settings();
    // Unicast to an address that the chip does not have is not received, whatever the sender wanted.
    if (to.address !== '255.255.255.255' && to.address !== address) return;
    for (const socket of this.sockets) {
      if (socket.state === State.UDP && socket.word(Sn.PORT) === to.port)
        socket.udp.receive(from.address, from.port, payload);
    }
  }
}
