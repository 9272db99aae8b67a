/**
 * The key share of the next connection, made while nothing else happens: when no handshake is under way and no connection moves bytes. It is used once;
 * an hour later at the latest it is overwritten, and the next one is made after the next connection.
 *
 * Memory: one key pair, 64 to 97 bytes, from one connection to the next.
 */
import { preparedGroup } from '../crypto/prepared-group.js';
import type { RandomSource, TimerHandle } from '../platform.js';
import type { Board } from './options.js';
import { slices } from './slices.js';
import type { TlsSocket } from './tls-socket.js';

const KEPT_MS = 3600000;
/** Of boards that compute at once. */
const SLICE_MS = 50;

export interface IdleKeyShares {
  /** True while there is one. */
  readonly ready: boolean;
  /** Overwrites it and stops, until a connection ends or its handshake does. */
  wipe(): void;
}

/** Prepares for the first group of `board`, whose connections find it there: call it before the first `connect`. */
export function idleKeyShares(board: Board): IdleKeyShares {
  const changing = board as { -readonly [K in keyof Board]: Board[K] };
  const crypto = board.crypto;
  const timer = board.timer;
  const inSlices = board.slices || slices(SLICE_MS);
  const sliceMs = inSlices.ms;
  const group = preparedGroup(crypto.groups[0], board.random);
  /** Handshakes that are under way, and connections that are open. */
  let handshakes = 0;
  let open: TlsSocket[] = [];
  /** Bytes that those had moved when they were looked at last. */
  let moved = 0;
  let ready = false;
  let scheduled: TimerHandle | undefined;

  const work = {
    get computing() {
      return ready ? -1 : 0;
    },
    compute(budget: number) {
      ready = group.step(budget);
    },
  };
  const slice = inSlices.begin(work, board.clock);

  function unschedule(): void {
    if (scheduled !== undefined) timer.cancel(scheduled);
    scheduled = undefined;
  }

  function schedule(delayMs: number, call: () => void): void {
    unschedule();
    scheduled = timer.after(delayMs, () => {
      scheduled = undefined;
      call();
    });
  }

  function turn(): void {
    let now = 0;
    for (const socket of open) now += socket.bytesRead + socket.bytesWritten;
    try {
      if (now === moved) slice();
    } catch {
      // Without randomness; who connects is told.
      return;
    }
    moved = now;
    if (ready) schedule(KEPT_MS, wipe);
    else schedule(sliceMs, turn);
  }

  function wipe(): void {
    unschedule();
    ready = false;
    group.wipe();
  }

  changing.crypto = {
    hashes: crypto.hashes,
    aeads: crypto.aeads,
    groups: [
      {
        name: group.name,
        publicKeyLength: group.publicKeyLength,
        generate(random: RandomSource) {
          ready = false;
          return group.generate(random);
        },
      },
    ].concat(crypto.groups.slice(1)),
    signatures: crypto.signatures,
  };
  changing.watch = socket => {
    let over = false;
    /** The handshake is, one way or the other. */
    const goOn = () => {
      if (!over) handshakes--;
      over = true;
      if (!handshakes && !ready) schedule(sliceMs, turn);
    };
    handshakes++;
    if (!ready) unschedule();
    socket.on('secureConnect', () => {
      open = open.concat([socket]);
      goOn();
    });
    socket.on('close', () => {
      open = open.filter(other => other !== socket);
      goOn();
    });
  };
  schedule(sliceMs, turn);
  return {
    get ready() {
      return ready;
    },
    wipe,
  };
}
