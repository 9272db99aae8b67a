/**
 * WIZnet W5500-EVB-Pico (RP2040) with stock Espruino and crypto in portable TypeScript, and in C what the firmware has of it: what boards without a Thumb core start from
 * (copy it, change pins), and what needs nothing but a script. A handshake takes minutes here; espruino-w5500-evb-pico.ts has
 * machine code. A second connection to a server resumes the first one, also after a reset. Pins, randomness, time and memory: espruino-board.ts.
 */
import { ecdsaP256, ecdsaP384 } from '../src/crypto/ecdsa.js';
import type { CryptoProvider } from '../src/crypto/provider.js';
import { rsaPkcs1, rsaPss } from '../src/crypto/rsa.js';
import { secp256r1 } from '../src/crypto/secp256r1.js';
import { x25519 } from '../src/crypto/x25519.js';
import { flightRecorder } from '../src/socket/flight-recorder.js';
import { slices } from '../src/socket/slices.js';
import { tls13Sessions } from '../src/tls/profiles.js';
import { udpServices } from '../src/w5500/services.js';
import { espruinoBoard } from './espruino-board.js';
import { espruinoAeads, espruinoCryptoLibrary, espruinoHashes } from './espruino-crypto.js';
import { espruinoSessions } from './flash-sessions.js';
import type { StartOptions } from './w5500-board.js';

export { connect } from '../src/socket/connect.js';
export { pemToDer } from '../src/x509/pem.js';
export { trustAnchor } from '../src/x509/trust.js';
export type { StartOptions } from './w5500-board.js';

/** What public servers need, in the order in which this board is fast; no Ed25519, which they do not. */
function provider(): CryptoProvider {
  const library = espruinoCryptoLibrary();
  return {
    hashes: espruinoHashes(library),
    aeads: espruinoAeads(library),
    groups: [x25519, secp256r1],
    signatures: [ecdsaP256, ecdsaP384, rsaPss, rsaPkcs1],
  };
}

/** Sets up the pins, resets the chip and starts DHCP; pass the answer to `connect`. */
export function start(options?: StartOptions) {
  return espruinoBoard(
    {
      crypto: provider(),
      profile: tls13Sessions,
      slices: slices(50),
      services: udpServices,
      recorder: flightRecorder,
      sessions: espruinoSessions(),
    },
    options,
  );
}
