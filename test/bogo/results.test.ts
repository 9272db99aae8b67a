/** BoGo's committed results: every test has a class, every one that is left out a reason; and, where there is one already, the runner itself. */
import assert from 'node:assert/strict';
import { matchesGlob } from '../../tools/bogo/glob.js';
import { countTable, gains, judge, losses, parseResults, readConfig, readExpected } from '../../tools/bogo/results.js';
import { findRunner, runTests } from '../../tools/bogo/runner.js';
import { bundleShim } from '../../tools/bogo/shim-bundle.js';
import { skip } from '../skip.js';

/** Every so many-th test of all is run: the whole takes some minutes. */
const SAMPLE = 8;

describe('BoGo: expected results', () => {
  const expected = readExpected();
  const config = readConfig();

  it('are of 1244 tests in 12 classes, each once', () => {
    assert.equal(expected.length, 1244);
    assert.equal(new Set(expected.map(({ name }) => name)).size, 1244);
    assert.equal(new Set(expected.map(result => result.class)).size, 12);
    assert.ok(expected.every(result => result.class));
  });

  it('are passed, unimplemented or disabled, never failed', () => {
    for (const { name, outcome } of expected) assert.match(outcome, /^(passed|unimplemented|disabled)$/, name);
  });

  it('that are disabled have a reason, and every reason has a test', () => {
    const globs = Object.entries(config.DisabledTests);
    for (const { name, outcome } of expected) {
      const disabled = globs.some(([glob]) => matchesGlob(glob, name));
      assert.equal(outcome === 'disabled', disabled, name);
    }
    for (const [glob, reason] of globs) {
      assert.ok(reason.length > 5, glob);
      assert.ok(
        expected.some(({ name }) => matchesGlob(glob, name)),
        `${glob} disables nothing`,
      );
    }
  });

  it('a test that fails, or is not passed any more, is a loss; one that is passed now a gain', () => {
    const before = parseResults('# a\npassed one\nunimplemented two\npassed three\ndisabled four\n');
    const json = JSON.stringify({
      tests: { one: { actual: 'FAIL' }, two: { actual: 'PASS' }, three: { actual: 'SKIP' } },
    });
    const now = judge(before, json, { DisabledTests: { 'f*r': 'because' }, ErrorMap: {} });
    assert.deepEqual(
      now.map(({ outcome }) => outcome),
      ['failed', 'passed', 'unimplemented', 'disabled'],
    );
    assert.deepEqual(losses(now, before), ['one: failed, expected: passed', 'three: unimplemented, expected: passed']);
    assert.equal(gains(now, before), 1);
    assert.match(countTable(now), /all +1 +1 +1 +1/);
  });

  it(`the runner says the same of every ${SAMPLE}th`, async function () {
    const runner = findRunner();
    if (!runner) return skip(this, 'BOGO_RUNNER is not set, and `npm run bogo` has built none here');
    this.timeout(600000);
    const sample = expected.filter((_, i) => i % SAMPLE === 0);
    const tests = sample.map(({ name }) => name);
    const json = await runTests(runner, { shim: await bundleShim(), tests, log: () => {} });
    assert.deepEqual(losses(judge(sample, json, config), sample), []);
  });
});
