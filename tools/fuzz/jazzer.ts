/** Installs and runs Jazzer.js. Everything it writes is below build/. */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FuzzTarget } from '../../test/fuzz/targets.js';
import { fitToOlderGlibc, hasOlderGlibc } from './older-glibc.js';

const top = fileURLToPath(new URL('../../../', import.meta.url));
const work = join(top, 'build/fuzz');
const failures = join(work, 'failures');
const installed = join(top, 'build/jazzer');
const prebuilds = join(installed, 'node_modules/@jazzer.js/fuzzer/prebuilds');
const cli = join(installed, 'node_modules/@jazzer.js/core/dist/cli.js');

const corpusOf = ({ name }: FuzzTarget): string => join(work, 'corpus', name);
const seedsOf = ({ name }: FuzzTarget): string => join(top, 'test/fuzz/seeds', name);

/** Fuzzes for `minutes`; false if something was found, which has been said then. */
export async function fuzzTarget(target: FuzzTarget, minutes: number): Promise<boolean> {
  install();
  const corpus = corpusOf(target);
  mkdirSync(corpus, { recursive: true });
  mkdirSync(seedsOf(target), { recursive: true });
  mkdirSync(failures, { recursive: true });
  const failed = (): string[] => readdirSync(failures).filter(name => name.startsWith(target.name + '-'));
  const before = new Set(failed());
  console.log(`${target.name}: ${target.what}; ${minutes} minutes`);
  const { status, output } = await run(
    target,
    [corpus, seedsOf(target)],
    [
      `-max_total_time=${Math.ceil(minutes * 60)}`,
      `-artifact_prefix=${join(failures, target.name + '-')}`,
      '-use_value_profile=1',
      '-len_control=10',
      '-rss_limit_mb=1500',
      '-print_final_stats=1',
    ],
  );
  const found = failed().filter(name => !before.has(name));
  if (status !== 0 || found.length > 0) {
    // Without the lines of its progress.
    console.log(output.replace(/^(#|INFO: Loaded).*\n/gm, ''));
    for (const name of found) console.error(`Replay: npm run fuzz -- --replay ${relative(top, join(failures, name))}`);
    if (found.length === 0) console.error(`${target.name}: the fuzzer ended with ${status}`);
    return false;
  }
  console.log('  ' + summary(output));
  return true;
}

/** Rewrites test/fuzz/seeds/<target>: of seeds and corpus, the inputs that together reach what all reach. */
export function minimiseSeeds(target: FuzzTarget): void {
  install();
  const merged = join(work, 'merged', target.name);
  rmSync(merged, { recursive: true, force: true });
  mkdirSync(merged, { recursive: true });
  const corpus = corpusOf(target);
  const from = [seedsOf(target), corpus].filter(existsSync);
  const { status, stdout, stderr } = spawnSync(process.execPath, command(target, [merged, ...from], ['-merge=1']), {
    cwd: top,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The fuzzer ended with ${status}\n${stdout}${stderr}`);
  // What was committed by hand has a name of its own and stays.
  for (const name of readdirSync(seedsOf(target))) if (/^[0-9a-f]{40}$/.test(name)) rmSync(join(seedsOf(target), name));
  const kept = new Set(readdirSync(seedsOf(target)).map(name => readFileSync(join(seedsOf(target), name), 'latin1')));
  let bytes = 0;
  for (const name of readdirSync(merged)) {
    if (kept.has(readFileSync(join(merged, name), 'latin1'))) continue;
    copyFileSync(join(merged, name), join(seedsOf(target), name));
    bytes += statSync(join(merged, name)).size;
  }
  console.log(`${target.name}: ${readdirSync(merged).length} inputs, ${bytes} bytes`);
}

function command(target: FuzzTarget, folders: string[], options: string[]): string[] {
  return [
    cli,
    `build/test/fuzz/targets/${target.name}.js`,
    ...folders,
    '--sync',
    '-i',
    'build/src/',
    '--disableBugDetectors',
    '.*',
    '--',
    `-max_len=${target.longest}`,
    ...options,
  ];
}

/** Runs the fuzzer, and shows a line of its progress every half minute. */
function run(
  target: FuzzTarget,
  folders: string[],
  options: string[],
): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, command(target, folders, options), { cwd: top });
  let output = '';
  let shownAt = Date.now();
  const hear = (piece: Buffer) => {
    output = (output + piece.toString('latin1')).slice(-200000);
    if (Date.now() - shownAt < 30000) return;
    shownAt = Date.now();
    console.log('  ' + summary(output));
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', status => resolve({ status, output }));
  });
}

/** The last line of progress. */
function summary(output: string): string {
  const lines = output.split('\n').filter(line => /^#\d+/.test(line) && /cov: \d+/.test(line));
  return lines.pop()?.replace(/\s+/g, ' ') ?? 'no progress yet';
}

/** Once; again when the lock file asks for another version. */
function install(): void {
  const from = fileURLToPath(new URL('tools/fuzz/jazzer/', new URL('../../../', import.meta.url)));
  const lock = (folder: string) => join(folder, 'package-lock.json');
  if (existsSync(cli) && existsSync(lock(installed)) && same(lock(from), lock(installed))) return;
  console.log('Installing the fuzzer into build/jazzer ...');
  mkdirSync(installed, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(from, name), join(installed, name));
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: installed, encoding: 'utf8' })
    : spawnSync('npm', args, { cwd: installed, encoding: 'utf8', shell: process.platform === 'win32' });
  if (result.status === 0) {
    if (hasOlderGlibc()) fitToOlderGlibc(join(prebuilds, `fuzzer-${process.platform}-${process.arch}.node`));
    return;
  }
  rmSync(installed, { recursive: true, force: true });
  throw new Error(`The install of the fuzzer failed. Is a registry reachable?\n${result.stdout}${result.stderr}`);
}

function same(a: string, b: string): boolean {
  return readFileSync(a, 'utf8') === readFileSync(b, 'utf8');
}
