/** What the portable AEADs and hashes do with memory: nothing new per record, and keys overwritten. */
import assert from 'node:assert/strict';
import { ascii, bytes, PROVIDERS, portableAeads } from './symmetric-providers.js';

const COUNTED = [
  'Uint8Array',
  'Int32Array',
  'Uint32Array',
  'Float64Array',
  'ArrayBuffer',
  'DataView',
  'Array',
] as const;

/** How many arrays and views `work` makes, by constructor or by subarray and slice. */
function allocations(work: () => void): number {
  let count = 0;
  const globals = globalThis as unknown as Record<string, new (...args: unknown[]) => object>;
  const originals = COUNTED.map(name => globals[name]);
  const views = Object.getPrototypeOf(Uint8Array.prototype);
  const { subarray, slice } = views;
  for (const name of COUNTED) {
    globals[name] = new Proxy(globals[name], {
      construct(target, args, newTarget) {
        count++;
        return Reflect.construct(target, args, newTarget);
      },
    });
  }
  for (const [name, original] of Object.entries({ subarray, slice })) {
    views[name] = function (this: Uint8Array, ...args: unknown[]) {
      count++;
      return original.apply(this, args);
    };
  }
  try {
    work();
  } finally {
    COUNTED.forEach((name, i) => {
      globals[name] = originals[i];
    });
    Object.assign(views, { subarray, slice });
  }
  return count;
}

/** The non-zero typed arrays reachable from `from`, by the name of the field that holds them. */
function nonZero(from: object, found: Set<string> = new Set()): string[] {
  for (const [name, value] of Object.entries(from)) {
    if (ArrayBuffer.isView(value)) {
      if ((value as Uint8Array).some(element => element !== 0)) found.add(name);
    } else if (typeof value === 'object' && value !== null) nonZero(value, found);
  }
  return [...found].sort();
}

describe('crypto: memory of the portable AEADs', () => {
  for (const algorithm of portableAeads) {
    it(`${algorithm.name}: 100 records sealed and 100 opened make no array and no view`, () => {
      const secret = bytes('0102030405060708'.repeat(algorithm.keyLength / 8));
      let key = algorithm.create(secret);
      assert.ok(allocations(() => (key = algorithm.create(secret))) > 3, 'the counter counts');
      const record = ascii('0123456789'.repeat(40));
      const original = record.slice();
      const tag = new Uint8Array(16);
      const nonce = new Uint8Array(12);
      const mark = new Uint8Array(8);
      const aad = bytes('1703030190');
      let accepted = 0;
      const made = allocations(() => {
        for (let i = 0; i < 100; i++) {
          nonce[11] = i;
          key.start(nonce, aad, 5, 400);
          key.seal(record, 0, 123);
          key.seal(record, 123, 277);
          key.tag(tag, 0);
          key.start(nonce, aad, 5, 400);
          key.open(record, 0, 300);
          key.open(record, 300, 100);
          if (key.verify(tag, 0)) accepted++;
          if (!algorithm.macsCiphertext) continue;
          key.start(nonce, aad, 5, 400);
          key.authenticate(record, 0, 320);
          key.mark(mark, 0);
        }
      });
      assert.equal(made, 0);
      assert.equal(accepted, 100);
      assert.deepEqual(record, original);
    });

    it(`${algorithm.name}: wipe leaves nothing of the key and what was derived from it`, () => {
      const key = algorithm.create(bytes('5a'.repeat(algorithm.keyLength)));
      const record = ascii('a record of thirty-three bytes...');
      key.start(bytes('77'.repeat(12)), bytes('aa'), 1, record.length);
      key.seal(record, 0, record.length);
      key.tag(new Uint8Array(16), 0);
      assert.ok(nonZero(key).length > 4, `${nonZero(key)}`);
      key.wipe();
      assert.deepEqual(
        nonZero(key).filter(name => name !== 'lengths'),
        [],
      );
    });

    it(`${algorithm.name}: a key of the wrong length is refused`, () => {
      assert.throws(() => algorithm.create(new Uint8Array(algorithm.keyLength - 1)), /wrong key length/);
    });
  }

  for (const algorithm of PROVIDERS[0][1].hashes) {
    it(`${algorithm.name}: updates and digests make no array and no view`, () => {
      const hash = algorithm.create();
      const message = ascii('x'.repeat(300));
      const into = new Uint8Array(algorithm.digestLength);
      const made = allocations(() => {
        for (let i = 0; i < 100; i++) {
          hash.update(message, i, 200);
          hash.digest(into, 0);
        }
      });
      assert.equal(made, 0);
    });
  }
});
