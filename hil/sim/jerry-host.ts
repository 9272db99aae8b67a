/**
 * Builds hil/sim/jerry-host.c, with firmware-glue's native module in it, against a JerryScript that the user has: JERRY_SOURCE is its source tree, JERRY_BUILD the folder it was built in
 * (`build` in the source tree if missing), with lib/libjerry-core.a in it. The program goes to build/hil/jerry-host.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HilError } from '../errors.js';
import { PROJECT } from '../project.js';

const GLUE = join(PROJECT, 'firmware-glue');
const MODULE = join(GLUE, 'jerryscript');
const CORE = join(GLUE, 'thumb');
const PROGRAM = join(PROJECT, 'build/hil/jerry-host');

function places(): { headers: string; library: string } | undefined {
  const source = process.env['JERRY_SOURCE'];
  if (!source) return undefined;
  return {
    headers: join(source, 'jerry-core/include'),
    library: join(process.env['JERRY_BUILD'] || join(source, 'build'), 'lib/libjerry-core.a'),
  };
}

/** What keeps it from being built, as a sentence; undefined if nothing does. */
export function whyNoJerryHost(): string | undefined {
  const at = places();
  if (at === undefined) return 'JERRY_SOURCE does not name a JerryScript source tree';
  if (!existsSync(join(at.headers, 'jerryscript.h'))) return `no jerryscript.h in ${at.headers}`;
  if (!existsSync(at.library)) {
    return `no ${at.library}: build it (in JERRY_SOURCE: python3 tools/build.py --profile es.next --lto off --mem-stats on), or let JERRY_BUILD name the folder it was built in`;
  }
  if (spawnSync('cc', ['--version']).error) return 'no C compiler (cc)';
  return undefined;
}

/** The path of the program; built if it is missing or older than what it is made of. */
export function buildJerryHost(): string {
  const why = whyNoJerryHost();
  if (why !== undefined) throw new HilError('NO_JERRY', `No JerryScript board: ${why}`, 2);
  const { headers, library } = places()!;
  const filesOf = (folder: string, pattern: RegExp) =>
    readdirSync(folder)
      .filter(name => pattern.test(name))
      .map(name => join(folder, name));
  const sources = [join(PROJECT, 'hil/sim/jerry-host.c'), ...[MODULE, GLUE, CORE].flatMap(at => filesOf(at, /\.c$/))];
  const inputs = [...sources, library, ...[MODULE, GLUE, CORE].flatMap(at => filesOf(at, /\.h$/))];
  const time = (path: string) => statSync(path).mtimeMs;
  if (existsSync(PROGRAM) && time(PROGRAM) > Math.max(...inputs.map(time))) return PROGRAM;
  mkdirSync(dirname(PROGRAM), { recursive: true });
  const flags = [
    '-std=c99',
    '-D_GNU_SOURCE',
    '-O2',
    '-Wall',
    '-Wextra',
    ...[headers, MODULE, GLUE, CORE].map(at => `-I${at}`),
  ];
  execFileSync('cc', [...flags, '-o', PROGRAM, ...sources, library, '-lm'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return PROGRAM;
}
