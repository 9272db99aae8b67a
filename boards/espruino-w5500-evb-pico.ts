/**
 * WIZnet W5500-EVB-Pico (RP2040) with stock Espruino and crypto in machine code, which has to be in Storage beside the script, as
 * a file `ringlet-thumb` with the content of firmware-glue/thumb/ringlet-thumb.bin. Pins, randomness, time and memory: espruino-board.ts.
 */
import { nativeProvider } from '../src/crypto/native/native-provider.js';
import type { CryptoProvider } from '../src/crypto/provider.js';
import { flightRecorder } from '../src/socket/flight-recorder.js';
import { slices } from '../src/socket/slices.js';
import { tls13 } from '../src/tls/profiles.js';
import { udpServices } from '../src/w5500/services.js';
import { espruinoBoard } from './espruino-board.js';
import { storedCode } from './espruino-native-code.js';
import type { StartOptions } from './w5500-board.js';

export { connect } from '../src/socket/connect.js';
export { pemToDer } from '../src/x509/pem.js';
export { trustAnchor } from '../src/x509/trust.js';
export type { StartOptions } from './w5500-board.js';

/** What public servers need, in the order in which this board is fast. Throws ERR_NATIVE_... if the machine code is not what it should be. */
export function nativeCrypto(): CryptoProvider {
  return nativeProvider(storedCode());
}

/** Sets up the pins, resets the chip and starts DHCP; pass the answer to `connect`. */
export function start(options?: StartOptions) {
  return espruinoBoard(
    { crypto: nativeCrypto(), profile: tls13, slices: slices(50), services: udpServices, recorder: flightRecorder },
    options,
  );
}
