/** Test Anything Protocol, version 14. What had no result is a test point that failed: a TAP reader counts, too. */
import type { CaseResult } from '../run/verdict.js';
import { missingIn, type Report, type Reporter, type ReporterOptions, VERDICTS } from './report.js';

export function tap({ write }: ReporterOptions): Reporter {
  let points = 0;
  const point = (good: boolean, description: string, directive: string, block: Record<string, unknown>) => {
    points++;
    // A hash would start a directive.
    const text = description.replace(/[\\#]/g, '\\$&').replace(/\s+/g, ' ');
    write(`${good ? 'ok' : 'not ok'} ${points} - ${text}${directive}\n`);
    const lines = Object.entries(block).filter(([, value]) => value !== undefined);
    if (lines.length === 0) return;
    // JSON is YAML.
    write(`  ---\n${lines.map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`).join('')}  ...\n`);
  };
  write('TAP version 14\n');
  return {
    result(board: string, { name, verdict, message, ms, boardMs, metrics, retries }: CaseResult): void {
      const good = verdict === 'pass' || verdict === 'skip';
      const reason = (message ?? '').replace(/\s+/g, ' ');
      point(good, `${board} ${name}`, verdict === 'skip' ? ` # SKIP ${reason}` : '', {
        verdict: good ? undefined : verdict,
        message: good ? undefined : (message ?? VERDICTS[verdict]),
        duration_ms: ms,
        board_ms: boardMs,
        metrics: Object.keys(metrics).length > 0 ? metrics : undefined,
        retries: retries || undefined,
      });
    },
    end(report: Report): void {
      for (const run of report.runs) {
        for (const name of missingIn(run)) {
          point(false, `${run.board} ${name}`, '', { verdict: 'not run', message: run.error?.message });
        }
      }
      for (const { board, error } of report.unusable) {
        point(false, board, '', { verdict: 'not run', code: error.code, message: error.message });
      }
      write(`1..${points}\n`);
    },
  };
}
