/** What became of a case, and of a run. */
import type { Identity } from '../engines/engine.js';
import type { HilError } from '../errors.js';

/** hang: silent, but the board was there afterwards; link: it was not; crash: it started again. */
export type Verdict = 'pass' | 'fail' | 'crash' | 'hang' | 'link' | 'skip';

export interface CaseResult {
  name: string;
  verdict: Verdict;
  message?: string;
  ms: number;
  /** On the board's own clock. */
  boardMs?: number;
  metrics: Record<string, number>;
  retries: number;
}

export interface RunResult {
  board: string;
  identity: Identity;
  script: { name: string; crc32: string; bytes: number };
  planned: string[];
  results: CaseResult[];
  /** Why the run ended before its plan did. */
  error?: HilError;
  /** The steps of the ladder that were needed. */
  steps: string[];
}
