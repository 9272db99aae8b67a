/**
 * What every board with a W5500 has in common: the driver over the board's SPI, and the parts `connect()` wants. A
 * composition root gives pins, time, randomness and crypto; nothing below this folder knows them.
 */
import type { CryptoProvider } from '../src/crypto/provider.js';
import type { Clock, RandomSource, SpiPort, Timer } from '../src/platform.js';
import type { Board } from '../src/socket/options.js';
import { localMac } from '../src/w5500/mac.js';
import { type BufferPlan, type NetworkEvent, type W5500Network, w5500Network } from '../src/w5500/network.js';

export interface W5500BoardParts {
  spi: SpiPort;
  clock: Clock;
  timer: Timer;
  random: RandomSource;
  crypto: CryptoProvider;
  /** Anything unique to the board, 5 bytes or more; the MAC address is made from it (the chip has none of its own). */
  uniqueId: Uint8Array;
  hostname?: string;
  /** Bytes of each connection's receive ring. */
  receiveBuffer: number;
  /** The chip's memory for each socket; `EIGHT_SOCKETS` if missing. ../src/w5500/buffer-plans.ts says what to choose. */
  buffers?: BufferPlan;
  /** See Board. */
  recordsInChip?: boolean;
  onEvent?: (event: NetworkEvent) => void;
  /** See Board. */
  sliceMs?: number;
  /** See Board. */
  recorder?: Board['recorder'];
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
}

/** How often the network is polled for a question. Milliseconds. */
const POLL_MS = 16;

export function w5500Board(parts: W5500BoardParts): W5500Board {
  let driven = false;
  // Without a connection nobody else polls: the time may well be asked for before the first one.
  const drive = () => {
    driven = false;
    try {
      network.poll();
    } finally {
      if (network.asking) again();
    }
  };
  const again = () => {
    if (driven) return;
    driven = true;
    parts.timer.after(POLL_MS, drive);
  };
  const network: W5500Network = w5500Network({
    spi: parts.spi,
    clock: parts.clock,
    random: parts.random,
    mac: localMac(parts.uniqueId),
    hostname: parts.hostname,
    buffers: parts.buffers,
    onEvent: parts.onEvent,
    onQuestion: again,
  });
  return {
    network,
    crypto: parts.crypto,
    random: parts.random,
    clock: parts.clock,
    timer: parts.timer,
    unixTime: () => network.unixTime(),
    receiveBuffer: parts.receiveBuffer,
    sliceMs: parts.sliceMs,
    recorder: parts.recorder,
    recordsInChip: parts.recordsInChip,
  };
}
