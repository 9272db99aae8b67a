/**
 * A W5500 as its pins show it: SPI, RSTn, INTn. This file joins the parts and does the resets; SPI framing, common
 * registers, sockets, PHY and memories have files of their own.
 */
import type { SpiPort } from '../../src/platform.js';
import { BufferRam } from './buffer-ram.js';
import type { SimClock } from './clock.js';
import { type CommonContext, CommonEvent, CommonRegisters } from './common-registers.js';
import type { ChipContext, ChipOptions, NetworkSettings } from './context.js';
import { type Faults, flipped } from './faults.js';
import { InterruptPin } from './interrupt-pin.js';
import type { Datagram, Lan } from './lan.js';
import { Phy } from './phy.js';
import { Protocol, Sn, State } from './registers.js';
import { seededRandom } from './seeded-random.js';
import { SimSocket } from './socket.js';
import { type Frame, SpiSlave } from './spi-slave.js';

const RESET_PULSE_MS = 0.5;
const PLL_LOCK_MS = 1;

/** Waits for a counter. */
interface CountedEvent {
  at: number;
  event: () => void;
}

/** Runs what `count` has reached; answers the others. */
function runReached(events: CountedEvent[], count: number): CountedEvent[] {
  const later = events.filter(({ at }) => at > count);
  for (const { at, event } of events) if (at <= count) event();
  return later;
}

export class SimW5500 implements ChipContext, CommonContext {
  readonly sockets: readonly SimSocket[];
  readonly phy: Phy;
  readonly txRam = new BufferRam();
  readonly rxRam = new BufferRam();
  /** What the driver did that the datasheet forbids; each rule once, with its first context. */
  readonly violations: string[] = [];
  /** One call, one frame. */
  readonly spi: SpiPort;
  readonly random: (limit: number) => number;
  private readonly slave: SpiSlave;
  private readonly common: CommonRegisters;
  private readonly interrupt: InterruptPin;
  private readonly rulesBroken = new Set<string>();
  private resetFellAt: number | undefined;
  private readyAt = Number.NEGATIVE_INFINITY;
  private spiEvents: CountedEvent[] = [];
  private frameEvents: CountedEvent[] = [];

