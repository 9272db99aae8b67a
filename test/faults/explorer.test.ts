/** A short walk of the explorer, and that it sees what it is there to see. */
import assert from 'node:assert/strict';
import { formatInjection, parseInjection } from '../../boards/sim/injections.js';
import { SEED } from '../seed.js';
import { judge } from './checks.js';
import { runScenario } from './connection.js';
import { Explorer, formatCounts, formatFinding } from './explorer.js';
import { calmScenario, drawScenario, faultNames } from './scenario.js';

const CONNECTIONS = 200;
const EACH = 3;

describe('connections with faults', function () {
  this.timeout(120000);

  it(`nothing goes wrong in ${CONNECTIONS} connections`, () => {
    const explorer = new Explorer();
    for (let seed = SEED; seed < SEED + CONNECTIONS; seed++) {
      const finding = explorer.explore(seed);
      assert.equal(finding && formatFinding(finding), undefined);
    }
    console.log(`      seeds ${SEED} to ${SEED + CONNECTIONS - 1}, ${explorer.rate.toFixed(0)} connections a second`);
    console.log(`      ${formatCounts(explorer.results)}`);
  });

  for (const fault of faultNames) {
    it(`${fault}, ${EACH} times: does no harm`, () => {
      const explorer = new Explorer(fault);
      for (let seed = 1; seed < 100 && (explorer.faults.get(fault) ?? 0) < EACH; seed++) {
        const finding = explorer.explore(seed);
        assert.equal(finding && formatFinding(finding), undefined);
      }
      assert.ok((explorer.faults.get(fault) ?? 0) >= EACH, 'it never begins');
    });
  }

  it('a seed gives the same run to the last frame', () => {
    for (const seed of [3, 14, 159, 2653, 58979]) {
      const runs = [1, 2].map(() => {
        const lines: string[] = [];
        const { frames, bytes } = runScenario(drawScenario(seed), line => lines.push(line));
        return { frames, bytes, lines };
      });
      assert.deepEqual(runs[0], runs[1]);
    }
  });

  it('an injection is what its text says', () => {
    for (let seed = 1; seed < 500; seed++) {
      for (const injection of drawScenario(seed).injections) {
        assert.deepEqual(parseInjection(formatInjection(injection)), injection);
      }
    }
    assert.throws(() => parseInjection('no-such-thing@t1'), /no injection/);
  });

  it('what should be and is not is found', () => {
    const scenario = calmScenario();
    scenario.injections = [parseInjection('rst@t120')];
    const outcome = runScenario(scenario);
    assert.deepEqual(judge(scenario, outcome), []);
    const as = (change: Partial<typeof outcome>) => judge(scenario, { ...outcome, ...change }).length > 0;
    assert.ok(as({ begun: [] }), 'a reset out of nowhere');
    assert.ok(as({ result: 'idle' }), 'silence after a reset');
    assert.ok(as({ violations: ['SEND in the wrong state'] }), 'a violation that the fault does not explain');
    assert.ok(as({ peerComplaint: 'client: a record that does not open' }), 'wrong bytes on the wire');
  });
});
