/** The programs that this process has started: none of them outlives it. Espruino for Linux ignores SIGHUP and SIGTERM. */
import type { ChildProcess } from 'node:child_process';

const children = new Set<ChildProcess>();
let hooked = false;

/** `child` leads a process group (`detached`); it and the group are killed when this process ends. */
export function own(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => {
    // Its own children may be left.
    killNow(child);
    children.delete(child);
  });
  if (hooked) return;
  hooked = true;
  process.on('exit', killAll);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      // Who listens as well, ends the run in its own way.
      if (process.listenerCount(signal) === 1) process.exit(code);
    });
  }
}

export function killNow(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // It has gone already.
  }
}

function killAll(): void {
  for (const child of children) killNow(child);
}
