/**
 * A board that is the real Espruino, built for the desktop, with a simulated W5500: `ESPRUINO=/path/to/espruino node build/hil/sim/espruino-desktop.js`.
 * The firmware reaches the chip through two FIFOs in its folder, which its own E.openFile can read and write synchronously; hil/entries/espruino-desktop.ts is
 * the other end. Its flash is a file in the same folder.
 */
import { execFileSync } from 'node:child_process';
import { constants, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { startFirmware } from './firmware.js';
import { SpiStream } from './spi-stream.js';

const FIFOS = ['mosi', 'miso'];

const binary = process.env.ESPRUINO;
if (!binary) {
  process.stderr.write('ESPRUINO does not name a desktop build of Espruino\n');
  process.exit(2);
}

const { sim, folder, end } = startFirmware([binary], at => {
  const missing = FIFOS.map(name => join(at, name)).filter(path => !existsSync(path));
  if (missing.length > 0) execFileSync('mkfifo', missing);
});

// Read and write: opening one end of a FIFO waits for the other, and the firmware's end comes and goes with its resets.
const [mosi, miso] = FIFOS.map(name => openSync(join(folder, name), constants.O_RDWR | constants.O_NONBLOCK));
const scratch = Buffer.alloc(4096);

const stream = new SpiStream({
  spi: sim.spi,
  answer: bytes => {
    for (let done = 0; done < bytes.length; ) done += writeSync(miso!, bytes, done);
  },
  discard: () => {
    try {
      while (readSync(miso!, scratch) > 0);
    } catch {
      // EAGAIN: it is empty.
    }
  },
  stuck: end,
});
new Socket({ fd: mosi!, readable: true, writable: false }).on('data', bytes => stream.feed(bytes));
