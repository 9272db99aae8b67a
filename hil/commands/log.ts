/** `log`: what a run with --out has left: its results, or what one board said. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HilError } from '../errors.js';
import type { asJson } from '../report/json.js';
import { readRawLog } from '../report/raw-log.js';
import { type Command, parse, type Surroundings } from './command.js';
import { printable } from './progress.js';

const RESULTS = 'results.json';
const RAW = '.raw.log';

export const log: Command = {
  usage: 'log DIR [-b ID] [--raw]',
  summary: 'read the folder of a run with --out: results, and what went over the line',
  help: ['  -b, --board ID   one board only', '  --raw            the bytes the board sent, exactly'].join('\n'),
  async run(argv: string[], here: Surroundings): Promise<number> {
    const { values, positionals } = parse(
      argv,
      { board: { type: 'string', short: 'b' }, raw: { type: 'boolean' } },
      { min: 1, max: 1, what: "the run's folder" },
    );
    const folder = resolve(here.cwd, positionals[0]);
    if (!existsSync(folder) || !statSync(folder).isDirectory()) throw absent(`There is no folder ${positionals[0]}.`);
    const boards = readdirSync(folder)
      .filter(name => name.endsWith(RAW))
      .map(name => name.slice(0, -RAW.length))
      .filter(board => values.board === undefined || board === values.board);
    if (values.board !== undefined && boards.length === 0)
      throw absent(`${positionals[0]} has no log of '${values.board}'.`);
    if (!values.raw && existsSync(join(folder, RESULTS))) summary(join(folder, RESULTS), here);
    for (const board of boards) {
      for (const { seconds, direction, bytes } of readRawLog(join(folder, board + RAW))) {
        if (values.raw) {
          if (direction === 'in') here.out(bytes);
          continue;
        }
        for (const line of bytes.toString('latin1').split(/[\r\n]+/)) {
          if (line === '') continue;
          here.out(`${board} ${seconds.toFixed(3).padStart(9)} ${direction === 'in' ? '<' : '>'} ${printable(line)}\n`);
        }
      }
    }
    return 0;
  },
};

function summary(file: string, here: Surroundings): void {
  const report = JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof asJson>;
  const { passed, failed, errors, skipped, missing } = report.counts;
  here.out(
    `${report.started}: ${passed} passed, ${failed} failed, ${errors} crashed, hung or lost, ${skipped} skipped, ${missing} not run; exit code ${report.exitCode}\n\n`,
  );
}

function absent(message: string): HilError {
  return new HilError('LOG_MISSING', message, 2);
}
