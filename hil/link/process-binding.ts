/**
 * A board that is a program on this machine: its console is standard input and output. Power is the process: closing the
 * port ends its input, which lets it write its capture to the end, and soon afterwards kills it and whatever it has started, with
 * the one signal that firmware cannot ignore.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { BindingInterface, OpenOptions } from '@serialport/bindings-interface';
import { killNow, own } from './own-processes.js';
import { StreamPort } from './stream-port.js';

export interface ProcessOpenOptions extends OpenOptions {
  command: string[];
  cwd?: string;
  env?: Record<string, string>;
}

/** From the end of its input to SIGKILL. */
const FAREWELL_MS = 300;

export const ProcessBinding: BindingInterface<StreamPort, ProcessOpenOptions> = {
  list: async () => [],
  async open(options: ProcessOpenOptions): Promise<StreamPort> {
    const { command, cwd, env } = options;
    // A process group of its own: what it starts goes with it.
    const child = spawn(command[0], command.slice(1), {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    await started(child);
    own(child);
    const gone = new Promise<void>(resolve => child.once('close', () => resolve()));
    const port: StreamPort = new StreamPort(options, {
      write: bytes =>
        new Promise((resolve, reject) => child.stdin!.write(bytes, error => (error ? reject(error) : resolve()))),
      async close() {
        child.stdin!.end();
        const farewell = setTimeout(() => killNow(child), FAREWELL_MS);
        await gone;
        clearTimeout(farewell);
      },
    });
    child.stdin!.on('error', () => undefined);
    child.stdout!.on('data', bytes => port.received(bytes));
    child.stderr!.on('data', bytes => port.received(bytes));
    child.once('close', (code, signal) =>
      port.lost(new Error(`${command[0]} has ended (${signal ?? `code ${code}`})`)),
    );
    return port;
  },
};

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}
