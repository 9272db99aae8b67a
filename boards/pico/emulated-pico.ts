/**
 * A W5500-EVB-Pico on the desktop: rp2040js runs a real firmware image, with a flash chip that keeps what is written, the
 * simulated W5500 on SPI0 (MISO GP16, CS GP17, SCK GP18, MOSI GP19, RSTn GP20, INTn GP21) and its USB serial port.
 *
 * What is honest: instruction cycles at the clock that the firmware sets, SPI bits, USB packets, the flash chip's times.
 * What is not: no XIP cache and no flash wait states (real code in flash is slower), no brown-out, unaligned access goes on
 * where a real core faults, and the ring oscillator's random bits are the desktop's.
 *
 * Emulated time never runs faster than the desktop's, so that servers on the desktop are not too slow for it; it runs slower
 * whenever the board is busy, about 2.5 times. It all happens on the calling thread, in slices: ./pico-worker.ts is for
 * programs that have other things to do.
 */
import { RP2040 } from 'rp2040js';
import { createSimBoard, type SimBoard, type SimBoardOptions } from '../sim/index.js';
import { ChipClock } from './chip-clock.js';
import { EmulatedTime } from './emulated-time.js';
import { FlashSsi, IO_QSPI_BASE, QspiPins, Registers, SSI_BASE, XIP_CONTROL_BASE } from './flash-wiring.js';
import { bootromOf, flashOf } from './image.js';
import { NorFlash } from './nor-flash.js';
import { RingOscillator, ROSC_BASE } from './ring-oscillator.js';
import { UsbConsole } from './usb-console.js';
import { wireW5500 } from './w5500-wiring.js';

const XIP_BASE = 0x10000000;
/** Kaluma runs the stored program only if it is high; its pull-up is not modelled. */
const KALUMA_LOAD_PIN = 22;
/** Instructions between two looks at the desktop's clock: 40 µs or so of emulated time. */
const CHECK_EVERY = 4000;
const SLICE_MS = 8;
/** What a desktop with other things to do may be late by, without time being lost on the board. */
const CATCH_UP_MS = 50;

export interface EmulatedPicoOptions {
  /** A UF2 or .bin file. */
  image: Uint8Array;
  /** The B1 boot ROM, 16 KB. */
  bootrom: Uint8Array;
  /** 8 bytes, the flash chip's own number: boards of one LAN need different ones. */
  uniqueId?: Uint8Array;
  /** Of the chip and its LAN; their clock is the emulated one. */
  sim?: Omit<SimBoardOptions, 'clock'>;
  /** What the emulator finds wrong with the program: unaligned access, unknown addresses. */
  onWarning?: (text: string) => void;
}

export class EmulatedPico {
  readonly console = new UsbConsole();
  readonly sim: SimBoard;
  /** How often the watchdog has restarted it. */
  restarts = 0;
  flash!: NorFlash;
  /** Called now and then, whenever the desktop gets a turn. */
  onSlice: (() => void) | undefined;
  private mcu!: RP2040;
  private time!: EmulatedTime;
  private readonly clock: ChipClock;
  private readonly bootrom: Uint32Array;
  private memory: Uint8Array;
  private running = false;
  private restartDue = false;
  /** By a breakpoint without a debugger, which is how firmware gives up; time goes on. */
  private halted = false;
  private sliceTimer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  /** Emulated time may not pass desktop time: where both stood when it last fell behind. */
  private anchor = { emulatedMs: 0, desktopMs: 0 };

  constructor(private readonly options: EmulatedPicoOptions) {
    this.bootrom = bootromOf(options.bootrom);
    this.memory = flashOf(options.image);
    this.clock = new ChipClock(
      () => this.milliseconds,
      delayMs => this.time.wakeAfter(delayMs),
    );
    this.powerUp(0);
    this.sim = createSimBoard({ ...options.sim, clock: this.clock });
    wireW5500(this.mcu, this.sim.chip);
  }

  /** Emulated milliseconds since the board got power. */
  get milliseconds(): number {
    return this.time.milliseconds;
  }

  /** A copy of the flash, 2 MB. */
  flashContent(): Uint8Array {
    return this.memory.slice();
  }

  /** A word as the processor would read it. */
  word(address: number): number {
    return this.mcu.readUint32(address) >>> 0;
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.anchor = { emulatedMs: this.milliseconds, desktopMs: performance.now() };
    this.slice();
  }

