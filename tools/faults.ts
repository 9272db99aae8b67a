/**
 * `npm run faults`: connections with faults, drawn from seeds, until one goes wrong or the time is over. Everything is in
 * this process and in virtual time, so a seed always gives the same run.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { formatFrame } from '../boards/sim/index.js';
import { judge } from '../test/faults/checks.js';
import { runScenario } from '../test/faults/connection.js';
import { Explorer, formatCounts, formatFinding } from '../test/faults/explorer.js';
import { drawScenario, type FaultName, faultNames, formatScenario } from '../test/faults/scenario.js';

const HELP = `npm run faults -- [options]

  --seed N      the first seed (default: drawn, and printed)
  --minutes M   for how long (default: 1, unless --count is given)
  --count K     how many connections
  --only FAULT  draw no other fault: ${faultNames.join(', ')}
  --one SEED    this connection only, with everything that happens
  --trace       with --one: every SPI frame, too
  --keep-going  report what goes wrong and go on; the exit code is 1 all the same
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string' },
    count: { type: 'string' },
    only: { type: 'string' },
    one: { type: 'string' },
    trace: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const PROGRESS_MS = 30000;
const MEMORY_EVERY = 10000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function only(): FaultName | undefined {
  if (values.only === undefined) return undefined;
  const found = faultNames.find(name => name === values.only);
  if (found === undefined) throw new Error(`--only: one of ${faultNames.join(', ')}`);
  return found;
}

function numberOf(option: 'seed' | 'minutes' | 'count' | 'one'): number | undefined {
  const text = values[option];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value >= 0)) throw new Error(`--${option}: a number`);
  return value;
}

function replay(seed: number): number {
  const scenario = drawScenario(seed, only());
  console.log(`seed ${seed}: ${formatScenario(scenario)}\n`);
  console.log('          ms  frames');
  const outcome = runScenario(
    scenario,
    line => console.log(line),
    values.trace ? frame => console.log(`${' '.repeat(22)}${formatFrame(frame)}`) : undefined,
  );
  const wrong = judge(scenario, outcome);
  console.log(`\n${outcome.result} ${outcome.message}`);
  console.log(
    `received ${outcome.received}, written ${outcome.written}, ${outcome.frames} frames, ${outcome.bytes} bytes over SPI`,
  );
  if (outcome.violations.length > 0) console.log(`against the datasheet: ${outcome.violations.join('; ')}`);
  for (const text of wrong) console.log(`WRONG: ${text}`);
  if (wrong.length === 0) console.log('as it should be');
  return wrong.length === 0 ? 0 : 1;
}

function explore(): number {
  const first = numberOf('seed') ?? Math.floor(Math.random() * 1e9);
  const count = numberOf('count') ?? Number.POSITIVE_INFINITY;
  const minutes = numberOf('minutes') ?? (count === Number.POSITIVE_INFINITY ? 1 : Number.POSITIVE_INFINITY);
  const until = performance.now() + minutes * 60000;
  console.log(`first seed ${first}`);
  const explorer = new Explorer(only());
  let findings = 0;
  let progressAt = performance.now() + PROGRESS_MS;
  for (let seed = first; explorer.connections < count && performance.now() < until; seed++) {
    const finding = explorer.explore(seed);
    if (finding !== undefined) {
      findings++;
      console.log(formatFinding(finding));
      if (!values['keep-going']) break;
    }
    if (explorer.connections % MEMORY_EVERY === 0) {
      collectGarbage();
      console.log(
        `${explorer.connections} connections: ${(process.memoryUsage().heapUsed / 1048576).toFixed(1)} MB of heap`,
      );
    }
    if (performance.now() >= progressAt) {
      progressAt += PROGRESS_MS;
      console.log(`${explorer.connections} connections, ${explorer.rate.toFixed(0)} a second, at seed ${seed}`);
    }
  }
  console.log(
    `\n${explorer.connections} connections, ${explorer.troubled} of them with faults, ${explorer.rate.toFixed(0)} a second`,
  );
  console.log(`${explorer.frames} SPI frames, ${explorer.bytes} bytes`);
  console.log(`faults:   ${formatCounts(explorer.faults)}`);
  console.log(`outcomes: ${formatCounts(explorer.results)}`);
  console.log(findings === 0 ? 'nothing went wrong' : `${findings} went WRONG`);
  return findings === 0 ? 0 : 1;
}

if (values.help) console.log(HELP);
else {
  const one = numberOf('one');
  process.exitCode = one === undefined ? explore() : replay(one);
}
