/**
 * A firmware that is a program of this machine, with a simulated W5500 and its LAN behind it: what espruino-desktop and jerry-desktop have in
 * common. The firmware's console is this process's stdin and stdout, so that to a runner the two of them are one board.
 *
 * However this process ends, the firmware ends too: by SIGKILL (Espruino ignores SIGTERM), and if this process cannot send it any more, a
 * shell that looks once a second does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createSimBoard, type SimBoard } from '../../boards/sim/index.js';
import { publishFixtures } from '../fixtures/lan.js';
import { PROJECT } from '../project.js';

/** `exec` keeps the process id, which the loop beside it knows as $$. A firmware that has ended is not mistaken for another process. */
const GUARDED = `( while kill -0 "$0" 2>/dev/null; do sleep 1; kill -0 $$ 2>/dev/null || exit; done; kill -9 $$ ) </dev/null >/dev/null 2>&1 3>&- 4>&- &
exec "$@"`;

export interface Firmware {
  child: ChildProcess;
  sim: SimBoard;
  folder: string;
  /** Ends everything, and this process; `reason` goes to stderr. */
  end(reason?: string): void;
}

/**
 * The folder it runs in is the board's own, where its flash lives from one start to the next; started in the project's folder, it takes a new one and
 * removes it in the end. The fixtures are in the environment: ../fixtures/lan.ts.
 */
export function startFirmware(
  command: string[],
  prepare: (folder: string) => void,
  moreStdio: Array<'pipe'> = [],
): Firmware {
  const own = process.cwd() !== resolve(PROJECT);
  const folder = own ? process.cwd() : mkdtempSync(join(tmpdir(), 'ringlet-hil-'));
  prepare(folder);
  const sim = createSimBoard();
  const fixtures = publishFixtures(sim);
  const child = spawn('/bin/sh', ['-c', GUARDED, String(process.pid), ...command], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe', ...moreStdio],
  });
  let complaints = '';
  child.stderr!.on('data', text => {
    complaints = (complaints + text).slice(-1000);
  });
  let ended = false;
  const end = (reason?: string) => {
    if (ended) return;
    ended = true;
    if (reason !== undefined) process.stderr.write(`${reason}\n${complaints}\n`);
    child.kill('SIGKILL');
    fixtures.close();
    sim.close();
    if (!own) rmSync(folder, { recursive: true, force: true });
    // Nobody else would take the dead one away.
    const exit = () => process.exit(reason === undefined ? 0 : 1);
    if (child.exitCode !== null || child.signalCode !== null) exit();
    child.once('exit', exit);
    setTimeout(exit, 1000);
  };
  process.stdin.on('data', bytes => child.stdin!.write(bytes));
  process.stdin.on('end', () => end());
  process.stdin.on('error', () => end());
  process.stdout.on('error', () => end());
  child.stdin!.on('error', () => undefined);
  child.stdout!.on('data', bytes => process.stdout.write(bytes));
  child.on('error', error => end(`${command[0]} cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => end(`the firmware has ended (${signal ?? code})`));
  process.on('exit', () => child.kill('SIGKILL'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end());
  process.on('uncaughtException', error => end(`the simulated board has failed: ${error.stack}`));
  return { child, sim, folder, end };
}
