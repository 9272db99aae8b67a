/**
 * Randomness for boards whose hardware is not good enough alone: a pool of 256 bits under SHA-256, fed by a seed from flash,
 * by readings of the hardware, and by the time between them.
 *
 * The seed is replaced in flash before anything is drawn, and what is drawn does not tell the next one: a board whose power is cut at
 * any moment never begins twice from the same state. It lies there in two copies, written one after the other: 32 bytes, and the same
 * XOR 0x55, so that what is torn or erased shows. One renewal a boot; the file systems spread it over all of their flash.
 *
 * The estimate: an intact seed counts 256 bits, since only provisioning makes the first one; what `seed` is given, 8 bits a byte.
 * Readings, times and the board's id are mixed in and count nothing: nobody has measured them. DESIGN.md, Entropy, has the rest.
 *
 * Memory: 33 bytes, and 112 while it is used.
 */
import { digest } from '../src/crypto/digest.js';
import type { HashAlgorithm } from '../src/crypto/provider.js';
import { ringletError } from '../src/errors.js';
import type { RandomSource } from '../src/platform.js';

export interface EntropyPool {
  /** For keys: throws ERR_NO_ENTROPY below 128 bits. */
  random: RandomSource;
  /** For port numbers and transaction ids, which no secret rests on: never refuses. @internal */
  ports: RandomSource;
  /** Mixes secret random bytes into the pool and answers the estimate, in bits. From 128 on a seed is kept in flash; 0 if there is no room for it. */
  seed(bytes: Uint8Array): number;
}

const ENOUGH = 128;
const LENGTH = 64;
const ROUNDS = 4;

/** All there is of a pool between two uses. */
interface Pool {
  /** 256 bits, and a number that tells their uses apart. */
  readonly state: Uint8Array;
  /** Below 0 until the pool has been filled. */
  bits: number;
  kept: boolean;
}

/** What a board has for a pool. */
export interface EntropySources {
  readonly sha256: HashAlgorithm;
  /** What no other board has, so that copies of one flash do not draw the same. */
  readonly id: Uint8Array;
  /** 32 bits of the hardware's randomness, however weak. */
  reading(): number;
  /** A counter that runs fast. */
  stamp(): number;
  /** Copy 0 or 1 of the seed file, of any length if there is none. */
  load(copy: number): Uint8Array;
  /** Replaces that copy, or throws. */
  save(copy: number, file: Uint8Array): void;
}

export function entropyPool(sources: EntropySources): EntropyPool {
  const pool: Pool = { state: new Uint8Array(33), bits: -1, kept: true };
  const used = () => poolInUse(pool, sources);
  return {
    ports: (into, offset, length) => used().ports(into, offset, length),
    random: (into, offset, length) => used().random(into, offset, length),
    seed: bytes => used().seed(bytes),
  };
}

/** What works with a pool, and is there only as long as it does: on Espruino 70 variables. */
function poolInUse(pool: Pool, sources: EntropySources): EntropyPool {
  const state = pool.state;
  const output = new Uint8Array(32);
  const file = new Uint8Array(LENGTH);
  const numbers = new Uint32Array(4);
  const words = new Uint8Array(numbers.buffer);

  /** SHA-256 of the pool, what it is for, and `data`: 49 bytes for `words`, one block. */
  function derive(use: number, data: Uint8Array, into: Uint8Array): void {
    state[32] = use;
    digest(sources.sha256.create(), [state, data], into, 0);
  }

  function absorb(data: Uint8Array): void {
    derive(0, data, state);
  }

  function refill(): void {
    for (let i = 0; i < 4; i++) numbers[i] = (i & 1 ? sources.stamp() : sources.reading()) >>> 0;
    derive(1, words, output);
    absorb(words);
  }

  /** Completes the file; answers whether that is what lies in flash. */
  function isStored(copy: number): boolean {
    const found = sources.load(copy);
    let same = found.length === LENGTH;
    for (let i = 0; i < LENGTH; i++) {
      if (i > 31) file[i] = file[i - 32] ^ 0x55;
      if (found[i] !== file[i]) same = false;
    }
    return same;
  }

  /** The next seed takes the place of the last one, before anything is drawn. */
  function renew(): void {
    derive(2, words, file);
    isStored(0);
    pool.kept = true;
    for (let copy = 0; copy < 2; copy++) {
      try {
        sources.save(copy, file);
      } catch (_) {}
      if (!isStored(copy)) pool.kept = false;
    }
    if (!pool.kept) pool.bits = 0;
  }

  function begin(): void {
    if (pool.bits >= 0) return;
    pool.bits = 0;
    absorb(sources.id);
    for (let copy = 0; copy < 2; copy++) {
      const found = sources.load(copy);
      // What is broken counts nothing, and does no harm.
      absorb(found);
      file.set(found.subarray(0, 32));
      if (isStored(copy)) pool.bits = 256;
    }
    for (let i = 0; i < ROUNDS; i++) refill();
    if (pool.bits) renew();
  }

  function ports(into: Uint8Array, offset: number, length: number): void {
    begin();
    for (let i = 0; i < length; i++) {
      if (i % 32 === 0) refill();
      into[offset + i] = output[i % 32];
    }
    output.fill(0);
  }

  return {
    ports,
    random(into, offset, length) {
      begin();
      if (pool.bits < ENOUGH) {
        const why = pool.kept
          ? pool.bits + ' bits of entropy: call board.seed(32 random bytes)'
          : 'no room in flash for the seed file';
        throw ringletError('ERR_NO_ENTROPY', why);
      }
      ports(into, offset, length);
    },
    seed(bytes) {
      begin();
      absorb(bytes);
      pool.bits += 8 * bytes.length;
      if (pool.bits >= ENOUGH) renew();
      return pool.bits;
    },
  };
}
