/**
 * A hash out of an engine's own function that takes a whole message at once, as Espruino's crypto library has it. Input is kept until somebody wants the
 * digest; what is longer than 4 KB goes on in the portable hash. Memory of a running one: what it was given, twice at most, or the portable hash.
 */
import { Hmac } from './hmac.js';
import type { Hash, HashAlgorithm } from './provider.js';

/** Answers the digest of all of `message`. */
export type OneShot = (message: Uint8Array) => Uint8Array;

const LONGEST = 4096;
const FIRST = 64;

/** `portable` and `oneShot` are the same hash; `blockLength` is its block's: 64 bytes, or 128. */
export function oneShotHash(portable: HashAlgorithm, blockLength: number, oneShot: OneShot): HashAlgorithm {
  const length = portable.digestLength;
  const create = (): Hash => new OneShotHash(portable, oneShot);
  return {
    name: portable.name,
    digestLength: length,
    create,
    createHmac: key => new Hmac(create, length, blockLength, key),
  };
}

class OneShotHash implements Hash {
  private readonly portable: HashAlgorithm;
  private readonly oneShot: OneShot;
  private kept: Uint8Array;
  private used: number;
  /** Has taken what was kept, once that is too long. */
  private running: Hash | undefined;

  constructor(portable: HashAlgorithm, oneShot: OneShot) {
    this.portable = portable;
    this.oneShot = oneShot;
    this.kept = new Uint8Array(FIRST);
    this.used = 0;
    this.running = undefined;
  }

  update(bytes: Uint8Array, offset: number, length: number): void {
    const used = this.used;
    const needed = used + length;
    let running = this.running;
    if (!running && needed > LONGEST) {
      running = this.portable.create();
      running.update(this.kept, 0, used);
      this.kept.fill(0);
      this.running = running;
    }
    if (running) {
      running.update(bytes, offset, length);
      return;
    }
    if (needed > this.kept.length) {
      const more = new Uint8Array(2 * needed < LONGEST ? 2 * needed : LONGEST);
      more.set(this.kept);
      this.kept.fill(0);
      this.kept = more;
    }
    this.kept.set(bytes.subarray(offset, offset + length), used);
    this.used = needed;
  }

  digest(into: Uint8Array, offset: number): void {
    if (this.running) this.running.digest(into, offset);
    else into.set(this.oneShot(this.kept.subarray(0, this.used)), offset);
  }
}
