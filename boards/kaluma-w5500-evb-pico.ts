/**
 * WIZnet W5500-EVB-Pico (RP2040) with Kaluma 1.2: the chip is wired to SPI0, MISO GP16, CS GP17, SCK GP18, MOSI GP19,
 * RST GP20. Crypto is src/crypto/bigint, for JerryScript. ChaCha20-Poly1305 is the only cipher: OpenSSL, BoringSSL, Go, rustls and the big content networks have it;
 * Windows' own TLS has it switched off, and FIPS forbids it. AES-128-GCM would take 6 KB of heap and a second per KB: who needs it adds
 * `aes128Gcm` to the list below. X25519 is the only group, for the same reason: secp256r1 is 1 KB. There is no flight recorder, for its 1 KB.
 *
 * Randomness: entropy-pool.ts, with its seed in the file /ringlet.seed, which Kaluma's file system replaces at once or not at all, and readings of the Pico
 * SDK's generator (pico_rand): it mixes the ring oscillator, the time, the board's number and what RAM held at power-up, nobody
 * has measured how much that is, and it is never enough alone. Without a seed connect() throws ERR_NO_ENTROPY: the runner (`npm run hil --
 * upload` and `run`) brings one, or call `seed(bytes)` of what start() answers once, with 32 bytes that somebody else has drawn. Math.random() knows no entropy at all.
 *
 * Time: millis(); Date.now() is always 0. Certificates are checked by the network's own time (queryTime).
 *
 * Memory: three quarters of this bundle stay in flash as packed text (tools/stored-overlays.mjs). Of the engine's heap of 180 KB an application has some 128 once it is loaded, 92 while a connection is open, and 66 at the
 * lowest point of a handshake. What SPI reads lies outside of that until garbage is collected, and there are 58 KB for it: hence frames of 256 bytes, and larger buffers are there, too. Buffers
 * as on Espruino: all 16 KB of the chip go to one socket, where a record of a public server waits for its end behind a ring of 4 KB. That allows one
 * connection at a time, and no lookup while it is open.
 */
import { chacha20Poly1305Of } from '../src/crypto/bigint/chacha20-poly1305.js';
import { ecdsaP256, ecdsaP384 } from '../src/crypto/bigint/ecdsa.js';
import { rsaPkcs1, rsaPss } from '../src/crypto/bigint/rsa.js';
import { checkBigInt } from '../src/crypto/bigint/self-test.js';
import { sha256 } from '../src/crypto/bigint/sha256.js';
import { sha384 } from '../src/crypto/bigint/sha512.js';
import { x25519 } from '../src/crypto/bigint/x25519.js';
import type {
  CryptoProvider,
  HashAlgorithm,
  HashName,
  SignatureName,
  SignatureVerifier,
} from '../src/crypto/provider.js';
import type { SpiPort } from '../src/platform.js';
import { bytesOf } from '../src/socket/byte-string.js';
import { slices } from '../src/socket/slices.js';
import { tls13 } from '../src/tls/profiles.js';
import { ONE_SOCKET } from '../src/w5500/buffer-plans.js';
import { udpServices } from '../src/w5500/services.js';
import { entropyPool } from './entropy-pool.js';
import { type StartOptions, w5500Board } from './w5500-board.js';

export { connect } from '../src/socket/connect.js';
export { pemToDer } from '../src/x509/pem.js';
export { trustAnchor } from '../src/x509/trust.js';
export type { StartOptions } from './w5500-board.js';

/**
 * What public servers need, in the order in which this board is fast; no AES-CCM and no Ed25519, which they do not; see above for AES-GCM and P-256 key exchange. What is
 * asked for when it is used is a stored overlay (tools/kaluma-overlays.mjs): a handshake compiles it, once or each time.
 */
const crypto: CryptoProvider = {
  hashes: [hash('sha256', 32, () => sha256), hash('sha384', 48, () => sha384)],
  aeads: [chacha20Poly1305Of(outsideHeap)],
  groups: [{ name: 'x25519', publicKeyLength: 32, generate: random => x25519.generate(random) }],
  get signatures() {
    return [
      verifier('ecdsa-secp256r1', () => ecdsaP256),
      verifier('ecdsa-secp384r1', () => ecdsaP384),
      verifier('rsa-pss', () => rsaPss),
      verifier('rsa-pkcs1', () => rsaPkcs1),
    ];
  },
};

function hash(name: HashName, digestLength: number, stored: () => HashAlgorithm): HashAlgorithm {
  return { name, digestLength, create: () => stored().create(), createHmac: key => stored().createHmac(key) };
}

function verifier(name: SignatureName, stored: () => SignatureVerifier): SignatureVerifier {
  return { name, verify: (key, hash, message, signature) => stored().verify(key, hash, message, signature) };
}

const SEED_FILE = '/ringlet.seed';
const FS = 'fs';

const MISO = 16;
const CS = 17;
const SCK = 18;
const MOSI = 19;
const RST = 20;
const BAUD = 8000000;
const LONGEST_FRAME = 256;
/** The largest buffer outside of the engine's heap: Kaluma asks for that memory and does not look whether there was any. */
const MOST_OUTSIDE = 8192;
/** The header of a frame that reads the receive memory of socket 0 from its beginning. */
const RX_MEMORY = [0, 0, 0x18];
/** Writes up to this many bytes, which registers are, have a buffer of their own for every length. */
const SHORT_WRITE = 8;

