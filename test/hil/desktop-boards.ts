/** Simulated boards around real engines, for tests: opened by the session that a run has, and never left behind. */
import { execFileSync } from 'node:child_process';
import { allBoards } from '../../hil/map/select.js';
import type { BoardDescription } from '../../hil/run/run-board.js';
import { Session } from '../../hil/session/session.js';

export interface DesktopBoard {
  session: Session;
  steps: string[];
  text(): string;
}

export function builtIn(id: string): BoardDescription {
  const board = allBoards('/', undefined, process.env).find(one => one.id === id);
  if (board === undefined) throw new Error(`no board ${id}`);
  return board;
}

export async function openBoard(
  id: string,
  limits: BoardDescription['limits'] = {},
  env: Record<string, string> = {},
): Promise<DesktopBoard> {
  const steps: string[] = [];
  let text = '';
  const description = builtIn(id);
  const session = await Session.open(
    { ...description, limits: { ...description.limits, ...limits }, ctrlC: description.engine === 'espruino' },
    {
      env,
      onText: piece => {
        text += piece;
      },
      onStep: step => steps.push(step),
    },
  );
  return { session, steps, text: () => text };
}

/** Programs whose command line contains `word` and whose parent, or its parent, is this process or init: zombies are none. */
export function running(word: string): number[] {
  return execFileSync('ps', ['-eo', 'pid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .map(line => /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter(found => found !== null && !found[2]!.startsWith('Z') && found[3]!.startsWith(word))
    .map(found => Number(found![1]));
}

export async function until(condition: () => boolean, what: string, ms = 10000): Promise<void> {
  for (const end = Date.now() + ms; !condition(); ) {
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
