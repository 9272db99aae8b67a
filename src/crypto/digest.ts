import type { Hash } from './provider.js';

/** Writes the digest (digestLength bytes) of `parts`, one after the other, to `into` at `offset`. `running` is a new hash or MAC. */
export function digest(running: Hash, parts: Uint8Array[], into: Uint8Array, offset: number): void {
  for (const part of parts) running.update(part, 0, part.length);
  running.digest(into, offset);
}
