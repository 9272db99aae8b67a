/**
 * WIZnet W5500-EVB-Pico (RP2040) with stock Espruino: the chip is wired to SPI0 (Espruino calls it SPI1), MISO GP16,
 * CS GP17, SCK GP18, MOSI GP19, RST GP20. Crypto is portable TypeScript.
 *
 * Randomness: entropy-pool.ts, with its seed in the Storage files ringlet.seed0 and ringlet.seed1 and readings of E.hwRand(), which on RP2040 is
 * the ring oscillator's bit: known to be weak, and never enough alone. Without a seed connect() throws ERR_NO_ENTROPY: the runner
 * (`npm run hil -- upload` and `run`) brings one, or call `seed(bytes)` once with 32 bytes that somebody else has drawn.
 *
 * Time: Espruino's getTime() jumps when an application calls setTime(); every deadline and the lease jump with it, so set the
 * time before start(), or not at all: certificates are checked by the network's own time (queryTime).
 *
 * Memory: public servers send records of 16,406 bytes and ignore record_size_limit, so all 16 KB of the chip go to one socket,
 * where such a record waits for its end behind a ring of 4 KB (2 KB will do, for more traffic on SPI). That allows one connection at a time,
 * and no lookup while it is open. `buffers: { rx: [8, 4, 2, 2], tx: [8, 4, 2, 2] }` allows more, if servers send smaller records, or with
 * a `receiveBuffer` of 16,645 bytes.
 */
import { aes128Gcm, aes256Gcm } from '../src/crypto/aes-gcm.js';
import { chacha20Poly1305 } from '../src/crypto/chacha20-poly1305.js';
import { ecdsaP256, ecdsaP384 } from '../src/crypto/ecdsa.js';
import type { CryptoProvider } from '../src/crypto/provider.js';
import { rsaPkcs1, rsaPss } from '../src/crypto/rsa.js';
import { secp256r1 } from '../src/crypto/secp256r1.js';
import { sha256 } from '../src/crypto/sha256.js';
import { sha384, sha512 } from '../src/crypto/sha512.js';
import { x25519 } from '../src/crypto/x25519.js';
import type { SpiPort } from '../src/platform.js';
import { bytesOf } from '../src/socket/byte-string.js';
import { FlightRecorder } from '../src/socket/flight-recorder.js';
import { ONE_SOCKET } from '../src/w5500/buffer-plans.js';
import { entropyPool } from './entropy-pool.js';
import { type StartOptions, w5500Board } from './w5500-board.js';

export { connect } from '../src/socket/connect.js';
export { pemToDer } from '../src/x509/pem.js';
export { trustAnchor } from '../src/x509/trust.js';
export type { StartOptions } from './w5500-board.js';

const SEED_FILE = 'ringlet.seed';

/** What public servers need, in the order in which this board is fast; no AES-CCM and no Ed25519, which they do not. */
const crypto: CryptoProvider = {
  hashes: [sha256, sha384, sha512],
  aeads: [chacha20Poly1305, aes128Gcm, aes256Gcm],
  groups: [x25519, secp256r1],
  signatures: [ecdsaP256, ecdsaP384, rsaPss, rsaPkcs1],
};

const pool = entropyPool(
  sha256,
  () => E.hwRand(),
  () => getTime() * 1000000,
  () => bytesOf(getSerial()),
  copy => bytesOf(require('Storage').read(SEED_FILE + copy) || ''),
  (copy, file) => require('Storage').write(SEED_FILE + copy, file),
);

/** Mixes 32 secret random bytes into the pool and keeps a seed in flash; answers the estimate of its entropy, in bits, of which connect() wants 128. */
export const seed = pool.seed;

const BAUD = 8000000;
/** Espruino's SPI.send keeps a chunk on the C stack: longer transfers are split into frames of this many data bytes. */
const LONGEST_FRAME = 512;

const zeros = new Uint8Array(LONGEST_FRAME);

function espruinoSpi(spi: EspruinoSpi, cs: EspruinoPin): SpiPort {
  return {
    read(header, into, offset, length) {
      for (let done = 0; done < length; done += LONGEST_FRAME) {
        const piece = length - done < LONGEST_FRAME ? length - done : LONGEST_FRAME;
        into.set(spi.send([header, zeros.subarray(0, piece)], cs).subarray(3, 3 + piece), offset + done);
        if (done + piece < length) advance(header, piece);
      }
    },
    write(header, data, offset, length) {
      for (let done = 0; done < length; done += LONGEST_FRAME) {
        const piece = length - done < LONGEST_FRAME ? length - done : LONGEST_FRAME;
        spi.write(header, data.subarray(offset + done, offset + done + piece), cs);
        if (done + piece < length) advance(header, piece);
      }
    },
  };
}

/** The next frame goes on where this one ends; the 16-bit address wraps as the chip's does (W5500 §2.2.2). */
function advance(header: Uint8Array, length: number): void {
  const address = (header[0] << 8) + header[1] + length;
  header[0] = address >> 8;
  header[1] = address;
}

/** Sets up the pins, resets the chip and starts DHCP; pass the answer to `connect`. */
export function start(options?: StartOptions) {
  const o = options || {};
  // Chip select high before SPI starts, RSTn released; the driver resets the chip through MR.
  D17.write(1);
  D20.write(1);
  SPI1.setup({ sck: D18, miso: D16, mosi: D19, baud: BAUD, mode: 0 });
  const board = w5500Board({
    spi: espruinoSpi(SPI1, D17),
    clock: { now: () => getTime() * 1000 },
    timer: { after: (delayMs, callback) => setTimeout(callback, delayMs), cancel: id => clearTimeout(id as number) },
    random: pool.random,
    portRandom: pool.ports,
    crypto,
    uniqueId: bytesOf(getSerial()),
    hostname: 'espruino',
    receiveBuffer: o.receiveBuffer || 4096,
    recordsInChip: true,
    sliceMs: 50,
    buffers: o.buffers || ONE_SOCKET,
    recorder: clock => new FlightRecorder(clock),
  });
  board.network.start();
  return board;
}
