/** The simulated W5500 at the pins of the emulated board, as on a W5500-EVB-Pico; every SPI byte takes the time of its bits. */
import { GPIOPinState, type RP2040 } from 'rp2040js';
import type { SimW5500 } from '../sim/w5500.js';

const CHIP_SELECT = 17;
const RESET = 20;
const INTERRUPT = 21;

export function wireW5500(mcu: RP2040, chip: SimW5500): void {
  const spi = mcu.spi[0]!;
  let clocked = 0;
  const byteDone = mcu.clock.createAlarm(() => spi.completeTransmit(chip.transfer(clocked)));
  spi.onTransmit = value => {
    clocked = value & 0xff;
    byteDone.schedule((spi.dataBits * 1e9) / (spi.clockFrequency || mcu.clkPeri));
  };

  // An undriven chip select or reset is high: the board has pull-ups.
  const isLow = (state: GPIOPinState) => state === GPIOPinState.Low;
  chip.deselect();
  let selected = false;
  mcu.gpio[CHIP_SELECT]!.addListener(state => {
    if (isLow(state) === selected) return;
    selected = !selected;
    if (selected) chip.select();
    else chip.deselect();
  });
  mcu.gpio[RESET]!.addListener(state => chip.resetPin(isLow(state) ? 0 : 1));
  const interrupt = mcu.gpio[INTERRUPT]!;
  interrupt.setInputValue(chip.intPin() === 1);
  chip.onInterrupt = level => interrupt.setInputValue(level === 1);
}
