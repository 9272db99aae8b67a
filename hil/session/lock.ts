/**
 * One runner per board: a file that only one process can create, with who that is. The lock of a process that has died, or
 * whose number has been given to another one since, is taken over.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HilError } from '../errors.js';

const FOLDER = join(tmpdir(), 'ringlet-hil-locks');

interface Owner {
  pid: number;
  /** When the process was started, as the system counts; '' where /proc does not say. */
  started: string;
  since: string;
}

/** `board` is anything that names one board everywhere. Answers what releases it; throws HilError('BOARD_LOCKED'), exit code 3. */
export function lockBoard(board: string, folder = FOLDER): () => void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${board.replace(/[^\w.-]+/g, '_')}.lock`);
  const owner: Owner = { pid: process.pid, started: startOf(process.pid), since: new Date().toISOString() };
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(file, JSON.stringify(owner), { flag: 'wx' });
      return release(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new HilError('LOCK', `The lock ${file} cannot be written: ${(error as Error).message}.`, 3);
      }
    }
    const other = ownerOf(file);
    if (other && isAlive(other)) {
      throw new HilError(
        'BOARD_LOCKED',
        `${board} is in use by another run (process ${other.pid}, since ${other.since}): wait for it, or end it.`,
        3,
      );
    }
    rmSync(file, { force: true });
  }
  throw new HilError('BOARD_LOCKED', `${board} is wanted by several runs at once: try again.`, 3);
}

/** The process that has the board; undefined if it is free. */
export function lockOwner(board: string, folder = FOLDER): number | undefined {
  const owner = ownerOf(join(folder, `${board.replace(/[^\w.-]+/g, '_')}.lock`));
  return owner && isAlive(owner) ? owner.pid : undefined;
}

function release(file: string): () => void {
  const remove = () => {
    process.off('exit', remove);
    rmSync(file, { force: true });
  };
  process.on('exit', remove);
  return remove;
}

function ownerOf(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return started === '' || started === startOf(pid);
}

/** Field 22 of /proc/<pid>/stat; the name in front of it may hold spaces and parentheses. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return '';
  }
}
