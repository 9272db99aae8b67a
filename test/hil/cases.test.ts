/** The cases of hil/cases/ on a simulated board, against the fixtures that real boards get. */
import assert from 'node:assert/strict';
import { FIXTURE_NAMES, type Fixtures, startFixtures } from '../../hil/fixtures/index.js';
import { plan, play } from './agent-in-process.js';

describe('hil: cases', function () {
  this.timeout(70000);
  let fixtures: Fixtures;

  before(async () => {
    fixtures = await startFixtures(FIXTURE_NAMES, { address: '127.0.0.1' });
  });
  after(() => fixtures.stop());

  for (const { name, needs } of plan) {
    it(name, async () => {
      for (const need of needs) assert.ok(fixtures.values[need], `${need} is a fixture`);
      const { verdict, message, log, violations, metrics } = await play(name, { fixtures });
      if (process.env['VERBOSE']) console.log(metrics);
      assert.equal(`${verdict} ${message} ${log.filter(text => text.startsWith('trace')).join(' ')}`.trim(), 'pass');
      assert.deepEqual(violations, []);
    });
  }
});
