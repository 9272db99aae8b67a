/** What a whole run of `hil run` came to, over all its boards, and the exit code that follows. Reporters only write it down. */
import { type ExitCode, HilError } from '../errors.js';
import { notInstalled } from '../packages.js';
import type { CaseResult, RunResult } from '../run/verdict.js';

export interface Report {
  /** Of boards that could be run at all, in the order of the map. */
  runs: RunResult[];
  /** Boards whose run could not begin. */
  unusable: Array<{ board: string; error: HilError }>;
  started: Date;
  ms: number;
  interrupted: boolean;
}

export interface Reporter {
  /** Each case as it ends; boards that run at the same time come mixed. */
  result?(board: string, result: CaseResult, number: number, total: number): void;
  end(report: Report): void;
}

export interface ReporterOptions {
  write(text: string): void;
  /** The command that runs this one case again. */
  rerun(board: string, name: string): string;
}

export interface Counts {
  planned: number;
  passed: number;
  /** Assertions that did not hold. */
  failed: number;
  /** crash, hang, link. */
  errors: number;
  skipped: number;
  /** In the plan, and nothing is known of them. */
  missing: number;
}

export function countsOf(runs: RunResult[]): Counts {
  const results = runs.flatMap(run => run.results);
  const having = (...verdicts: string[]) => results.filter(result => verdicts.includes(result.verdict)).length;
  return {
    planned: runs.reduce((sum, run) => sum + run.planned.length, 0),
    passed: having('pass'),
    failed: having('fail'),
    errors: having('crash', 'hang', 'link'),
    skipped: having('skip'),
    missing: runs.reduce((sum, run) => sum + missingIn(run).length, 0),
  };
}

/** Planned cases without a result: a lost answer is no pass. */
export function missingIn(run: RunResult): string[] {
  const known = new Set(run.results.map(result => result.name));
  return run.planned.filter(name => !known.has(name));
}

/**
 * 0 only if every planned case of every wanted board has passed or was skipped for a reason, and at least one passed. A verdict
 * on the code (1) is worth more than trouble on the way to others (3, 4, 5), which is worth more than silence.
 */
export function exitCodeOf(report: Report): 0 | 1 | 130 | ExitCode {
  if (report.interrupted) return 130;
  const verdicts = report.runs.flatMap(run => run.results.map(result => result.verdict));
  if (verdicts.some(verdict => verdict === 'fail' || verdict === 'crash' || verdict === 'hang')) return 1;
  const errors = [...report.unusable.map(({ error }) => error), ...report.runs.flatMap(run => run.error ?? [])];
  if (errors.length > 0) return errors[0].exitCode;
  const counts = countsOf(report.runs);
  if (counts.errors > 0 || counts.missing > 0) return 4;
  return counts.passed > 0 ? 0 : 5;
}

/** Whatever was thrown, as something with an exit code. */
export function asHilError(error: unknown): HilError {
  if (error instanceof HilError) return error;
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const missing = notInstalled(message);
  if (missing) return new HilError('NOT_INSTALLED', missing, 2);
  const unexpected = new HilError('UNEXPECTED', message, 4);
  unexpected.stack = stack;
  return unexpected;
}

/** `chip/probe` in words: what became of it. */
export const VERDICTS: Record<CaseResult['verdict'], string> = {
  pass: 'passed',
  fail: 'failed',
  crash: 'the board started again in the middle of it',
  hang: 'no answer in time; the board was there afterwards',
  link: 'no answer in time, and the board could not be reached afterwards',
  skip: 'skipped',
};
