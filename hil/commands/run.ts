/** `run`: cases on boards, and what became of them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HilError } from '../errors.js';
import type { BoardEntry } from '../map/board-map.js';
import { describe, kinds } from '../map/kinds.js';
import { allBoards, selectBoards } from '../map/select.js';
import { bundleName, PROGRAM } from '../project.js';
import { asJson } from '../report/json.js';
import { asJunit } from '../report/junit.js';
import { RawLog } from '../report/raw-log.js';
import { asHilError, exitCodeOf, type Report, type Reporter } from '../report/report.js';
import { REPORTER_NAMES, reporters } from '../report/reporters.js';
import type { FixtureValues, RunEvent, RunOptions } from '../run/run-board.js';
import type { RunResult } from '../run/verdict.js';
import { caseFilter } from './case-filter.js';
import { type Command, numberOption, parse, type Surroundings, usage } from './command.js';
import { DeviceText, Progress } from './progress.js';

const OPTIONS = {
  board: { type: 'string', short: 'b', multiple: true },
  tag: { type: 'string', short: 't', multiple: true },
  sim: { type: 'boolean' },
  jobs: { type: 'string' },
  grep: { type: 'string' },
  shard: { type: 'string' },
  retries: { type: 'string' },
  'timeout-x': { type: 'string' },
  bail: { type: 'boolean' },
  fixture: { type: 'string', multiple: true },
  address: { type: 'string' },
  reporter: { type: 'string', multiple: true },
  out: { type: 'string' },
  script: { type: 'string' },
  'no-upload': { type: 'boolean' },
  wipe: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
} as const;

export const run: Command = {
  usage: 'run [GLOB]… [-b ID]… [-t TAG]… [--sim] [options]',
  summary: 'upload and run cases, and say what became of them',
  help: `  GLOB                names of cases: tls/page, tls/*, or a whole group: tls
  -b, --board ID      a board of the map; or a kind, of which any free one is taken
  -t, --tag TAG       every board with that tag
  --sim               every simulated board; sim-node is always there
  --jobs N            boards at the same time (default 1)
  --grep RE           only cases whose name matches
  --shard I/N         the Ith of N parts
  --retries N         repeat a case after crash, hang or link N times (default 1); never after a failed assertion
  --timeout-x F       multiply every wait by F
  --bail              stop a board's run at its first case that does not pass
  --fixture NAME      the board has this, too, e.g. loop:D2-D3
  --fixture time=HOST, dns=NAME
                      for real boards: a time server they can reach; a name their DNS server knows
  --fixture NAME.KEY=VALUE
                      tell cases another value of a fixture
  --address IP        for real boards: this machine's address, where the fixtures' servers listen
  --reporter NAME[=FILE]
                      ${REPORTER_NAMES.join(', ')}; several, of which one may go to stdout (spec does if none)
  --out DIR           results.json, junit.xml, and per board its raw log, servers' log, keys and capture
  --script FILE       instead of dist/hil-<engine>.min.js (.tok: Espruino, .packed.js: Kaluma)
  --no-upload         run what was uploaded before
  --wipe              first remove what the board runs by itself when it starts
  --dry-run           say which boards would run which script, do nothing, exit 5`,
  async run(argv: string[], here: Surroundings): Promise<number> {
    const { values, positionals } = parse(argv, OPTIONS, { min: 0, max: 1000, what: '' });
    if (values.wipe && values['no-upload']) throw usage('--wipe removes what --no-upload would run');
    const told = fixtureArguments(values.fixture ?? []);
    const options: RunOptions = {
      script: values.script && resolve(here.cwd, values.script),
      select: caseFilter(positionals, values.grep, values.shard),
      retries: numberOption('retries', values.retries, 0, 100),
      timeoutX: numberOption('timeout-x', values['timeout-x'], 0.01, 1000, false),
      bail: values.bail,
      upload: !values['no-upload'],
      wipe: values.wipe,
      signal: here.signal,
    };
    const jobs = numberOption('jobs', values.jobs, 1, 64) ?? 1;
    const ports = await here.ports();
    const all = allBoards(here.cwd, values.map, here.env);
    const boards = selectBoards(all, { boards: values.board, tags: values.tag, sim: values.sim }, ports).map(entry =>
      describe({ ...entry, fixtures: [...(entry.fixtures ?? []), ...told.attached] }),
    );
    if (options.script === undefined) boards.forEach(refuseWithoutBundle);
    if (values['dry-run']) {
      for (const entry of boards) {
        const script = options.script ?? bundleName(entry);
        here.out(`${entry.id}: ${entry.board} with ${entry.engine}, ${script}\n`);
      }
      return 5;
    }
    const out = values.out && makeFolder(resolve(here.cwd, values.out));
    const written = reporters(values.reporter ?? [], here.cwd, text => here.out(text), rerun);
    const report = await runAll(boards, jobs, here, (entry, progress) =>
      runOne(entry, { ...options }, { here, told, out, address: values.address, written, progress }),
    );
    for (const reporter of written) reporter.end(report);
    if (out) {
      writeFileSync(join(out, 'results.json'), JSON.stringify(asJson(report), undefined, 2) + '\n');
      writeFileSync(join(out, 'junit.xml'), asJunit(report));
    }
    return exitCodeOf(report);
  },
};

async function runAll(
  boards: BoardEntry[],
  jobs: number,
  here: Surroundings,
  one: (entry: BoardEntry, progress: Progress) => Promise<RunResult>,
): Promise<Report> {
  const started = new Date();
  const start = performance.now();
  // Two bars cannot share a line.
  const progress = new Progress(here.err, here.terminal && jobs === 1);
  const results = new Map<BoardEntry, RunResult>();
  const unusable: Report['unusable'] = [];
  const waiting = [...boards];
  const worker = async () => {
    for (let entry = waiting.shift(); entry && !here.signal.aborted; entry = waiting.shift()) {
      try {
        results.set(entry, await one(entry, progress));
      } catch (error) {
        unusable.push({ board: entry.id, error: asHilError(error) });
        if (asHilError(error).code === 'UNEXPECTED') progress.line((error as Error).stack ?? String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, boards.length) }, worker));
  progress.clear();
  const runs = boards.flatMap(entry => results.get(entry) ?? []);
  return { runs, unusable, started, ms: performance.now() - start, interrupted: here.signal.aborted };
}

interface RunSetup {
  here: Surroundings;
  told: ToldFixtures;
  out: string | undefined;
  address: string | undefined;
  written: Reporter[];
  progress: Progress;
}

async function runOne(entry: BoardEntry, options: RunOptions, setup: RunSetup): Promise<RunResult> {
  const { here, told, out, written, progress } = setup;
  const { startFixtures, lanAddress, FIXTURE_NAMES } = await here.fixtures();
  const fixtures = await startFixtures(FIXTURE_NAMES, {
    address: isSimulated(entry) ? '127.0.0.1' : (setup.address ?? lanAddress()),
    runFolder: out && makeFolder(join(out, entry.id)),
    timeServer: told.time,
    knownName: told.dns,
  });
  const raw = out ? new RawLog(join(out, `${entry.id}.raw.log`)) : undefined;
  const text = new DeviceText(entry.id, line => progress.line(line));
  const onEvent = (event: RunEvent): void => {
    if (event.type === 'bytes') raw?.add(event.direction, event.bytes);
    else if (event.type === 'step') progress.line(`${entry.id}: ${event.text}`);
    else if (event.type === 'upload') progress.bar(`${entry.id}: uploading`, event.done, event.total);
    else if (event.type === 'identity')
      progress.line(`${entry.id}: ${event.identity.engine} ${event.identity.version}`);
    else if (event.type === 'log') text.add(event.text + '\n');
    else if (event.type === 'result') {
      progress.clear();
      for (const reporter of written) reporter.result?.(entry.id, event.result, event.number, event.total);
    }
  };
  try {
    return await here.runBoard(entry, {
      ...options,
      fixtures: merged(fixtures.values, told.values),
      missing: fixtures.missing,
      env: fixtures.env,
      onEvent,
    });
  } finally {
    text.end();
    await fixtures.stop();
  }
}

/** Another board's bundle would load, and find no chip at its own pins. */
function refuseWithoutBundle(entry: BoardEntry): void {
  const engine = kinds()[entry.board]?.engines[entry.engine];
  if (entry.script !== undefined || engine === undefined || engine.root !== undefined || isSimulated(entry)) return;
  throw new HilError(
    'SCRIPT_NONE',
    `'${entry.id}': there are no pins for ${entry.board} with ${entry.engine} in boards/ yet, so no bundle either; once there is one, name it by "script" in the map, or --script.`,
    2,
  );
}

