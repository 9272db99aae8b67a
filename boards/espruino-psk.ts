/**
 * WIZnet W5500-EVB-Pico (RP2040) with stock Espruino, machine code as in espruino-w5500-evb-pico.ts, and the least TLS there is: TLS 1.3 with a key that board and server were given
 * (`psk` of connect's options), X25519, ChaCha20-Poly1305 or AES-128-GCM, and no certificates. Nothing but a static address, no DHCP, DNS or SNTP: `connect` wants an IPv4
 * address. Records fit into the ring (`receiveBuffer`), there is no psk_ke, and no `message`, `keylog` or `progress` event. Pins, randomness and memory: espruino-board.ts.
 */
import { nativeAes128Gcm, nativeChaCha20Poly1305 } from '../src/crypto/native/aead.js';
import { nativeHash } from '../src/crypto/native/hash.js';
import { nativeX25519 } from '../src/crypto/native/key-exchange.js';
import { externalKeysWithExchange } from '../src/tls/psk/external-keys-with-exchange.js';
import type { StaticAddress } from '../src/w5500/network.js';
import { espruinoBoard } from './espruino-board.js';
import { storedCode } from './espruino-native-code.js';
import type { StartOptions } from './w5500-board.js';

export { connect } from '../src/socket/connect.js';
export type { StartOptions } from './w5500-board.js';

/** Sets up the pins and resets the chip; pass the answer to `connect`. Throws ERR_NATIVE_... if the machine code is not what it should be. */
export function start(address: StaticAddress, options?: StartOptions) {
  const code = storedCode();
  const crypto = {
    hashes: [nativeHash(code, 256)],
    aeads: [nativeChaCha20Poly1305(code), nativeAes128Gcm(code)],
    groups: [nativeX25519(code)],
    signatures: [],
  };
  return espruinoBoard({ crypto, profile: { preSharedKeys: externalKeysWithExchange }, address }, options);
}
