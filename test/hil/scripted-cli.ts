/** The world of the command line with made-up boards: a script says which ports there are and what runs answer. */
import type { Surroundings } from '../../hil/commands/command.js';
import { type ExitCode, HilError } from '../../hil/errors.js';
import type { Port } from '../../hil/map/ports.js';
import type { RunOptions } from '../../hil/run/run-board.js';
import type { CaseResult, RunResult, Verdict } from '../../hil/run/verdict.js';

export interface ScriptedBoard {
  /** The run does not begin. */
  throws?: { code: string; message: string; exitCode: ExitCode };
  plan?: string[];
  /** By case; what is not here passes. `missing` has no result. */
  verdicts?: Record<string, Verdict | 'missing'>;
  /** The run ends early. */
  error?: { code: string; message: string; exitCode: ExitCode };
  /** Nothing more after this many results, until the run is interrupted. */
  stopsAfter?: number;
}

export interface Script {
  ports?: Port[];
  /** From the second look on. */
  portsLater?: Port[];
  boards?: Record<string, ScriptedBoard>;
}

type Scripted = Pick<Surroundings, 'ports' | 'runBoard' | 'fixtures'>;

export function scripted(script: Script): Scripted {
  let looks = 0;
  return {
    ports: async () => (looks++ > 0 && script.portsLater) || (script.ports ?? []),
    runBoard: (board, options) => runBoard(script, board.id, options),
    fixtures: async () => ({
      FIXTURE_NAMES: [],
      lanAddress: () => '192.0.2.1',
      startFixtures: async (_names, { address }) => ({
        values: { told: { address } },
        missing: {},
        lan: {},
        env: {},
        stop: async () => {},
      }),
    }),
  };
}

async function runBoard(script: Script, id: string, options: RunOptions = {}): Promise<RunResult> {
  const board = script.boards?.[id] ?? {};
  if (board.throws) throw new HilError(board.throws.code, board.throws.message, board.throws.exitCode);
  const planned = (board.plan ?? ['self/a', 'self/b', 'tls/page']).filter(options.select ?? (() => true));
  const results: CaseResult[] = [];
  options.onEvent?.({ type: 'upload', done: 10, total: 10 });
  options.onEvent?.({ type: 'bytes', direction: 'in', bytes: Buffer.from('hello\r\n\xff') });
  options.onEvent?.({ type: 'log', text: 'device \x1b[31mtext\x07' });
  for (const name of planned) {
    if (results.length === board.stopsAfter) await interrupted(options.signal!);
    if (options.signal?.aborted) break;
    const verdict = board.verdicts?.[name] ?? 'pass';
    if (verdict === 'missing') continue;
    const result: CaseResult = { name, verdict, ms: 12, metrics: { freeBytes: 8192 }, retries: 0 };
    if (verdict !== 'pass') result.message = `why ${name} <${verdict}>`;
    results.push(result);
    options.onEvent?.({ type: 'result', result, number: results.length, total: planned.length });
  }
  const { error } = board;
  return {
    board: id,
    identity: { engine: 'node', version: '0' },
    script: { name: 's.js', crc32: 'cafe0000', bytes: 10 },
    planned,
    results,
    error: error && new HilError(error.code, error.message, error.exitCode),
    steps: [],
  };
}

function interrupted(signal: AbortSignal): Promise<void> {
  process.stderr.write('waiting\n');
  const alive = setInterval(() => {}, 1000);
  return new Promise(resolve =>
    signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    }),
  );
}
