/**
 * What every board with a W5500 has in common: the driver over the board's SPI, and the parts `connect()` wants. A
 * composition root gives pins, time, randomness and crypto; nothing below this folder knows them.
 */
import type { CryptoProvider } from '../src/crypto/provider.js';
import type { RandomSource, Timer } from '../src/platform.js';
import type { Board } from '../src/socket/options.js';
import type { TlsProfile } from '../src/tls/client.js';
import { localMac } from '../src/w5500/mac.js';
import { type BufferPlan, type W5500Network, type W5500Options, w5500Network } from '../src/w5500/network.js';
import type { EntropyPool } from './entropy-pool.js';

export interface W5500BoardParts extends Omit<W5500Options, 'random' | 'mac' | 'onQuestion' | 'timeouts'> {
  timer: Timer;
  /** A source that is good enough as it is, if there is no pool. */
  random?: RandomSource;
  /** A pool, whose `random` and `seed` become the board's. @internal */
  entropy?: EntropyPool;
  crypto: CryptoProvider;
  /** See Board. */
  profile: TlsProfile;
  /** Anything unique to the board, 5 bytes or more; the MAC address is made from it (the chip has none of its own). */
  uniqueId: Uint8Array;
  /** Bytes of each connection's receive ring. */
  receiveBuffer: number;
  /** See Board. */
  outputBuffer?: number;
  /** See Board. */
  makeBuffer?: Board['makeBuffer'];
  /** See Board. */
  recordsInChip?: boolean;
  /** See Board. */
  slices?: Board['slices'];
  /** See Board. */
  recorder?: Board['recorder'];
  /** See Board. */
  sessions?: Board['sessions'];
}

/** What `start` of the W5500-EVB-Pico takes, whatever its engine. */
export interface StartOptions {
  /** `ONE_SOCKET` if missing; ../src/w5500/buffer-plans.ts has others, and says what to choose. */
  buffers?: BufferPlan;
  /** Bytes of each connection's receive ring, 1024 or more; 4096 if missing. */
  receiveBuffer?: number;
}

export interface W5500Board extends Board {
  readonly network: W5500Network;
  /** Of boards with a pool of entropy: gives it secret random bytes, and answers how many bits it counts by then; connect() wants 128. See entropy-pool.ts. */
  readonly seed?: EntropyPool['seed'];
}

/** How often the network is polled for a question. Milliseconds. */
const POLL_MS = 16;

/** `parts` becomes the board: give a new object. */
export function w5500Board(parts: W5500BoardParts): W5500Board {
  const pool = parts.entropy;
  const board = parts as W5500BoardParts & W5500Options & { -readonly [K in keyof W5500Board]: W5500Board[K] };
  let driven = false;
  // Without a connection nobody else polls: the time may well be asked for before the first one.
  const again = () => {
    if (driven) return;
    driven = true;
    board.timer.after(POLL_MS, () => {
      driven = false;
      try {
        network.poll();
      } finally {
        if (network.asking) again();
      }
    });
  };
  board.mac = localMac(board.uniqueId);
  board.onQuestion = again;
  if (pool) board.random = pool.ports;
  const network = w5500Network(board);
  board.network = network;
  board.unixTime = network.unixTime;
  if (pool) {
    board.random = pool.random;
    board.seed = pool.seed;
  }
  return board;
}
