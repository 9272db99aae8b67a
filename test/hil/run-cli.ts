/** The command line in a child process, or, much faster, in this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { cli } from '../../hil/cli.js';
import { surroundings } from '../../hil/surroundings.js';
import { type Script, scripted } from './scripted-cli.js';

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** With made-up boards instead of real ones. */
  script?: Script;
  onStart?(child: ChildProcess, said: () => string): void;
}

export function runCli(argv: string[], options: CliOptions = {}): Promise<Outcome> {
  const program = options.script ? 'build/test/hil/scripted-main.js' : 'build/hil/main.js';
  const child = spawn(process.execPath, [resolve(program), ...argv], {
    cwd: options.cwd,
    env: { ...process.env, SCRIPT: JSON.stringify(options.script), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 50000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', data => {
    stdout += data;
  });
  child.stderr.on('data', data => {
    stderr += data;
  });
  options.onStart?.(child, () => stderr);
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', code => done({ code, stdout, stderr }));
  });
}

export async function callCli(argv: string[], cwd: string, script: Script = {}): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const code = await cli(argv, {
    ...world,
    ...scripted(script),
    cwd,
    env: {},
    terminal: false,
    out: text => {
      stdout += typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
    },
    err: text => {
      stderr += text;
    },
  });
  return { code, stdout, stderr };
}

/** Once: it listens to signals. */
const world = { ...surroundings(), signal: new AbortController().signal };
