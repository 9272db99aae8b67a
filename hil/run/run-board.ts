/** A whole run on one board: lock, open, identify, upload, start, every case, close. What the command line calls for each board. */
import type { Identity } from '../engines/engine.js';
import { HilError } from '../errors.js';
import type { Console } from '../link/link.js';
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
  limits?: { timeoutX?: number };
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
  /** The script for the board; dist/hil-<engine>.min.js if missing. */
  script?: string;
  fixtures?: FixtureValues;
  /** Which cases of the board's plan to run; all if missing. A run of no case is an error (`NO_CASES`, exit code 5). */
  select?(name: string): boolean;
  /** How often a case may be repeated after crash, hang or link; 1 if missing. A failed assertion is never repeated. */
  retries?: number;
  /** Multiplies every wait, on top of the board's own factor. */
  timeoutX?: number;
  bail?: boolean;
  /** False runs what was uploaded before. */
  upload?: boolean;
  /** Environment for boards that are programs. */
  env?: Record<string, string>;
  onEvent?(event: RunEvent): void;
  signal?: AbortSignal;
}

/**
 * Never rejects for what a board does: results so far and `error` say why a run ended early. Rejects with a HilError if the
 * run could not begin (board absent, locked or silent, script missing).
 */
export async function runBoard(description: BoardDescription, _options: RunOptions = {}): Promise<RunResult> {
  throw new HilError('NOT_YET', `${description.id}: runs are not written yet.`, 4);
}