  constructor(
    readonly clock: SimClock,
    readonly lan: Lan,
    readonly options: ChipOptions,
    readonly faults: Faults,
    seed: number,
  ) {
    this.random = seededRandom(seed);
    this.slave = new SpiSlave(this, options);
    this.common = new CommonRegisters(this);
    this.interrupt = new InterruptPin(clock, faults);
    this.sockets = Array.from({ length: 8 }, (_, n) => new SimSocket(n, this));
    this.phy = new Phy(
      clock,
      () => options.linkUpMs,
      () => {
        for (const socket of this.sockets) socket.tcp.linkChanged();
      },
    );
    this.phy.reset();
    this.softReset();
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

  /** Is told of every frame once it is complete. */
  set onFrame(observer: ((frame: Frame) => void) | undefined) {
    this.slave.onFrame = observer;
  }

  /** Is told of every edge of INTn. */
  set onInterrupt(observer: ((level: 0 | 1) => void) | undefined) {
    this.interrupt.onEdge = observer;
  }

  get linkUp(): boolean {
    return this.phy.linkUp;
  }

  select(): void {
    this.clock.runDue();
    if (this.frameEvents.length > 0) this.frameEvents = runReached(this.frameEvents, this.stats.frames);
    for (const socket of this.sockets) socket.frameStarted();
    this.slave.select();
  }

  deselect(): void {
    this.slave.deselect();
  }

  /** Clocks one byte; answers what MISO carried. */
  transfer(mosi: number): number {
    const miso = this.slave.transfer(mosi & 0xff);
    if (this.spiEvents.length > 0) this.spiEvents = runReached(this.spiEvents, this.stats.bytes);
    return this.faults.misoStuck ?? miso;
  }

  transferBytes(mosi: ArrayLike<number>): Uint8Array {
    return Uint8Array.from({ length: mosi.length }, (_, i) => this.transfer(mosi[i]!));
  }

  /** Runs `event` once `count` more bytes have been clocked, between that byte and the next. */
  scheduleAfterSpiBytes(count: number, event: () => void): void {
    this.spiEvents.push({ at: this.stats.bytes + count, event });
  }

  /** Runs `event` before the frame that follows `count` more. */
  scheduleAfterSpiFrames(count: number, event: () => void): void {
    this.frameEvents.push({ at: this.stats.frames + count, event });
  }

  /** RSTn: low for 500 µs or more resets everything, the PHY too; the chip answers 1 ms after it has risen. */
  resetPin(level: 0 | 1): void {
    if (level === 0) {
      this.resetFellAt ??= this.clock.now();
      this.softReset();
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
    return this.interrupt.level;
  }

  /** The supply dipped: every register is back at its reset value and no one was told. */
  brownOut(): void {
    this.softReset();
  }

  /** Another station was seen to use our address. */
  raiseConflict(): void {
    this.common.raise(CommonEvent.CONFLICT);
  }

  /** An ICMP port-unreachable message has arrived. */
  raiseUnreachable(address: Uint8Array, port: number): void {
    this.common.setUnreachable(address, port);
    this.common.raise(CommonEvent.UNREACH);
  }

  /** Ends every connection; the chip is of no use afterwards. */
  close(): void {
    for (const socket of this.sockets) socket.reset();
  }

  /** All registers to their reset values, connections ended without a word; link and PHY stay as they are. */
  softReset(): void {
    this.common.reset();
    for (const socket of this.sockets) socket.reset();
    this.sizesChanged();
    this.interruptsChanged();
  }

  readByte(block: number, address: number): number {
    let value = this.ready() ? this.sample(block, address) : 0x00;
    if (this.faults.flips.length > 0) value = flipped(this.faults.flips, block, false, value);
    if (this.faults.alterRead !== undefined) value = this.faults.alterRead(block, address, value) & 0xff;
    return this.faults.misoStuck ?? value;
  }

  writeByte(block: number, address: number, written: number): void {
    if (!this.ready()) return;
    const n = block >> 2;
    const value = this.faults.flips.length > 0 ? flipped(this.faults.flips, block, true, written) : written;
    if (block === 0) this.common.write(address, value);
    else if ((block & 3) === 1) this.sockets[n]!.writeByte(address, value);
    else if ((block & 3) !== 0) this.ramOf(block).write(n, address, value);
  }

  settings(): NetworkSettings {
    return this.common.settings();
  }

  arpTimeout(): number {
    return this.common.arpTimeout();
  }

  tcpTimeout(): number {
    return this.common.tcpTimeout();
  }

  socketEvents(): number {
    let bits = 0;
    for (const socket of this.sockets) if ((socket.events & 0x1f) !== 0) bits |= 1 << socket.index;
    return bits;
  }

  violate(rule: string, context: string): void {
    if (this.rulesBroken.has(rule)) return;
    this.rulesBroken.add(rule);
    this.violations.push(`${rule} (frame ${this.stats.frames}${context === '' ? '' : ', ' + context})`);
  }

  interruptsChanged(): void {
    this.interrupt.update(this.common.interrupting, this.common.interruptLevel);
  }

  sizesChanged(): void {
    this.rxRam.carve(this.sockets.map(socket => socket.bytes[Sn.RXBUF_SIZE]!));
    this.txRam.carve(this.sockets.map(socket => socket.bytes[Sn.TXBUF_SIZE]!));
  }

  checkOpen(socket: number, protocol: number, port: number): void {
    for (const [name, address] of [
      ['Sn_RXBUF_SIZE', Sn.RXBUF_SIZE],
      ['Sn_TXBUF_SIZE', Sn.TXBUF_SIZE],
    ] as const) {
      const sum = this.sockets.reduce((total, other) => total + other.bytes[address]!, 0);
      if (sum > 16) this.violate(`sum of ${name} above 16`, `${sum}`);
    }
    if (protocol === Protocol.MACRAW) return;
    if (port === 0) this.violate('OPEN with Sn_PORT 0', `socket ${socket}`);
    for (const other of this.sockets) {
      const inUse = other.state !== State.CLOSED && (other.bytes[Sn.MR]! & 0x0f) === protocol;
      if (other.index !== socket && inUse && other.word(Sn.PORT) === port) {
        this.violate('local port used twice', `port ${port}, sockets ${other.index} and ${socket}`);
      }
    }
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
    if (block === 0) return this.common.read(address);
    const n = block >> 2;
    if ((block & 3) === 0) return 0x00;
    return (block & 3) === 1 ? this.sockets[n]!.readByte(address) : this.ramOf(block).read(n, address);
  }

  private ramOf(block: number): BufferRam {
    const ram = (block & 3) === 2 ? this.txRam : this.rxRam;
    if (ram.size(block >> 2) === 0) this.violate('access to a buffer of size 0', `socket ${block >> 2}`);
    return ram;
  }

  /** False while the chip cannot answer: held in reset, or its PLL not locked yet. */
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

  private receiveDatagram({ from, to, payload }: Datagram): void {
    // Unicast to an address that the chip does not have is not received, whatever the sender wanted.
    if (to.address !== '255.255.255.255' && to.address !== this.settings().address) return;
    for (const socket of this.sockets) {
      if (socket.state !== State.UDP || socket.word(Sn.PORT) !== to.port) continue;
      socket.udp.receive(from.address, from.port, payload);
    }
  }
}
