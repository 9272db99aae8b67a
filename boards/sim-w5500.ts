/**
 * The simulated board: the same driver and engine as on a real one, with everything a board has handed in, so that the very
 * same bundle runs on a desktop. boards/sim/ is the chip behind the SPI port.
 */
import { portableProvider } from '../src/crypto/portable-provider.js';
import type { CryptoProvider } from '../src/crypto/provider.js';
import { flightRecorder } from '../src/socket/flight-recorder.js';
import type { TlsProfile } from '../src/tls/client.js';
import { everything } from '../src/tls/profiles.js';
import { udpServices } from '../src/w5500/services.js';
import { type W5500Board, type W5500BoardParts, w5500Board } from './w5500-board.js';

export { connect } from '../src/socket/connect.js';
export { idleKeyShares } from '../src/socket/idle-key-shares.js';
export * from '../src/w5500/buffer-plans.js';
export { pemToDer } from '../src/x509/pem.js';
export { trustAnchor } from '../src/x509/trust.js';

/** What the simulation gives; crypto is the portable provider, and TLS what `everything` has, unless others are given. */
export interface SimParts extends Omit<W5500BoardParts, 'crypto' | 'profile'> {
  crypto?: CryptoProvider;
  profile?: TlsProfile;
}

/** The largest record TLS 1.3 allows, with its header. */
const LARGEST_RECORD = 16645;
/** The smallest ring for records that are longer than it. */
const LEAST_RING = 1024;

/** Records stay in the chip if the ring is too small for the largest one, unless `recordsInChip` says otherwise. */
export function start(parts: SimParts): W5500Board {
  const ring = parts.receiveBuffer;
  const board = w5500Board({
    services: udpServices,
    spi: parts.spi,
    clock: parts.clock,
    timer: parts.timer,
    random: parts.random,
    crypto: parts.crypto ?? portableProvider,
    profile: parts.profile ?? everything,
    uniqueId: parts.uniqueId,
    hostname: parts.hostname,
    receiveBuffer: ring,
    recordsInChip: parts.recordsInChip ?? (ring >= LEAST_RING && ring < LARGEST_RECORD),
    buffers: parts.buffers,
    onEvent: parts.onEvent,
    recorder: flightRecorder,
  });
  board.network.start();
  return board;
}
