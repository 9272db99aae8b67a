/**
 * `npm run bogo`: the shim of test/bogo against BoringSSL's test runner. Runs the tests that are in scope, prints counts by class, and compares with
 * test/bogo/expected.txt: a test that fails, or is no longer passed, is an error.
 *
 * To add a feature: its flags in test/bogo/flags.ts, texts of its errors in ErrorMap of test/bogo/config.json, then `--update`. What we do otherwise
 * than BoringSSL goes into DisabledTests, with the reason.
 *
 * Exit codes: 0 as expected; 1 otherwise; 77 there is no runner.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { matchesGlob } from './glob.js';
import { MODULE, obtainRunner } from './obtain.js';
import {
  countTable,
  EXPECTED,
  formatResults,
  gains,
  judge,
  losses,
  RUNNER_COMMIT,
  readConfig,
  readExpected,
} from './results.js';
import { findRunner, runTests } from './runner.js';
import { bundleShim } from './shim-bundle.js';

const HELP = `npm run bogo -- [options]

  BOGO_RUNNER     if set: ssl/test/runner of BoringSSL ${RUNNER_COMMIT}, built there with \`go test -c\`. If not, it is
                  built from the Go module ${MODULE} in
                  XDG_CACHE_HOME or ~/.cache, once
  --test GLOB     only the tests of this name; several are separated by ;
  --loose-errors  of tests that must fail look at the alert only
  --verbose       all that the runner prints
  --update        write ${EXPECTED}
`;

const NO_RUNNER = 77;

const { values } = parseArgs({
  options: {
    test: { type: 'string', default: '*' },
    'loose-errors': { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const globs = values.test.split(';');
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const found = findRunner();
  const { runner, reason } = found ? { runner: found } : await obtainRunner(line => console.log(line));
  if (!runner) {
    console.error(
      `There is no runner: BOGO_RUNNER is not set, and BoringSSL's Go module is not to be had: ${reason}\n\n${HELP}`,
    );
    return NO_RUNNER;
  }
  const scope = readExpected();
  const chosen = scope.filter(({ name }) => globs.some(glob => matchesGlob(glob, name)));
  const output: string[] = [];
  const start = Date.now();
  const json = await runTests(runner, {
    shim: await bundleShim(),
    tests: chosen.map(({ name }) => name),
    looseErrors: values['loose-errors'],
    log: text => (values.verbose ? process.stdout.write(text) : output.push(text)),
  });
  const results = judge(chosen, json, readConfig());
  console.log(countTable(results));
  console.log(`${Math.round((Date.now() - start) / 1000)} s`);
  if (values.update) {
    const renewed = new Map(results.map(result => [result.name, result]));
    const text = formatResults(scope.map(result => renewed.get(result.name) ?? result));
    writeFileSync(EXPECTED, text);
  }
  const wrong = losses(results, values.update ? results : scope);
  const gained = gains(results, values.update ? results : scope);
  for (const line of wrong) console.error(line);
  if (gained > 0) console.log(`${gained} more than expected passed: --update takes that down.`);
  return wrong.length > 0 ? 1 : 0;
}

process.exitCode = await main();
