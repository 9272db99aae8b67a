/**
 * WIZnet W5500-EVB-Pico (RP2040) with stock Espruino and crypto in portable TypeScript: what boards without a Thumb core start from
 * (copy it, change pins), and what needs nothing but a script. A handshake takes minutes here; espruino-w5500-evb-pico.ts has
 * machine code. Pins, randomness, time and memory: espruino-board.ts.
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
import { espruinoBoard } from './espruino-board.js';
import type { StartOptions } from './w5500-board.js';

export { connect } from '../src/socket/connect.js';
export { pemToDer } from '../src/x509/pem.js';
export { trustAnchor } from '../src/x509/trust.js';
export type { StartOptions } from './w5500-board.js';

/** What public servers need, in the order in which this board is fast; no AES-CCM and no Ed25519, which they do not. */
const crypto: CryptoProvider = {
  hashes: [sha256, sha384, sha512],
  aeads: [chacha20Poly1305, aes128Gcm, aes256Gcm],
  groups: [x25519, secp256r1],
  signatures: [ecdsaP256, ecdsaP384, rsaPss, rsaPkcs1],
};

/** Sets up the pins, resets the chip and starts DHCP; pass the answer to `connect`. */
export function start(options?: StartOptions) {
  return espruinoBoard(crypto, options);
}
