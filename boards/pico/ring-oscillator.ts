/** ROSC (RP2040 datasheet §2.17): of it firmware wants that it is stable, and random bits; rp2040js has neither. */
import { randomInt } from 'node:crypto';
import { Registers } from './flash-wiring.js';

export const ROSC_BASE = 0x40060;
const STATUS = 0x18;
const RANDOMBIT = 0x1c;
const STABLE_AND_ENABLED = 0x80001000;

export class RingOscillator extends Registers {
  override readUint32(offset: number): number {
    if (offset === STATUS) return STABLE_AND_ENABLED;
    // Better bits than the real one's: nothing can be learned here about its randomness.
    return offset === RANDOMBIT ? randomInt(2) : super.readUint32(offset);
  }
}
