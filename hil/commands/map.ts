/** `map init` writes entries for what is attached, `map check` holds the map against what is attached. */
import { writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { HilError } from '../errors.js';
import { type BoardEntry, loadMap, MAP_NAME } from '../map/board-map.js';
import { additions } from '../map/init.js';
import { describe, kinds } from '../map/kinds.js';
import { stateOf } from '../map/select.js';
import { PROJECT } from '../project.js';
import { asHilError } from '../report/report.js';
import { type Command, parse, type Surroundings, usage } from './command.js';

export const map: Command = {
  usage: 'map init|check [--no-probe]',
  summary: 'write entries for attached boards into the map; hold the map against what is attached',
  help: '  --no-probe       open no port: engines are guessed (init) or taken for granted (check)',
  async run(argv: string[], here: Surroundings): Promise<number> {
    const { values, positionals } = parse(
      argv,
      { 'no-probe': { type: 'boolean' } },
      { min: 1, max: 1, what: 'init or check' },
    );
    const file = values.map ?? join(here.cwd, MAP_NAME);
    const probe = !values['no-probe'];
    if (positionals[0] === 'init') return init(here, file, probe);
    if (positionals[0] === 'check') return check(here, file, probe);
    throw usage(`'${positionals[0]}' is neither init nor check`);
  },
};

async function init(here: Surroundings, file: string, probe: boolean): Promise<number> {
  const before = loadMap(file);
  const now = before ?? { version: 1 as const, boards: [] };
  const ports = await here.ports();
  const added = await additions(now, ports, async (entry, engine) => {
    if (!probe) return false;
    here.err(`${entry.id}: is it ${engine}? …\n`);
    try {
      await identity(here, describe({ ...entry, engine }));
      return true;
    } catch (error) {
      here.err(`    ${asHilError(error).message}\n`);
      return false;
    }
  });
  for (const { entry, doubts } of added) {
    now.boards.push(entry);
    here.out(`${entry.id}: ${entry.board} with ${entry.engine}\n`);
    for (const doubt of doubts) here.out(`    ${doubt}\n`);
  }
  if (added.length > 0 || before === undefined) {
    writeFileSync(file, JSON.stringify({ $schema: schemaFrom(dirname(resolve(file))), ...now }, undefined, 2) + '\n');
  }
  here.out(
    `${file}: ${added.length} board${added.length === 1 ? '' : 's'} added, ${now.boards.length} in all${ports.length === 0 ? '; no serial port is attached' : ''}\n`,
  );
  return 0;
}

/** The schema as the map names it, for editors: it lies in the clone, or in node_modules. */
function schemaFrom(folder: string): string {
  const path = relative(folder, join(PROJECT, 'hil/map/hil.boards.schema.json')).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}

async function check(here: Surroundings, file: string, probe: boolean): Promise<number> {
  const loaded = loadMap(file);
  if (!loaded)
    throw new HilError('MAP_MISSING', `There is no map ${file}; 'map init' makes one of what is attached.`, 2);
  const ports = await here.ports();
  let worst = 0;
  for (const entry of loaded.boards) {
    const { wrong, code, good } = await checkEntry(here, entry, stateOf(entry, ports), probe);
    here.out(`${wrong ? 'not ok' : 'ok'} ${entry.id}  ${wrong ?? good}\n`);
    worst = Math.max(worst, code);
  }
  if (loaded.boards.length === 0) here.out('The map is valid, and empty.\n');
  return worst;
}

interface Finding {
  wrong?: string;
  good?: string;
  code: number;
}

async function checkEntry(
  here: Surroundings,
  entry: BoardEntry,
  found: ReturnType<typeof stateOf>,
  probe: boolean,
): Promise<Finding> {
  const kind = kinds()[entry.board];
  if (kind && !kind.engines[entry.engine]) {
    return {
      wrong: `${entry.board} is not known to run ${entry.engine}, only ${Object.keys(kind.engines).join(', ')}`,
      code: 2,
    };
  }
  const remark = kind ? '' : `; the kind '${entry.board}' is not in hil/boards.json`;
  if (found.state === 'absent') return { wrong: 'it is not attached', code: 3 };
  if (found.state === 'locked') return { wrong: `it is in use ${found.detail}`, code: 3 };
  if (!probe || found.state === 'simulated') return { good: found.state + remark, code: 0 };
  try {
    const { engine, version, board } = await identity(here, describe(entry));
    return { good: `${engine} ${version}${board ? ` on ${board}` : ''}${remark}`, code: 0 };
  } catch (error) {
    const { message, code, exitCode } = asHilError(error);
    return { wrong: `${message} (${code})`, code: exitCode };
  }
}

async function identity(here: Surroundings, entry: BoardEntry) {
  const session = await here.openSession(entry, {});
  await session.close();
  return session.identity;
}
