/**
 * Any board whose firmware is JerryScript with ringlet's native module (firmware-glue/jerryscript): SPI, clock, randomness and cryptography
 * are the firmware's C. It also gives setTimeout and clearTimeout.
 *
 * Randomness: what the firmware's `ringlet_port_random` answers, unmixed; where it has none, no handshake begins.
 *
 * Memory: buffers as on the Espruino board: all 16 KB of the chip go to one socket, where a record of a public server waits for its end behind a
 * ring of 4 KB.
 */
import { nativeProvider } from '../src/crypto/native/native-provider.js';
import type { CryptoProvider } from '../src/crypto/provider.js';
import { ringletError } from '../src/errors.js';
import { flightRecorder } from '../src/socket/flight-recorder.js';
import { tls13 } from '../src/tls/profiles.js';
import { ONE_SOCKET } from '../src/w5500/buffer-plans.js';
import { udpServices } from '../src/w5500/services.js';
import { type StartOptions, w5500Board } from './w5500-board.js';

export { connect } from '../src/socket/connect.js';
export { pemToDer } from '../src/x509/pem.js';
export { trustAnchor } from '../src/x509/trust.js';
export type { StartOptions } from './w5500-board.js';

const crypto: CryptoProvider = nativeProvider(ringletNative);

/** Resets the chip and starts DHCP; pass the answer to `connect`. */
export function start(options?: StartOptions) {
  const o = options || {};
  const uniqueId = new Uint8Array(8);
  ringletNative.uniqueId(uniqueId);
  const board = w5500Board({
    services: udpServices,
    spi: ringletNative,
    clock: ringletNative,
    timer: { after: (delayMs, callback) => setTimeout(callback, delayMs), cancel: id => clearTimeout(id as number) },
    random(into, offset, length) {
      if (ringletNative.random(into, offset, length)) return;
      throw ringletError('ERR_NO_ENTROPY', 'the firmware has no randomness yet: ringlet_port_random answers false');
    },
    crypto,
    profile: tls13,
    uniqueId,
    hostname: 'jerryscript',
    receiveBuffer: o.receiveBuffer || 4096,
    recordsInChip: true,
    buffers: o.buffers || ONE_SOCKET,
    recorder: flightRecorder,
  });
  board.network.start();
  return board;
}
