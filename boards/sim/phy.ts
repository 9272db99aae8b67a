/** The PHY as PHYCFGR shows it, W5500 §4.1, and the cable. A link takes `linkUpMs` from reset or plugging in. */
import type { ScheduledEvent, SimClock } from './clock.js';

const RST = 0x80;
const OPMD = 0x40;
const RESET_VALUE = 0xb8;
const POWER_DOWN = 6;
/** DPX (4) and SPD (2) for each OPMDC; the autonegotiating modes find a full-duplex 100 Mbit/s partner. */
const SPEEDS = [0, 4, 2, 6, 2, 0, 0, 6];

export class Phy {
  private config = RESET_VALUE;
  /** OPMDC takes effect at the PHY's reset, not when it is written. */
  private mode = 7;
  private plugged = true;
  private up = false;
  private negotiation: ScheduledEvent | undefined;

  constructor(
    private readonly clock: SimClock,
    private readonly linkUpMs: () => number,
    private readonly changed: () => void,
  ) {}

  get linkUp(): boolean {
    return this.up;
  }

  /** Hardware reset: back to the PMODE pins and a new negotiation. */
  reset(): void {
    this.config = RESET_VALUE;
    this.restart();
  }

  cable(plugged: boolean): void {
    this.plugged = plugged;
    this.restart();
  }

  read(): number {
    return (this.config & 0xf8) | (this.up ? SPEEDS[this.mode]! | 1 : 0);
  }

  write(value: number): void {
    const before = this.config;
    this.config = value & 0xf8;
    const wasHeld = (before & RST) === 0;
    const isHeld = (value & RST) === 0;
    if (isHeld !== wasHeld) this.restart();
  }

  private restart(): void {
    if (this.negotiation !== undefined) this.clock.cancel(this.negotiation);
    this.negotiation = undefined;
    this.mode = (this.config & OPMD) === 0 ? 7 : (this.config >> 3) & 7;
    this.set(false);
    if (!this.plugged || (this.config & RST) === 0 || this.mode === POWER_DOWN) return;
    const delay = this.linkUpMs();
    if (delay === 0) this.set(true);
    else this.negotiation = this.clock.after(delay, () => this.set(true));
  }

  private set(up: boolean): void {
    if (this.up === up) return;
    this.up = up;
    this.changed();
  }
}
