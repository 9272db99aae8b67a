/**
 * Coverage-guided fuzzing of every parser with Jazzer.js (libFuzzer for JavaScript), one process, one target after the other:
 *
 *   npm run fuzz -- --list                     the targets
 *   npm run fuzz                               all of them, 10 minutes each
 *   npm run fuzz -- --target dns --minutes 2   one of them; --target a,b several
 *   npm run fuzz -- --replay FILE              an input that failed, without the fuzzer; --target unless its name tells
 *   npm run fuzz -- --minimise                 what was found, reduced to what adds coverage, goes into test/fuzz/seeds
 *
 * The fuzzer is no dependency of the project: the first run installs it into build/jazzer, in the versions of
 * tools/fuzz/jazzer/package-lock.json. What it finds interesting stays in build/fuzz/corpus; what fails becomes a file in
 * build/fuzz/failures, the command says how to replay it, and exits with 1.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { type FuzzTarget, fuzzTargets, loadTarget } from '../../test/fuzz/targets.js';
import { fuzzTarget, minimiseSeeds } from './jazzer.js';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    minutes: { type: 'string', default: '10' },
    list: { type: 'boolean', default: false },
    replay: { type: 'string' },
    minimise: { type: 'boolean', default: false },
  },
});

if (values.list) {
  for (const { name, what } of fuzzTargets) console.log(name.padEnd(12) + what);
} else if (values.replay) {
  process.exitCode = await replay(values.replay, values.target ?? basename(values.replay).split('-')[0]!);
} else if (values.minimise) {
  for (const target of chosen()) minimiseSeeds(target);
} else {
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) fail('--minutes must be a number above 0');
  for (const target of chosen()) if (!(await fuzzTarget(target, minutes))) process.exitCode = 1;
}

function chosen(): FuzzTarget[] {
  if (!values.target) return fuzzTargets;
  return values.target.split(',').map(name => {
    const found = fuzzTargets.find(target => target.name === name);
    return found ?? fail(`There is no target ${name}: see --list`);
  });
}

/** Runs one input; answers the exit code. */
async function replay(file: string, name: string): Promise<number> {
  if (!fuzzTargets.some(target => target.name === name)) fail(`Which target is ${file} for? Say --target`);
  const bytes = readFileSync(file);
  const fuzz = await loadTarget(name);
  try {
    fuzz(bytes);
  } catch (error) {
    console.error(error);
    console.error(`${name} fails with these ${bytes.length} bytes.`);
    return 1;
  }
  console.log(`${name} passes with these ${bytes.length} bytes.`);
  return 0;
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
