/**
 * What Espruino's composition roots for the W5500-EVB-Pico share: SPI0 (Espruino calls it SPI1) at MISO GP16, CS GP17, SCK GP18,
 * MOSI GP19, RST GP20, clock, timers and randomness.
 *
 * Randomness: entropy-pool.ts, with its seed in the Storage files ringlet.seed0 and ringlet.seed1 and readings of E.hwRand(), which on RP2040 is
 * the ring oscillator's bit: known to be weak, and never enough alone. Without a seed connect() throws ERR_NO_ENTROPY: the runner
 * (`npm run hil -- upload` and `run`) brings one, or call `seed(bytes)` of what start() answers once, with 32 bytes that somebody else has drawn.
 *
 * Time: Espruino's getTime() jumps when an application calls setTime(); every deadline and the lease jump with it, so set the
 * time before start(), or not at all: certificates are checked by the network's own time (queryTime).
 *
 * Memory: public servers send records of 16,406 bytes and ignore record_size_limit, so all 16 KB of the chip go to one socket,
 * where such a record waits for its end behind a ring of 4 KB (2 KB will do, for more traffic on SPI). That allows one connection at a time,
 * and no lookup while it is open. `buffers: { rx: [8, 4, 2, 2], tx: [8, 4, 2, 2] }` allows more, if servers send smaller records, or with
 * a `receiveBuffer` of 16,645 bytes.
 */
import type { SpiPort, Timer } from '../src/platform.js';
import { bytesOf } from '../src/socket/byte-string.js';
import { ONE_SOCKET } from '../src/w5500/buffer-plans.js';
import { entropyPool } from './entropy-pool.js';
import { type StartOptions, type W5500BoardParts, w5500Board } from './w5500-board.js';

const SEED_FILE = 'ringlet.seed';
const BAUD = 8000000;
/** Espruino's SPI.send keeps a chunk on the C stack: longer transfers are split into frames of this many data bytes. */
const LONGEST_FRAME = 512;

function espruinoSpi(spi: EspruinoSpi, cs: EspruinoPin): SpiPort {
  const frames = (reading: boolean) => (header: Uint8Array, data: Uint8Array, offset: number, length: number) => {
    const end = offset + length;
    while (offset < end) {
      const piece = end - offset < LONGEST_FRAME ? end - offset : LONGEST_FRAME;
      const there = data.subarray(offset, offset + piece);
      // While the chip is read it looks at nothing that comes: what lies there does as well as zeros, which would be 38 variables.
      if (reading) there.set(spi.send([header, there], cs).subarray(3));
      else spi.write(header, there, cs);
      offset += piece;
      if (offset === end) return;
      // The next frame goes on where this one ends; the 16-bit address wraps as the chip's does (W5500 §2.2.2).
      const address = (header[0] << 8) + header[1] + piece;
      header[0] = address >> 8;
      header[1] = address;
    }
  };
  return { read: frames(true), write: frames(false) };
}

/** What one composition root has and another one has not. */
export type EspruinoParts = Pick<
  W5500BoardParts,
  'crypto' | 'profile' | 'services' | 'address' | 'recorder' | 'sessions' | 'slices'
>;

/** Sets up the pins, resets the chip and, unless it has an address, starts DHCP. The first hash of `crypto` is SHA-256. */
export function espruinoBoard(parts: EspruinoParts, options?: StartOptions) {
  const o = options || {};
  const crypto = parts.crypto;
  // Chip select high before SPI starts, RSTn released; the driver resets the chip through MR.
  D17.write(1);
  D20.write(1);
  SPI1.setup({ sck: D18, miso: D16, mosi: D19, baud: BAUD, mode: 0 });
  const id = bytesOf(getSerial());
  const board = w5500Board({
    services: parts.services,
    address: parts.address,
    spi: espruinoSpi(SPI1, D17),
    clock: { now: () => getTime() * 1000 },
    timer: { after: (delayMs, callback) => setTimeout(callback, delayMs), cancel: clearTimeout as Timer['cancel'] },
    entropy: entropyPool({
      sha256: crypto.hashes[0],
      id,
      reading: () => E.hwRand(),
      stamp: () => getTime() * 1000000,
      load: copy => bytesOf(require('Storage').read(SEED_FILE + copy) || ''),
      save: (copy, file) => require('Storage').write(SEED_FILE + copy, file),
    }),
    crypto,
    profile: parts.profile,
    uniqueId: id,
    hostname: 'espruino',
    receiveBuffer: o.receiveBuffer || 4096,
    outputBuffer: 1024,
    recordsInChip: true,
    slices: parts.slices,
    buffers: o.buffers || ONE_SOCKET,
    recorder: parts.recorder,
    sessions: parts.sessions,
  });
  board.network.start();
  return board;
}
