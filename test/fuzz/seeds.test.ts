/** Every seed of every fuzz target, without the fuzzer: what it once found, and what it needs to know. `npm run fuzz` goes on from there. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { top } from './fixtures.js';
import { outcomeOf, parsedAnywhere } from './invariants.js';
import { fuzzTargets, loadTarget } from './targets.js';

const TOTAL = 200 * 1024;

function seedsOf(target: string): Array<[string, Buffer]> {
  const folder = new URL(`test/fuzz/seeds/${target}/`, top);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map(name => [name, readFileSync(new URL(name, folder))]);
}

describe('fuzz: seeds', () => {
  for (const { name, longest } of fuzzTargets) {
    it(`${name}: nothing is wrong with any of ${seedsOf(name).length}`, async () => {
      const fuzz = await loadTarget(name);
      const seeds = seedsOf(name);
      assert.ok(seeds.length > 4, 'there are no seeds');
      for (const [file, bytes] of seeds) {
        assert.ok(bytes.length <= longest, `${file} is longer than ${longest}`);
        try {
          fuzz(bytes);
        } catch (error) {
          (error as Error).message = `${name}/${file}: ${(error as Error).message}`;
          throw error;
        }
      }
      fuzz(new Uint8Array(0));
    }).timeout(30000);
  }

  it('what they demand can fail', () => {
    const codes = new Set(['ERR_A']);
    const coded = (code: string) => () => {
      throw Object.assign(new Error('text'), { code });
    };
    assert.equal(outcomeOf(codes, coded('ERR_A')).code, 'ERR_A');
    assert.throws(() => outcomeOf(codes, coded('ERR_B')), { code: 'ERR_B' });
    assert.throws(() => outcomeOf(codes, () => (undefined as unknown as string).length), TypeError);
    const three = new Uint8Array(3);
    assert.equal(parsedAnywhere(codes, three, (array, offset) => array[offset + 2]).value, 0);
    assert.throws(() => parsedAnywhere(codes, three, (array, offset) => array[offset + 3]), /depends/);
    assert.throws(() => parsedAnywhere(codes, three, (array, offset) => void (array[offset] = 1)), /changed/);
  });

  it('they stay small', () => {
    const all = fuzzTargets.flatMap(({ name }) => seedsOf(name));
    const bytes = all.reduce((sum, [, seed]) => sum + seed.length, 0);
    assert.ok(bytes < TOTAL, `${bytes} bytes of seeds`);
  });
});
