/** The real world, as commands see it: this process, its terminal, its ports. */
import { writeSync } from 'node:fs';
import type { Surroundings } from './commands/command.js';
import { attachedPorts } from './map/ports.js';

export function surroundings(): Surroundings {
  const interrupt = new AbortController();
  process.on('SIGINT', () => {
    // Somebody who presses it twice means it.
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort();
  });
  process.on('SIGTERM', () => interrupt.abort());
  return {
    out: text => writeAll(1, text),
    err: text => writeAll(2, text),
    terminal: process.stderr.isTTY === true,
    cwd: process.cwd(),
    env: process.env,
    stdin: process.stdin,
    signal: interrupt.signal,
    ports: attachedPorts,
    // Loaded by the commands that need them.
    runBoard: async (...args) => (await import('./run/run-board.js')).runBoard(...args),
    openSession: async (...args) => (await import('./session/session.js')).Session.open(...args),
    fixtures: () => import('./fixtures/index.js'),
  };
}

/** At once, even into a pipe: what was said before a crash is there. A reader who has gone is no error of ours. */
function writeAll(fd: number, text: string | Uint8Array): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(fd, bytes, offset);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN') throw error;
      // A pipe that is full: wait a little.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
