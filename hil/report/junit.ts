/**
 * JUnit's XML, as CI servers read it: `failure` is an assertion that did not hold, `error` is a crash, a hang, a lost link or a
 * case without any result, `skipped` says why. One testsuite per board.
 */
import type { CaseResult, RunResult } from '../run/verdict.js';
import { countsOf, missingIn, type Report, type Reporter, type ReporterOptions, VERDICTS } from './report.js';

export function junit({ write }: ReporterOptions): Reporter {
  return { end: report => write(asJunit(report)) };
}

export function asJunit(report: Report): string {
  const counts = countsOf(report.runs);
  const tests = counts.planned + report.unusable.length;
  const errors = counts.errors + counts.missing + report.unusable.length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'hil', tests, failures: counts.failed, errors, skipped: counts.skipped, time: seconds(report.ms) })}>`,
    ...report.runs.map(run => testsuite(run, report.started)),
    ...report.unusable.map(({ board, error }) =>
      [
        `  <testsuite${attributes({ name: board, tests: 1, failures: 0, errors: 1, skipped: 0, time: '0.000', timestamp: report.started.toISOString() })}>`,
        `    <testcase${attributes({ classname: board, name: '(the board)', time: '0.000' })}>`,
        `      ${element('error', { type: error.code, message: error.message })}`,
        '    </testcase>',
        '  </testsuite>',
      ].join('\n'),
    ),
    '</testsuites>',
    '',
  ].join('\n');
}

function testsuite(run: RunResult, started: Date): string {
  const counts = countsOf([run]);
  const time = seconds(run.results.reduce((sum, result) => sum + result.ms, 0));
  const errors = counts.errors + counts.missing;
  const properties = {
    engine: run.identity.engine,
    version: run.identity.version,
    script: run.script.name,
    'script.crc32': run.script.crc32,
    'script.bytes': run.script.bytes,
  };
  return [
    `  <testsuite${attributes({ name: run.board, tests: counts.planned, failures: counts.failed, errors, skipped: counts.skipped, time, timestamp: started.toISOString() })}>`,
    propertiesOf(properties, '    '),
    ...run.results.map(result => testcase(run.board, result)),
    ...missingIn(run).map(name =>
      [
        `    <testcase${attributes({ classname: run.board, name, time: '0.000' })}>`,
        `      ${element('error', { type: 'not run', message: run.error?.message ?? 'the run ended before it' })}`,
        '    </testcase>',
      ].join('\n'),
    ),
    '  </testsuite>',
  ].join('\n');
}

function testcase(board: string, result: CaseResult): string {
  const { name, verdict, message } = result;
  const lines = [`    <testcase${attributes({ classname: board, name, time: seconds(result.ms) })}>`];
  const facts: Record<string, number> = { ...result.metrics };
  if (result.boardMs !== undefined) facts['board.ms'] = result.boardMs;
  if (result.retries > 0) facts['retries'] = result.retries;
  if (Object.keys(facts).length > 0) lines.push(propertiesOf(facts, '      '));
  if (verdict === 'skip') lines.push(`      ${element('skipped', { message: message ?? 'no reason given' })}`);
  else if (verdict !== 'pass') {
    const kind = verdict === 'fail' ? 'failure' : 'error';
    lines.push(`      ${element(kind, { type: verdict, message: message ?? VERDICTS[verdict] })}`);
  }
  lines.push('    </testcase>');
  return lines.join('\n');
}

function propertiesOf(values: Record<string, string | number>, indent: string): string {
  const lines = Object.entries(values).map(([name, value]) => `${indent}  ${element('property', { name, value })}`);
  return [`${indent}<properties>`, ...lines, `${indent}</properties>`].join('\n');
}

function element(name: string, values: Record<string, string | number>): string {
  return `<${name}${attributes(values)}/>`;
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');
}

function escaped(text: string): string {
  return (
    text
      // Characters that XML 1.0 has no way to write: a board can print anything.
      .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
      .replace(/[&<>"'\t\n\r]/g, character => `&#${character.charCodeAt(0)};`)
  );
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
