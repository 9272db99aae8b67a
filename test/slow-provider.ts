/** A provider whose long computations take a stated number of units, and that notices when its rules are broken. */
import assert from 'node:assert/strict';
import { type Computation, finish } from '../src/crypto/computation.js';
import type { CryptoProvider, KeyShare } from '../src/crypto/provider.js';

export interface SlowProvider {
  provider: CryptoProvider;
  /** What was begun, in order: 'generate', 'agree', and 'verify' of each signature. */
  begun: string[];
  /** Shares that were made, and not wiped. */
  unwiped: Set<KeyShare>;
  /** How many slices were done, and the units of the largest. */
  slices: number;
  largest: number;
}

/** `units` for each computation; `spend` is told how many a slice has done. */
export function slowProvider(
  base: CryptoProvider,
  units: number,
  spend: (units: number) => void = () => {},
): SlowProvider {
  const slow: SlowProvider = { provider: base, begun: [], unwiped: new Set(), slices: 0, largest: 0 };

  /** `compute` runs at the end, on arrays that nobody may have changed since. */
  const slowly = <T>(name: string, inputs: Uint8Array[], compute: () => T): Computation<T> => {
    const before = inputs.map(bytes => Buffer.from(bytes));
    const answer: T[] = [];
    let left = units;
    slow.begun.push(name);
    return {
      step(budget) {
        assert.ok(budget >= 1 && budget % 1 === 0, `a budget of ${budget}`);
        if (answer.length > 0) return true;
        const done = Math.min(budget, left);
        left -= done;
        slow.slices++;
        slow.largest = Math.max(slow.largest, done);
        spend(done);
        if (left > 0) return false;
        inputs.forEach(
          (bytes, i) => void assert.ok(before[i].equals(bytes), `${name}: its input was changed meanwhile`),
        );
        answer.push(compute());
        return true;
      },
      result() {
        assert.equal(answer.length, 1, `${name}: asked for its result too early`);
        return answer[0];
      },
    };
  };

  slow.provider = {
    ...base,
    groups: base.groups.map(group => ({
      ...group,
      generate(random) {
        // What is drawn is drawn in this call.
        const share = finish(group.generate(random));
        return slowly('generate', [], () => {
          const slowShare: KeyShare = {
            publicKey: share.publicKey,
            agree: peer => slowly('agree', [peer], () => finish(share.agree(peer))),
            wipe() {
              slow.unwiped.delete(slowShare);
              share.wipe();
            },
          };
          slow.unwiped.add(slowShare);
          return slowShare;
        });
      },
    })),
    signatures: base.signatures.map(verifier => ({
      ...verifier,
      verify: (key, hash, message, signature) =>
        slowly('verify', [key.spki, message, signature], () => finish(verifier.verify(key, hash, message, signature))),
    })),
  };
  return slow;
}
