/** hil/run/runner.ts with the real agent in this process, and a session that is only what the runner asks of one. */
import assert from 'node:assert/strict';
import { agent } from '../../hil/agent/agent.js';
import type { Case } from '../../hil/agent/case.js';
import { Runner } from '../../hil/run/runner.js';
import type { RunResult } from '../../hil/run/verdict.js';
import type { Session } from '../../hil/session/session.js';

/** Each case tells how many have run in the state that it has met, and is given a fixture. */
function counting(name: string, state: { ran: number }): Case {
  return {
    name,
    needs: ['word'],
    timeoutMs: 1000,
    run(t) {
      t.metric('ran', state.ran++);
      if (t.fixture('word')['is'] === 'yes') t.pass();
      else t.fail('no fixture');
    },
  };
}

async function ranBefore(freshCases: boolean | undefined): Promise<{ ran: number[]; starts: number }> {
  let board: ReturnType<typeof agent> | undefined;
  let starts = 0;
  const engine = {
    freshCases,
    async start() {
      starts++;
      const state = { ran: 0 };
      board = agent(
        ['a', 'b', 'c'].map(name => counting(name, state)),
        {
          write: line => runner.heard(`${line}\r\n`),
          after: (ms, callback) => setTimeout(callback, ms).unref(),
          now: () => performance.now(),
        },
      );
    },
    async command(line: string) {
      board!.x(JSON.parse(line.slice('hil.x('.length, -1)) as string);
    },
  };
  const session = { timeoutX: 1, steps: [], isOpen: true, engine } as unknown as Session;
  const runner = new Runner(session, 'hil.js', [], { fixtures: { word: { is: 'yes' } } });
  const result = { planned: [], results: [], steps: [] } as unknown as RunResult;
  await runner.run(result);
  assert.deepEqual(
    result.results.map(({ name, verdict }) => `${name} ${verdict}`),
    ['a pass', 'b pass', 'c pass'],
  );
  return { ran: result.results.map(({ metrics }) => metrics['ran']!), starts };
}

describe('hil: the runner', () => {
  it('cases follow each other in what is started once', async () => {
    assert.deepEqual(await ranBefore(undefined), { ran: [0, 1, 2], starts: 1 });
  });

  it('freshCases: every case has the script, and its fixtures, anew', async () => {
    assert.deepEqual(await ranBefore(true), { ran: [0, 0, 0], starts: 4 });
  });
});
