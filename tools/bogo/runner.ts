/** Starts BoringSSL's test runner, ssl/test/runner built with `go test -c`. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cachedRunner } from './obtain.js';
import { CONFIG } from './results.js';

/** The binary that BOGO_RUNNER names, or else the one that `npm run bogo` has built before; undefined if there is none. */
export function findRunner(): string | undefined {
  const { BOGO_RUNNER } = process.env;
  if (!BOGO_RUNNER) return cachedRunner();
  const path = resolve(BOGO_RUNNER);
  if (!existsSync(path)) throw new Error(`BOGO_RUNNER: there is no ${path}`);
  return path;
}

export interface RunnerOptions {
  shim: string;
  tests: readonly string[];
  /** Only the alerts of the tests that must fail are looked at, not the error's text. */
  looseErrors?: boolean;
  log(text: string): void;
}

/** Answers what the runner wrote with -json-output. It works in a folder of its own: whatever it needs is in the binary. */
export async function runTests(runner: string, options: RunnerOptions): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ringlet-bogo-'));
  const json = join(folder, 'results.json');
  const args = [
    ...['-test.run', '^TestAll$', '-test.timeout', '60m', '-pipe', '-allow-unimplemented'],
    ...(options.looseErrors ? ['-loose-errors'] : []),
    ...['-shim-path', options.shim, '-shim-config', resolve(CONFIG), '-json-output', json],
    ...['-num-workers', String(cpus().length + 1), '-test', options.tests.join(';')],
  ];
  try {
    await new Promise<void>((done, failed) => {
      const child = spawn(runner, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.setEncoding('utf8').on('data', options.log);
      child.stderr.setEncoding('utf8').on('data', options.log);
      child.on('error', failed);
      // It ends with 1 if any test failed; the file says which.
      child.on('close', () => done());
    });
    if (!existsSync(json)) throw new Error('the runner wrote no results');
    return readFileSync(json, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
