/**
 * test/bogo/expected.txt: the tests that are in scope for a client like this, by class, and what the runner says of each.
 *
 *   # early data
 *   passed TLS13-EarlyData-...
 *
 *   passed         as BoringSSL would, including those that must fail, and how
 *   unimplemented  the shim answered 89
 *   disabled       config.json says why
 *   failed         must not be in the committed file
 */
import { readFileSync } from 'node:fs';
import { matchesGlob } from './glob.js';

export type Outcome = 'passed' | 'unimplemented' | 'disabled' | 'failed';

export interface TestResult {
  class: string;
  name: string;
  outcome: Outcome;
}

export interface ShimConfig {
  DisabledTests: Record<string, string>;
  ErrorMap: Record<string, string[]>;
}

export const CONFIG = 'test/bogo/config.json';
export const EXPECTED = 'test/bogo/expected.txt';

/** BoringSSL's commit that the expected results are of: other runners have other tests. */
export const RUNNER_COMMIT = 'a0689af29e8e';

export function readConfig(): ShimConfig {
  return JSON.parse(readFileSync(CONFIG, 'utf8')) as ShimConfig;
}

export function readExpected(): TestResult[] {
  return parseResults(readFileSync(EXPECTED, 'utf8'));
}

export function parseResults(text: string): TestResult[] {
  const results: TestResult[] = [];
  let current = '';
  for (const line of text.split('\n')) {
    const [first, ...rest] = line.split(' ');
    if (first === '#') current = rest.join(' ');
    else if (first) results.push({ class: current, name: rest.join(' '), outcome: first as Outcome });
  }
  return results;
}

export function formatResults(results: readonly TestResult[]): string {
  let text = '';
  let current = '';
  for (const result of results) {
    if (result.class !== current) text += `${current ? '\n' : ''}# ${result.class}\n`;
    current = result.class;
    text += `${result.outcome} ${result.name}\n`;
  }
  return text;
}

/** Puts what the runner wrote with -json-output beside the names of `scope`. A test that it did not start is disabled, or not there any more. */
export function judge(scope: readonly TestResult[], json: string, config: ShimConfig): TestResult[] {
  const { tests } = JSON.parse(json) as { tests: Record<string, { actual: string } | undefined> };
  const globs = Object.keys(config.DisabledTests);
  return scope.map(({ class: className, name }) => {
    const actual = tests[name]?.actual;
    const skipped = globs.some(glob => matchesGlob(glob, name)) ? 'disabled' : 'failed';
    const outcome = actual === 'PASS' ? 'passed' : actual === 'SKIP' ? 'unimplemented' : actual ? 'failed' : skipped;
    return { class: className, name, outcome };
  });
}

/** One line for each class and one for all. */
export function countTable(results: readonly TestResult[]): string {
  const columns: Outcome[] = ['passed', 'failed', 'unimplemented', 'disabled'];
  const row = (title: string, of: readonly TestResult[]): string =>
    title.padEnd(28) +
    columns.map(column => String(of.filter(({ outcome }) => outcome === column).length).padStart(15)).join('');
  const classes = [...new Set(results.map(result => result.class))];
  return [
    ' '.repeat(28) + columns.map(column => column.padStart(15)).join(''),
    ...classes.map(name =>
      row(
        name,
        results.filter(result => result.class === name),
      ),
    ),
    row('all', results),
  ].join('\n');
}

/** What is worse than expected: a line each. */
export function losses(actual: readonly TestResult[], expected: readonly TestResult[]): string[] {
  const before = new Map(expected.map(({ name, outcome }) => [name, outcome]));
  return actual
    .filter(({ name, outcome }) => outcome === 'failed' || (before.get(name) === 'passed' && outcome !== 'passed'))
    .map(({ name, outcome }) => `${name}: ${outcome}, expected: ${before.get(name)}`);
}

/** How many pass that were not expected to. */
export function gains(actual: readonly TestResult[], expected: readonly TestResult[]): number {
  const passed = new Set(expected.filter(({ outcome }) => outcome === 'passed').map(({ name }) => name));
  return actual.filter(({ name, outcome }) => outcome === 'passed' && !passed.has(name)).length;
}
