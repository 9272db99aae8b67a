/** Everything that is known, for programs: what results.json holds. */
import { countsOf, exitCodeOf, missingIn, type Report, type Reporter, type ReporterOptions } from './report.js';

export function json({ write }: ReporterOptions): Reporter {
  return { end: report => write(JSON.stringify(asJson(report), undefined, 2) + '\n') };
}

export function asJson(report: Report) {
  return {
    version: 1,
    started: report.started.toISOString(),
    ms: report.ms,
    exitCode: exitCodeOf(report),
    counts: countsOf(report.runs),
    boards: [
      ...report.runs.map(({ error, ...run }) => ({
        ...run,
        missing: missingIn(run),
        error: error && { code: error.code, message: error.message },
      })),
      ...report.unusable.map(({ board, error }) => ({
        board,
        planned: [],
        results: [],
        missing: [],
        error: { code: error.code, message: error.message },
      })),
    ],
  };
}
