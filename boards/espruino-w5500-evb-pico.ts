/**
 * WIZnet W5500-EVB-Pico (RP2040) with stock Espruino and crypto in machine code, which has to be in Storage beside the script, as
 * a file `ringlet-thumb` with the content of firmware-glue/thumb/ringlet-thumb.bin. Pins, randomness, time and memory: espruino-board.ts.
 */
import { nativeAes128Gcm, nativeAes256Gcm, nativeChaCha20Poly1305 } from '../src/crypto/native/aead.js';
import { nativeHash } from '../src/crypto/native/hash.js';
import { nativeSecp256r1, nativeX25519 } from '../src/crypto/native/key-exchange.js';
import { nativeEcdsaP256, nativeEcdsaP384, nativeRsaPkcs1, nativeRsaPss } from '../src/crypto/native/signatures.js';
import type { CryptoProvider } from '../src/crypto/provider.js';
import { espruinoBoard } from './espruino-board.js';
import { storedCode } from './espruino-native-code.js';
import type { StartOptions } from './w5500-board.js';

export { connect } from '../src/socket/connect.js';
export { pemToDer } from '../src/x509/pem.js';
export { trustAnchor } from '../src/x509/trust.js';
export type { StartOptions } from './w5500-board.js';

/** What public servers need, in the order in which this board is fast. Throws ERR_NATIVE_... if the machine code is not what it should be. */
export function nativeCrypto(): CryptoProvider {
  const code = storedCode();
  return {
    hashes: [256, 384, 512].map(bits => nativeHash(code, bits)),
    aeads: [nativeChaCha20Poly1305(code), nativeAes128Gcm(code), nativeAes256Gcm(code)],
    groups: [nativeX25519(code), nativeSecp256r1(code)],
    signatures: [nativeEcdsaP256(code), nativeEcdsaP384(code), nativeRsaPss(code), nativeRsaPkcs1(code)],
  };
}

/** Sets up the pins, resets the chip and starts DHCP; pass the answer to `connect`. */
export function start(options?: StartOptions) {
  return espruinoBoard(nativeCrypto(), options);
}
