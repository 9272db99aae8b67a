/** Bytes are what a board has least of: every bundle and every folder stays within its budget in sizes.json. */
import assert from 'node:assert/strict';
import { budgets, bundleNames, measureBundle, overBudget } from '../../tools/size.js';

describe('house: sizes', () => {
  const sizes = bundleNames().map(measureBundle);

  it('finds what is over its budget, and what has none', () => {
    const size = { name: 'a.min.js', bytes: 100, files: new Map([['src/tls/client.ts', 100]]) };
    assert.equal(overBudget([size], { 'a.min.js': 99, 'src/tls': 100 }).length, 1);
    assert.equal(overBudget([size], { 'a.min.js': 100, 'src/tls': 99 }).length, 1);
    assert.equal(overBudget([size], { 'a.min.js': 100 }).length, 1);
    assert.deepEqual(overBudget([size], { 'a.min.js': 100, 'src/tls': 100 }), []);
  });

  for (const { name, bytes, files } of sizes) {
    it(`the parts of ${name} add up`, () => {
      const sum = [...files.values()].reduce((total, part) => total + part, 0);
      assert.ok(Math.abs(sum - bytes) < 100, `${sum} of ${bytes}`);
      assert.ok((files.get('src/tls/client.ts') ?? 0) > 1000, 'nothing is attributed to the TLS client');
    });
  }

  it('every bundle and folder is within its budget', () => {
    assert.ok(sizes.length > 0, 'no bundles');
    assert.deepEqual(overBudget(sizes, budgets()), []);
  });
});
