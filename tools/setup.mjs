#!/usr/bin/env node
/**
 * Makes a fresh clone ready: installs the development dependencies when they are missing or not those of
 * package-lock.json, then builds what is out of date. Says one line when it installs, and nothing when all is well.
 *
 *   node tools/setup.mjs              install, compile src, boards, test and tools into build/
 *   node tools/setup.mjs --bundles    the same, and ringlet's bundles in dist/
 *   node tools/setup.mjs --boards     the same, and only those of boards
 *   node tools/setup.mjs --hil        the same, and those that hil/ puts onto boards; several may be given
 *
 * Plain JavaScript on Node's own modules: it runs before anything is installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const OLDEST_NODE = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  fail(`Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.version}.`);
}
const reason = installReason();
if (reason) install(reason);
compile();
const wanted = new Set(process.argv.slice(2));
if (wanted.has('--bundles') || wanted.has('--boards')) await bundle('^dist/(?!hil-|test-|glue-)');
if (wanted.has('--bundles')) await bundle('^dist/(test|glue)-', 'build/test/engines', 'build/test/glue');
if (wanted.has('--hil')) await bundle('^dist/hil-', 'build/hil/agent', 'build/hil/cases', 'build/hil/entries');

/** Why the dependencies must be installed, or undefined if every package of the lock file is there in its version. */
function installReason() {
  const installedLock = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedLock)) return 'node_modules is missing';
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedLock, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.optional) continue;
    if (installed[path]?.version !== entry.version) return `${path} is not ${entry.version}`;
  }
  return undefined;
}

function install(why) {
  console.log(`Installing the development dependencies (${why}) ...`);
  const npm = process.env.npm_execpath;
  // Not `npm ci`: it wants an entry for the binaries of every platform, and registries that mirror only some of them make
  // lock files without. `install --no-save` takes the lock file's versions as well, and leaves the file alone.
  const args = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, encoding: 'utf8' })
    : spawnSync('npm', args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  if (result.error || result.status !== 0) {
    process.stderr.write((result.stdout ?? '') + (result.stderr ?? ''));
    fail(
      `The install failed (${result.error?.message ?? 'npm install ended with ' + result.status}). Is a registry reachable?`,
    );
  }
}

function compile() {
  removeOrphans('src', 'boards', 'hil', 'test', 'tools');
  run('The build', ['node_modules/typescript/bin/tsc', '-b']);
}

/** Makes the bundles whose file fits `names`, if one is missing or older than what they are made of. Half of them in each of two programs at once. */
async function bundle(names, ...folders) {
  const passes = readdirSync(join(root, 'tools')).filter(name => name.endsWith('.mjs'));
  const inputs = ['rollup.config.mjs', 'package-lock.json', ...passes.map(name => 'tools/' + name)];
  const newestInput = Math.max(
    ...['build/src', 'build/boards', ...folders].map(folder => newest(join(root, folder))),
    ...inputs.map(file => statSync(join(root, file)).mtimeMs),
  );
  const made = filesIn(join(root, 'dist')).filter(file => new RegExp(names).test('dist/' + basename(file)));
  if (made.length > 0 && made.every(file => statSync(file).mtimeMs > newestInput)) return;
  for (const file of made) rmSync(file);
  const halves = ['0', '1'].map(
    half =>
      new Promise(resolve => {
        const env = { ...process.env, BUNDLES: names, BUNDLES_HALF: half };
        const args = ['node_modules/rollup/dist/bin/rollup', '-c', '--silent'];
        spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env }).on('close', resolve);
      }),
  );
  for (const status of await Promise.all(halves)) if (status !== 0) fail('Making the bundles failed; see above.');
}

/** A compiled file whose source is gone would still be run as a test. */
function removeOrphans(...folders) {
  for (const folder of folders) {
    for (const file of filesIn(join(root, 'build', folder))) {
      const source = file.slice(root.length + '/build/'.length).replace(/(\.d\.ts|\.js)(\.map)?$/, '');
      if (!existsSync(join(root, source + '.ts'))) rmSync(file);
    }
  }
}

function run(what, args) {
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) fail(`${what} failed; see above.`);
}

/** The newest change among a folder's files. */
function newest(folder) {
  return filesIn(folder).reduce((time, file) => Math.max(time, statSync(file).mtimeMs), 0);
}

function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry =>
    entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
