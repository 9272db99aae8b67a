/** Runs on the pure-Node board, with cases of the test's own and faults of the board's. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BoardDescription, type RunEvent, type RunOptions, runBoard } from '../../hil/run/run-board.js';
import type { RunResult } from '../../hil/run/verdict.js';
import type { FaultOptions } from '../../hil/sim/board-faults.js';

export const SIM: BoardDescription = {
  id: 'sim',
  engine: 'node',
  sim: true,
  fixtures: ['w5500'],
  console: { type: 'process', command: [process.execPath, './build/hil/sim/node-board.js'] },
};

/** The agent as it is built, and cases in JavaScript: an expression that is an array. */
export function scriptOf(cases: string): string {
  const agent = readFileSync('build/hil/agent/agent.js', 'utf8').replace(/^export /gm, '');
  return `${agent}
var hil = agent(${cases}, {
  write: line => nodeBoard.print(line), after: (ms, f) => nodeBoard.timer.after(ms, f),
  now: () => nodeBoard.clock.now(), free: () => 1000
})`;
}

export interface Ran {
  result: RunResult;
  events: RunEvent[];
  ms: number;
}

/** `cases` as for scriptOf. Waits are shorter than on real boards. */
export async function run(cases: string, faults: FaultOptions = {}, options: RunOptions = {}): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'ringlet-hil-test-'));
  const script = join(folder, 'script.js');
  writeFileSync(script, scriptOf(cases));
  const events: RunEvent[] = [];
  const began = performance.now();
  try {
    const result = await runBoard(SIM, {
      script,
      timeoutX: 0.5,
      env: { HIL_BOARD_FAULTS: JSON.stringify(faults) },
      onEvent: event => events.push(event),
      ...options,
    });
    return { result, events, ms: performance.now() - began };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `a:pass b:fail` */
export function verdicts({ result }: Ran): string {
  return result.results.map(one => `${one.name}:${one.verdict}`).join(' ');
}

/** Processes that this one has started and that are still there; undefined where /proc is not. */
export function childrenLeft(): string[] | undefined {
  if (!existsSync('/proc/self/stat')) return undefined;
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      const stat = processFile(pid, 'stat');
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === String(process.pid);
    })
    .map(pid => processFile(pid, 'cmdline').replaceAll('\0', ' '))
    .filter(command => command.includes('node-board'));
}

/** Empty when the process has ended meanwhile. */
function processFile(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}
