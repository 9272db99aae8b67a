/** A group whose next key pair is made before anybody asks for it. Memory: that of a key pair, and while it is made that of the group. */
import type { RandomSource } from '../platform.js';
import type { Computation } from './computation.js';
import type { KeyExchangeGroup, KeyShare } from './provider.js';

export interface PreparedGroup extends KeyExchangeGroup {
  /** Goes on with the next key pair for about `budget` units, as a Computation does: true when it is there. */
  step(budget: number): boolean;
  /** Overwrites it, as far as it is made. */
  wipe(): void;
}

/** `generate` answers what has been made so far, whole or in part: the caller goes on with it, and nobody else ever does. */
export function preparedGroup(group: KeyExchangeGroup, random: RandomSource): PreparedGroup {
  let next: Computation<KeyShare> | undefined;
  let made = false;

  function take(): Computation<KeyShare> | undefined {
    const taken = next;
    next = undefined;
    made = false;
    return taken;
  }

  return {
    name: group.name,
    publicKeyLength: group.publicKeyLength,
    generate: random => take() || group.generate(random),
    step(budget) {
      if (!next) next = group.generate(random);
      made = next.step(budget);
      return made;
    },
    wipe() {
      const whole = made;
      const given = take();
      // What is not whole nobody can reach any more.
      if (given && whole) given.result().wipe();
    },
  };
}