  /** Nothing is left behind: no timer, no connection. The console ends. */
  stop(): void {
    this.pause();
    this.sim.close();
    this.console.push(null);
    this.console.destroy();
  }

  pause(): void {
    this.running = false;
    clearTimeout(this.sliceTimer as NodeJS.Timeout);
    clearImmediate(this.sliceTimer as NodeJS.Immediate);
  }

  /** The RUN pin: the processor starts again, the network chip keeps its state. */
  restart(): void {
    this.powerUp(this.milliseconds);
    wireW5500(this.mcu, this.sim.chip);
    this.clock.runDue();
    this.restarts++;
  }

  /** Runs for so many emulated milliseconds at once, however long that takes: for tests. */
  runFor(emulatedMs: number): void {
    const end = this.milliseconds + emulatedMs;
    while (this.milliseconds < end) this.steps(1, end);
  }

  private powerUp(sinceMs: number): void {
    const time = new EmulatedTime(sinceMs, () => this.clock.runDue());
    const mcu = new RP2040(time.clock);
    time.follow(mcu);
    const tell = (_component: string, text: string) => this.options.onWarning?.(text);
    mcu.logger = { debug: () => {}, info: () => {}, warn: tell, error: tell };
    mcu.loadBootrom(this.bootrom);
    mcu.flash.set(this.memory);
    this.memory = mcu.flash.subarray(0, this.memory.length);
    this.flash = new NorFlash(this.memory, this.options.uniqueId ?? DEFAULT_ID, () => time.milliseconds);
    const pins = new QspiPins(mcu, 'IO_QSPI');
    mcu.peripherals[IO_QSPI_BASE] = pins;
    mcu.peripherals[XIP_CONTROL_BASE] = new Registers(mcu, 'XIP_CTRL');
    mcu.peripherals[ROSC_BASE] = new RingOscillator(mcu, 'ROSC');
    mcu.peripherals[SSI_BASE] = new FlashSsi(mcu, this.flash, pins);
    mcu.gpio[KALUMA_LOAD_PIN]!.setInputValue(true);
    this.halted = false;
    mcu.onBreak = () => {
      this.halted = true;
      this.options.onWarning?.('The program has stopped at a breakpoint: on a board this is a fault, and it hangs.');
    };
    watchdogOf(mcu).onWatchdogTrigger = () => {
      this.restartDue = true;
    };
    mcu.core.PC = XIP_BASE;
    this.mcu = mcu;
    this.time = time;
    this.console.attach(mcu);
  }

  private slice(): void {
    this.onSlice?.();
    const begin = performance.now();
    let ahead = this.milliseconds - this.anchor.emulatedMs - (begin - this.anchor.desktopMs);
    if (ahead < -CATCH_UP_MS) this.anchor = { emulatedMs: this.milliseconds, desktopMs: begin };
    while (this.running) {
      const now = performance.now();
      const limit = this.anchor.emulatedMs + (now - this.anchor.desktopMs);
      ahead = this.milliseconds - limit;
      if (ahead >= 0) {
        this.sliceTimer = setTimeout(() => this.slice(), Math.max(1, ahead));
        return;
      }
      if (now - begin >= SLICE_MS) {
        this.sliceTimer = setImmediate(() => this.slice());
        return;
      }
      this.steps(CHECK_EVERY, limit);
    }
  }

  /** So many instructions; asleep, up to the next event. Not beyond `endMs`. */
  private steps(count: number, endMs: number): void {
    const { mcu, time } = this;
    const { core } = mcu;
    for (let i = 0; i < count && !this.restartDue; i++) {
      if (core.waiting || this.halted) {
        if (time.milliseconds >= endMs) return;
        time.sleep(endMs);
      } else time.pass(core.executeInstruction());
    }
    if (!this.restartDue) return;
    this.restartDue = false;
    this.restart();
  }
}

const DEFAULT_ID = Uint8Array.of(0xe6, 0x60, 0x58, 0x38, 0x83, 0x00, 0x00, 0x01);

function watchdogOf(mcu: RP2040): { onWatchdogTrigger: () => void } {
  return mcu.peripherals[0x40058] as unknown as { onWatchdogTrigger: () => void };
}
