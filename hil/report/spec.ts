/** For people: one line per case as it ends, and a sentence about the whole. */
import type { CaseResult } from '../run/verdict.js';
import { countsOf, missingIn, type Report, type Reporter, type ReporterOptions, VERDICTS } from './report.js';

export function spec({ write, rerun }: ReporterOptions): Reporter {
  return {
    result(board: string, result: CaseResult, number: number): void {
      const { name, verdict, message } = result;
      const word = verdict === 'pass' ? 'ok' : verdict === 'skip' ? 'skip' : 'not ok';
      const parts = [`${word} ${number} ${name}`, board];
      if (verdict === 'skip') parts.push(message ?? 'no reason given');
      else parts.push(duration(result.boardMs ?? result.ms), ...metrics(result));
      if (result.retries > 0) parts.push(`(repeated ${result.retries} time${result.retries > 1 ? 's' : ''})`);
      write(parts.join('  ') + '\n');
      if (word !== 'not ok') return;
      const what = verdict === 'fail' ? '' : `${verdict}: ${VERDICTS[verdict]}${message ? '; ' : ''}`;
      for (const line of (what + (message ?? '')).split('\n')) write(`    ${line}\n`);
      write(`    again: ${rerun(board, name)}\n`);
    },

    end(report: Report): void {
      const counts = countsOf(report.runs);
      write('\n');
      for (const run of report.runs) {
        for (const name of missingIn(run))
          write(`not run: ${name}  ${run.board}\n    again: ${rerun(run.board, name)}\n`);
        if (run.error) write(`${run.board}: ${run.error.message} (${run.error.code})\n`);
      }
      for (const { board, error } of report.unusable) write(`${board}: ${error.message} (${error.code})\n`);
      const told = [
        `${counts.passed} passed`,
        `${counts.failed} failed`,
        `${counts.errors} crashed, hung or lost`,
        `${counts.skipped} skipped`,
        `${counts.missing} not run`,
      ].filter((text, index) => index === 0 || !text.startsWith('0 '));
      const boards = report.runs.length + report.unusable.length;
      write(
        `${counts.planned} case${counts.planned === 1 ? '' : 's'} on ${boards} board${boards === 1 ? '' : 's'}: ${told.join(', ')}  ${duration(report.ms)}${report.interrupted ? ', interrupted' : ''}\n`,
      );
    },
  };
}

function duration(ms: number): string {
  return ms < 10000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** The few that a line has room for; results.json has all. */
function metrics({ metrics: { freeBytes, spiFrames } }: CaseResult): string[] {
  const told: string[] = [];
  if (freeBytes !== undefined) told.push(`${Math.round(freeBytes / 1024)} KB free`);
  if (spiFrames !== undefined) told.push(`${spiFrames} SPI frames`);
  return told;
}
