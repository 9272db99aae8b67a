/**
 * `npm start -- --board espruino` runs the minified bundle, names shortened, against the simulated chip. What its users
 * read from outside must have kept its name; a test of the sources would not notice.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

describe('boards: the minified Espruino bundle', () => {
  it('fetches the demo page through the simulated chip, with every public name intact', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['build/tools/fetch/main.js', '--board', 'espruino'],
      {
        encoding: 'utf8',
        timeout: 50000,
      },
    );
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /First light/);
    assert.doesNotMatch(stdout, /undefined/);
  });
});
