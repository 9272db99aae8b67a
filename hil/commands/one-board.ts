/** upload, exec, repl, reset, recover: one board, one session. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import crc32 from 'crc-32';
import { HilError } from '../errors.js';
import type { BoardEntry } from '../map/board-map.js';
import { describe } from '../map/kinds.js';
import { allBoards, selectBoards } from '../map/select.js';
import { asHilError } from '../report/report.js';
import { lockBoard } from '../session/lock.js';
import { lockKey } from '../session/lock-key.js';
import { cyclePower } from '../session/power.js';
import { provision } from '../session/provision.js';
import { type Command, parse, type Surroundings, usage } from './command.js';
import { DeviceText, Progress } from './progress.js';
import type { OpenSession } from './session.js';

const BOARD = { board: { type: 'string', short: 'b' } } as const;
const BOARD_HELP = '  -b, --board ID   the board';
/** What ends `repl`: Ctrl-]. */
const LEAVE = 0x1d;

async function chosen(here: Surroundings, map: string | undefined, board: string | undefined): Promise<BoardEntry> {
  const boards = board === undefined ? undefined : [board];
  return describe(selectBoards(allBoards(here.cwd, map, here.env), { boards }, await here.ports())[0]);
}

/** `work` with a session that is closed whatever happens; what the board says meanwhile goes to stderr. */
async function withSession(
  here: Surroundings,
  entry: BoardEntry,
  work: (session: Awaited<ReturnType<OpenSession>>, progress: Progress) => Promise<number>,
): Promise<number> {
  const progress = new Progress(here.err, here.terminal);
  const text = new DeviceText(entry.id, line => progress.line(line));
  const session = await here.openSession(entry, {
    onText: said => text.add(said),
    onStep: step => progress.line(`${entry.id}: ${step}`),
  });
  try {
    return await work(session, progress);
  } finally {
    text.end();
    progress.clear();
    await session.close();
  }
}

export const upload: Command = {
  usage: 'upload -b ID FILE…',
  summary:
    'store scripts on the board, each read back by CRC-32, and a fresh seed for its random numbers, then reset it',
  help: BOARD_HELP,
  async run(argv: string[], here: Surroundings): Promise<number> {
    const { values, positionals } = parse(argv, BOARD, { min: 1, max: 100, what: 'the file to upload' });
    const files = positionals.map(name => {
      try {
        return { name: basename(name), data: readFileSync(resolve(here.cwd, name)) };
      } catch (error) {
        throw usage((error as Error).message);
      }
    });
    const entry = await chosen(here, values.map, values.board);
    return withSession(here, entry, async (session, progress) => {
      for (const { name, data } of files) {
        await session.engine.upload(name, data, (done, total) =>
          progress.bar(`${entry.id}: uploading ${name}`, done, total),
        );
        progress.clear();
        here.out(
          `${entry.id}: ${name}, ${data.length} bytes, CRC-32 ${(crc32.buf(data) >>> 0).toString(16).padStart(8, '0')}\n`,
        );
      }
      await provision(session.engine, session.identity);
      await session.engine.reset();
      return 0;
    });
  },
};

export const exec: Command = {
  usage: 'exec -b ID EXPRESSION',
  summary: 'the value of one expression, as the board prints it',
  help: BOARD_HELP,
  async run(argv: string[], here: Surroundings): Promise<number> {
    const { values, positionals } = parse(argv, BOARD, { min: 1, max: 1, what: 'the expression' });
    return withSession(here, await chosen(here, values.map, values.board), async session => {
      here.out((await session.engine.evaluate(positionals[0])) + '\n');
      return 0;
    });
  },
};

export const reset: Command = {
  usage: 'reset -b ID',
  summary: 'restart the engine',
  help: BOARD_HELP,
  async run(argv: string[], here: Surroundings): Promise<number> {
    const { values } = parse(argv, BOARD, { min: 0, max: 0, what: '' });
    const entry = await chosen(here, values.map, values.board);
    return withSession(here, entry, async session => {
      await session.engine.reset();
      const { engine, version } = await session.engine.identify();
      here.out(`${entry.id}: ${engine} ${version}, reset\n`);
      return 0;
    });
  },
};

export const recover: Command = {
  usage: 'recover -b ID [--wipe]',
  summary: "get a board's attention back, by every means the map offers",
  help: `${BOARD_HELP}\n  --wipe           then remove what it runs by itself when it starts`,
  async run(argv: string[], here: Surroundings): Promise<number> {
    const { values } = parse(argv, { ...BOARD, wipe: { type: 'boolean' } }, { min: 0, max: 0, what: '' });
    const entry = await chosen(here, values.map, values.board);
    const attempt = () =>
      withSession(here, entry, async ({ engine, identity }) => {
        here.out(`${entry.id}: ${identity.engine} ${identity.version} answers\n`);
        if (!values.wipe) return 0;
        here.out(`${entry.id}: removed ${(await engine.wipe()).join(', ') || 'nothing'}\n`);
        await engine.reset();
        return 0;
      });
    try {
      return await attempt();
    } catch (error) {
      if (asHilError(error).code === 'BOARD_LOCKED') throw error;
      here.err(`${entry.id}: ${asHilError(error).message}\n${entry.id}: once more, with the port opened again\n`);
    }
    try {
      return await attempt();
    } catch (error) {
      if (!entry.power) throw error;
      here.err(`${entry.id}: ${asHilError(error).message}\n`);
    }
    await cyclePower(entry.power, line => here.err(`${line}\n`));
    return attempt();
  },
};

export const repl: Command = {
  usage: 'repl -b ID',
  summary: 'talk to the board; Ctrl-] leaves',
  help: BOARD_HELP,
  async run(argv: string[], here: Surroundings): Promise<number> {
    const { values } = parse(argv, BOARD, { min: 0, max: 0, what: '' });
    const entry = await chosen(here, values.map, values.board);
    // Nothing is asked: a board that answers no question can still be talked to.
    const key = lockKey(entry.console);
    const unlock = key === undefined ? undefined : lockBoard(key);
    const { openLink } = await import('../link/link.js');
    const link = await openLink(entry.console).catch(error => {
      unlock?.();
      throw error;
    });
    const { stdin } = here;
    if (stdin.isTTY) here.err(`${entry.id}: Ctrl-] leaves.\r\n`);
    stdin.setRawMode?.(true);
    try {
      return await new Promise<number>((done, failed) => {
        link.on('data', (bytes: Buffer) => here.out(bytes));
        link.once('error', failed);
        link.once('close', () => failed(new HilError('LINK', `'${entry.id}' is gone.`, 4)));
        here.signal.addEventListener('abort', () => done(130), { once: true });
        stdin.on('data', (bytes: Buffer) => {
          const leave = bytes.indexOf(LEAVE);
          link.write(leave < 0 ? bytes : bytes.subarray(0, leave));
          if (leave >= 0) done(0);
        });
        // Input from a pipe has been sent; the board gets a moment to answer.
        stdin.once('end', () => setTimeout(() => done(0), 1000));
      });
    } finally {
      stdin.setRawMode?.(false);
      stdin.pause();
      link.removeAllListeners('close');
      await new Promise<void>(done => (link.isOpen ? link.close(() => done()) : done()));
      unlock?.();
    }
  },
};
