/**
 * BoringSSL's test runner out of its Go module, by the ordinary Go client: a module of our own that requires BoringSSL's at a pinned version, then `go test -c` of
 * its ssl/test/runner. All of it happens in a cache folder outside this tree, and what is built there is used again.
 *
 * Go asks whatever GOPROXY says. Every step is bounded in time, and one that fails answers go's own words.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { RUNNER_COMMIT } from './results.js';

export const MODULE = 'boringssl.googlesource.com/boringssl.git';
const PACKAGE = `${MODULE}/ssl/test/runner`;
/** The pseudo-version of RUNNER_COMMIT: no tag before it, and its time, UTC. */
export const VERSION = `v0.0.0-20260821155238-${RUNNER_COMMIT}`;

/** Where Go's own packages put it, which is not always in PATH. */
const USUAL_FOLDER = '/usr/local/go/bin';

export type Environment = Record<string, string | undefined>;

/** A runner that is ready, or why there is none. */
export type Obtained = { runner: string; reason?: undefined } | { runner?: undefined; reason: string };

/** Milliseconds: until it is known whether the module is to be had, until it is here, and until it is built. */
export interface Limits {
  answer: number;
  download: number;
  build: number;
}

const LIMITS: Limits = { answer: 60000, download: 300000, build: 900000 };

/** The runner that was built here before. */
export function cachedRunner(environment: Environment = process.env): string | undefined {
  const path = runnerPath(cacheFolder(environment));
  return existsSync(path) ? path : undefined;
}

/** Builds one, unless there is one. `log` gets a line for every step. */
export async function obtainRunner(
  log: (line: string) => void,
  environment: Environment = process.env,
  limits = LIMITS,
): Promise<Obtained> {
  const cached = cachedRunner(environment);
  if (cached) return { runner: cached };
  const go = findGo(environment);
  if (!go) return { reason: `Go is not installed: there is no go in PATH, nor in ${USUAL_FOLDER}` };
  const cache = cacheFolder(environment);
  const folder = ownFolder(cache);
  if (!folder) return { reason: `${cache} cannot be made, or is somebody else's` };
  const work = mkdtempSync(join(folder, 'module-'));
  try {
    writeFileSync(join(work, 'go.mod'), 'module ringlet/bogo\n\ngo 1.26\n');
    const steps: [number, ...string[]][] = [
      [limits.answer, 'list', '-m', `${MODULE}@${VERSION}`],
      [limits.download, 'get', '-t', `${PACKAGE}@${VERSION}`],
      [limits.build, 'test', '-c', '-o', 'runner.test', PACKAGE],
    ];
    for (const [limit, ...args] of steps) {
      log(`go ${args.join(' ')}`);
      const problem = await run(go, args, work, environment, limit);
      if (problem) return { reason: `go ${args[0]}: ${problem}` };
    }
    const built = join(work, 'runner.test');
    if (!existsSync(built)) return { reason: 'go test -c has built nothing' };
    renameSync(built, runnerPath(folder));
    return { runner: runnerPath(folder) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The program's path. */
export function findGo(environment: Environment): string | undefined {
  const folders = (environment.PATH ?? '').split(delimiter).concat(USUAL_FOLDER);
  return folders.map(folder => join(folder, 'go')).find(path => isAbsolute(path) && existsSync(path));
}

function runnerPath(folder: string): string {
  return join(folder, `runner-${RUNNER_COMMIT}.test`);
}

/** As the XDG Base Directory Specification has it; without a home, in the folder for temporary files. */
function cacheFolder(environment: Environment): string {
  const { HOME, XDG_CACHE_HOME } = environment;
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, 'ringlet', 'bogo');
  if (HOME) return join(HOME, '.cache', 'ringlet', 'bogo');
  return join(tmpdir(), `ringlet-bogo-${process.getuid?.() ?? 'cache'}`);
}

/** `path`, made if need be, if it is ours: what lies in it is going to be run. */
function ownFolder(path: string): string | undefined {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return !process.getuid || statSync(path).uid === process.getuid() ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Answers what went wrong, in go's words, or undefined. */
function run(
  go: string,
  args: string[],
  cwd: string,
  environment: Environment,
  limitMs: number,
): Promise<string | undefined> {
  const env = { ...environment, GOWORK: 'off', GOFLAGS: `${environment.GOFLAGS ?? ''} -mod=mod` };
  return new Promise(resolve => {
    let said = '';
    let late = false;
    const child = spawn(go, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    child.on('error', error => done(error.message));
    // Not 'close': a process of its own may hold the pipe.
    child.on('exit', code => setImmediate(done, code === 0 ? undefined : lastWords(said) || `it ended with ${code}`));
    function done(problem: string | undefined): void {
      clearTimeout(timer);
      child.stderr.destroy();
      resolve(late ? `no answer within ${limitMs / 1000} s` : problem);
    }
  });
}

/** Without the progress that go reports on the way. */
function lastWords(said: string): string {
  const lines = said.split('\n').map(line => line.trim());
  return lines.filter(line => line && !/^go: (downloading|finding|added|upgraded)/.test(line)).join(' ');
}
