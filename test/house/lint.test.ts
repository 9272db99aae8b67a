/** Formatting and lint, as `npm run lint` has them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

describe('house: lint', () => {
  it('biome has nothing to say', () => {
    const result = spawnSync(
      process.execPath,
      ['node_modules/@biomejs/biome/bin/biome', 'check', '--colors=off', '--error-on-warnings'],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(result.status, 0, '\n' + result.stdout + result.stderr);
  });
});
