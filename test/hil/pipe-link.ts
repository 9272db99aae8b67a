/** A link over a child process: a stand-in. */
import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Link } from '../../hil/link/link.js';

export function pipeLink(command: string[], env: Record<string, string> = {}): Link & { end(): void } {
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const duplex = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      child.stdin.write(chunk, done);
    },
    destroy(error, done) {
      child.kill();
      done(error);
    },
  });
  (duplex as unknown as { isOpen: boolean }).isOpen = true;
  child.stdout.on('data', bytes => duplex.push(bytes));
  child.on('exit', () => {
    (duplex as unknown as { isOpen: boolean }).isOpen = false;
    duplex.destroy();
  });
  return duplex as unknown as Link;
}
