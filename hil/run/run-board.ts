/** A whole run on one board: lock, open, identify, upload, start, every case, close. What the command line calls for each board. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Identity } from '../engines/engine.js';
import { HilError } from '../errors.js';
import type { Console } from '../link/link.js';
import { bundleName, PROJECT } from '../project.js';
import { crc32Of } from '../protocol/frame.js';
import { companionsOf } from '../session/companions.js';
import type { PowerSwitch } from '../session/power.js';
import { provision } from '../session/provision.js';
import { Session } from '../session/session.js';
import { Runner } from './runner.js';
import type { CaseResult, RunResult } from './verdict.js';

/** What a run has to know of a board; an entry of the hardware map has at least this. */
export interface BoardDescription {
  id: string;
  engine: Identity['engine'];
  console: Console;
  /** The board is a program: fixtures are names of its own virtual LAN, and power is the process. */
  sim?: boolean;
  /** What is there beside the host's servers, e.g. `w5500`, `loop:D2-D3`: cases that need more are skipped. */
  fixtures?: string[];
  /** True where Ctrl-C stops a running program. */
  ctrlC?: boolean;
  /** `watchdogS`: see EngineOptions. */
  limits?: { timeoutX?: number; watchdogS?: number };
  /** What the ladder ends with. */
  power?: PowerSwitch;
  /** Which bundle of dist/ it takes: `hil-<script>.min.js`, or `.tok` of one for Espruino, `.packed.js` for Kaluma; the engine's name if missing. */
  script?: string;
}

/** What cases are told of a fixture, by its name: `host` and `port` of a server on this machine, and whatever else it takes. */
export type FixtureValues = Record<string, Record<string, string | number>>;

export type RunEvent =
  | { type: 'step'; text: string }
  | { type: 'upload'; done: number; total: number }
  | { type: 'identity'; identity: Identity }
  | { type: 'plan'; names: string[] }
  | { type: 'start'; name: string; number: number; total: number }
  | { type: 'result'; result: CaseResult; number: number; total: number }
  /** A line of the board: what a case logged, or text that is no frame. */
  | { type: 'log'; name?: string; text: string }
  /** Every byte, for the raw log. */
  | { type: 'bytes'; direction: 'in' | 'out'; bytes: Uint8Array };

export interface RunOptions {
  /** The script's file; the board's bundle if missing. */
  script?: string;
  fixtures?: FixtureValues;
  /** Why other fixtures are not there, for the message of skipped cases. */
  missing?: Record<string, string>;
  /** Which cases of the board's plan to run; all if missing. A run of no case is an error (`NO_CASES`, exit code 5). */
  select?(name: string): boolean;
  /** How often a case may be repeated after crash, hang or link; 1 if missing. A failed assertion is never repeated. */
  retries?: number;
  /** Multiplies every wait, on top of the board's own factor. */
  timeoutX?: number;
  bail?: boolean;
  /** False runs what was uploaded before. */
  upload?: boolean;
  /** First removes what the board would run by itself. */
  wipe?: boolean;
  /** Environment for boards that are programs. */
  env?: Record<string, string>;
  onEvent?(event: RunEvent): void;
  signal?: AbortSignal;
}

/** The name under which the script lies on the board: one place, whichever engine. */
const STORED_AS = 'hil.js';

/**
 * Never rejects for what a board does: results so far and `error` say why a run ended early. Rejects with a HilError if the
 * run could not begin (board absent, locked or silent, script missing).
 */
export async function runBoard(description: BoardDescription, options: RunOptions = {}): Promise<RunResult> {
  const { onEvent } = options;
  const script = readScript(options.script ?? bundleFor(description));
  let runner: Runner | undefined;
  const session = await Session.open(description, {
    timeoutX: options.timeoutX,
    env: options.env,
    onText: text => runner?.heard(text),
    onStep: text => onEvent?.({ type: 'step', text }),
    onBytes: onEvent && ((direction, bytes) => onEvent({ type: 'bytes', direction, bytes })),
  });
  const result: RunResult = {
    board: description.id,
    identity: session.identity,
    script: script.identity,
    planned: [],
    results: [],
    steps: session.steps,
  };
  runner = new Runner(session, STORED_AS, description.fixtures ?? [], options);
  const interrupt = () => void session.drop();
  options.signal?.addEventListener('abort', interrupt);
  try {
    onEvent?.({ type: 'identity', identity: session.identity });
    if (options.wipe) {
      const removed = await session.engine.wipe();
      onEvent?.({ type: 'step', text: `removed ${removed.join(', ') || 'nothing'}` });
    }
    if (options.upload !== false) {
      const companions = session.identity.engine === 'espruino' ? companionsOf(script.bytes.toString('latin1')) : [];
      for (const [name, bytes] of companions) await session.engine.upload(name, bytes);
      await session.engine.upload(STORED_AS, script.bytes, (done, total) => onEvent?.({ type: 'upload', done, total }));
      await provision(session.engine, session.identity);
    }
    await runner.run(result);
  } catch (error) {
    if (options.signal?.aborted) result.error = new HilError('INTERRUPTED', 'The run was interrupted.', 4);
    else if (error instanceof HilError) result.error = error;
    else throw error;
  } finally {
    options.signal?.removeEventListener('abort', interrupt);
    await session.close();
  }
  return result;
}

export function bundleFor(description: Pick<BoardDescription, 'engine' | 'script'>): string {
  return join(PROJECT, bundleName(description));
}

interface Script {
  bytes: Buffer;
  identity: RunResult['script'];
}

export function readScript(file: string): Script {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch (error) {
    const why = (error as Error).message;
    throw new HilError(
      'SCRIPT_MISSING',
      `The script for the board cannot be read: ${why}. \`npm run build\` makes it.`,
      2,
    );
  }
  const bytes = Buffer.from(text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, ''), 'latin1');
  return { bytes, identity: { name: basename(file), crc32: crc32Of(bytes), bytes: bytes.length } };
}