let tested = false;

/** Kaluma can set a bus up only once until the next reset. */
let bus: KalumaSpi | undefined;

function kalumaSpi(spi: KalumaSpi): SpiPort {
  // send() takes all of the memory behind a view: every array here is exactly as long as what is sent.
  const head = new Uint8Array(3);
  const short: Uint8Array[] = [];
  let page: Uint8Array | undefined;

  function bufferOf(length: number): Uint8Array {
    if (length > SHORT_WRITE && length < LONGEST_FRAME) return new Uint8Array(length);
    if (length <= SHORT_WRITE) return (short[length] = short[length] || new Uint8Array(length));
    return (page = page || outsideHeap(LONGEST_FRAME));
  }

  /** Chip select stays low; the next frame goes on where this one ends, the 16-bit address wraps as the chip's does (W5500 §2.2.2). */
  function begin(header: Uint8Array, done: number): void {
    const address = (header[0] << 8) + header[1] + done;
    head[0] = address >> 8;
    head[1] = address;
    head[2] = header[2];
    digitalWrite(CS, 0);
    spi.send(head);
  }

  return {
    read(header, into, offset, length) {
      for (let done = 0; done < length; done += LONGEST_FRAME) {
        const piece = length - done < LONGEST_FRAME ? length - done : LONGEST_FRAME;
        begin(header, done);
        into.set(spi.recv(piece), offset + done);
        digitalWrite(CS, 1);
      }
    },
    write(header, data, offset, length) {
      for (let done = 0; done < length; done += LONGEST_FRAME) {
        const piece = length - done < LONGEST_FRAME ? length - done : LONGEST_FRAME;
        const exact = bufferOf(piece);
        for (let i = 0; i < piece; i++) exact[i] = data[offset + done + i];
        begin(header, done);
        spi.send(exact);
        digitalWrite(CS, 1);
      }
    },
  };
}

/**
 * What SPI has read lies where C programs have their memory, 58 KB, until garbage is collected. Each connection makes more of that in the engine's heap than it waits
 * for, 6 KB, so buffers of former ones do not pile up. Read is the memory of a socket, which may be read at any time (W5500 §2.2.2).
 */
function outsideHeap(length: number): Uint8Array {
  if (!(length > 0 && length <= MOST_OUTSIDE)) return new Uint8Array(length);
  const spi = bus as KalumaSpi;
  digitalWrite(CS, 0);
  spi.send(new Uint8Array(RX_MEMORY));
  const bytes = spi.recv(length);
  digitalWrite(CS, 1);
  return bytes.fill(0);
}

/** 32 bits at a time out of the 128 that a call gives. The firmware's module rp2 has much else, 5 KB of heap for ever: what it is made of is asked. */
function readings(): () => number {
  const draw = process.binding('rp2').randomBigInt;
  let digits = '';
  return () => {
    if (digits.length < 8) digits = ('0000000' + draw().toString(16)).slice(-32);
    const reading = parseInt(digits.slice(0, 8), 16);
    digits = digits.slice(8);
    return reading;
  };
}

interface Alarm {
  id: number;
}

/** Kaluma counts from the beginning of its loop's turn, which may be long ago: what comes too early waits for the rest. */
export function after(delayMs: number, callback: () => void): Alarm {
  const due = millis() + delayMs;
  const alarm = { id: 0 };
  const fire = () => {
    const left = due - millis();
    if (left > 0) alarm.id = setTimeout(fire, left);
    else callback();
  };
  alarm.id = setTimeout(fire, delayMs);
  return alarm;
}

/** Sets up the pins, resets the chip and starts DHCP; pass the answer to `connect`. Throws ERR_CRYPTO_BIGINT if the engine computes wrongly. */
export function start(options?: StartOptions) {
  const o = options || {};
  if (!tested) checkBigInt();
  tested = true;
  // Chip select high before SPI starts, RSTn released; the driver resets the chip through MR.
  pinMode(CS, OUTPUT);
  digitalWrite(CS, 1);
  pinMode(RST, OUTPUT);
  digitalWrite(RST, 1);
  if (!bus) bus = new (require('spi').SPI)(0, { mode: 0, baudrate: BAUD, sck: SCK, miso: MISO, mosi: MOSI });
  const parts = w5500Board({
    services: udpServices,
    spi: kalumaSpi(bus),
    clock: { now: millis },
    timer: { after, cancel: alarm => clearTimeout((alarm as Alarm).id) },
    // That the file system replaces a file at once has to be taken on trust: both copies are one file.
    entropy: entropyPool({
      sha256: crypto.hashes[0],
      id: bytesOf(board.uid),
      reading: readings(),
      stamp: micros,
      load: () => (require(FS).exists(SEED_FILE) ? require(FS).readFile(SEED_FILE) : new Uint8Array(0)),
      save: (_, file) => require(FS).writeFile(SEED_FILE, file),
    }),
    crypto,
    profile: tls13,
    uniqueId: bytesOf(board.uid),
    hostname: 'kaluma',
    receiveBuffer: o.receiveBuffer || 4096,
    makeBuffer: outsideHeap,
    outputBuffer: 1024,
    recordsInChip: true,
    // What is between two slices takes 30 ms.
    slices: slices(250),
    buffers: o.buffers || ONE_SOCKET,
  });
  parts.network.start();
  return parts;
}
