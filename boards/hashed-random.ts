/**
 * A RandomSource out of a hardware generator that is not good enough alone: every 32 bytes are SHA-256 over the previous
 * state, 32 fresh readings and a time stamp, so that weak readings add up over the life of the board and none is seen raw.
 */
import type { HashAlgorithm } from '../src/crypto/provider.js';
import type { RandomSource } from '../src/platform.js';

const READINGS = 32;

/** `reading` answers a 32-bit integer; `stamp` a fast-running counter, of which the low 32 bits are used. */
export function hashedRandom(sha256: HashAlgorithm, reading: () => number, stamp: () => number): RandomSource {
  const state = new Uint8Array(32);
  const output = new Uint8Array(32);
  const word = new Uint8Array(5);

  function absorb(hash: ReturnType<HashAlgorithm['create']>, value: number): void {
    word[0] = value >>> 24;
    word[1] = value >>> 16;
    word[2] = value >>> 8;
    word[3] = value;
    hash.update(word, 0, 4);
  }

  function refill(): void {
    const hash = sha256.create();
    hash.update(state, 0, 32);
    for (let i = 0; i < READINGS; i++) absorb(hash, reading());
    absorb(hash, stamp());
    // Two digests of inputs of different length: what is handed out does not tell the next state.
    word[4] = 1;
    hash.update(word, 4, 1);
    hash.digest(output, 0);
    hash.update(word, 4, 1);
    hash.digest(state, 0);
  }

  return (into, offset, length) => {
    for (let i = 0; i < length; i++) {
      if (i % 32 === 0) refill();
      into[offset + i] = output[i % 32];
    }
    output.fill(0);
  };
}