/** The chip is a model with a virtual LAN: fixtures are names on that. */
function isSimulated({ sim, console }: BoardEntry): boolean {
  return sim || console.type === 'process' || console.type === 'emulated';
}

interface ToldFixtures {
  attached: string[];
  time?: string;
  dns?: string;
  values: FixtureValues;
}

function fixtureArguments(texts: string[]): ToldFixtures {
  const told: ToldFixtures = { attached: [], values: {} };
  for (const text of texts) {
    const [, name, key, value] = /^([^.=]+)(?:\.([^=]+))?(?:=(.*))?$/s.exec(text) ?? [];
    if (name === undefined) throw usage(`--fixture takes NAME, time=HOST, dns=NAME or NAME.KEY=VALUE, not '${text}'`);
    if (value === undefined) told.attached.push(text);
    else if (key !== undefined) {
      told.values[name] ??= {};
      told.values[name][key] = /^\d+$/.test(value) ? Number(value) : value;
    } else if (name === 'time' || name === 'dns') told[name] = value;
    else throw usage(`--fixture ${name}=… is not known; there are time=HOST, dns=NAME and NAME.KEY=VALUE`);
  }
  return told;
}

function merged(offered: FixtureValues, told: FixtureValues): FixtureValues {
  const all = { ...offered };
  for (const [name, values] of Object.entries(told)) all[name] = { ...all[name], ...values };
  return all;
}

function rerun(board: string, name: string): string {
  return `${PROGRAM} run '${name}' -b ${board}`;
}

function makeFolder(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch (error) {
    throw usage(`--out: ${(error as Error).message}`);
  }
}
