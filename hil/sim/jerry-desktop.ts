/**
 * A board that is the real JerryScript with a simulated W5500: `JERRY_SOURCE=… node build/hil/sim/jerry-desktop.js`. The engine is embedded by
 * jerry-host.c, which is built first; its SPI is descriptor 3.
 */

import { resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { startFirmware } from './firmware.js';
import { buildJerryHost } from './jerry-host.js';
import { SpiStream } from './spi-stream.js';

let program: string;
try {
  program = resolve(buildJerryHost());
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(2);
}

const { child, sim, end } = startFirmware([program], () => undefined, ['pipe']);
const line = child.stdio[3] as Duplex;
const stream = new SpiStream({
  spi: sim.spi,
  answer: bytes => line.write(bytes),
  // The program does that itself.
  discard: () => undefined,
  stuck: end,
});
line.on('data', bytes => stream.feed(bytes));
line.on('error', () => undefined);
