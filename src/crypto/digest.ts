import type { Piece } from './pieces.js';
import type { Hash, HashAlgorithm } from './provider.js';

/** Writes the digest (digestLength bytes) of `parts`, one after the other, to `into` at `offset`. `running` is a new hash or MAC. */
export function digest(running: Hash, parts: Uint8Array[], into: Uint8Array, offset: number): void {
  for (const part of parts) running.update(part, 0, part.length);
  running.digest(into, offset);
}

/** Writes the digest of `message` to `into`, 128 bytes at a time. */
export function digestInPieces(hash: HashAlgorithm, message: Uint8Array, into: Uint8Array): Piece {
  const running = hash.create();
  let at = 0;
  return () => {
    const left = message.length - at;
    if (left <= 0) {
      running.digest(into, 0);
      return 0;
    }
    running.update(message, at, left > 128 ? 128 : left);
    at += 128;
    return 20;
  };
}
