/** Plays the agent for one case, in this process: a simulated board, the host's real fixtures, and what the case has said. */
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { nodeClock, nodeTimer } from '../../boards/node/event-loop.js';
import { VirtualClock } from '../../boards/sim/clock.js';
import { createSimBoard, type SimBoard, type SimBoardOptions } from '../../boards/sim/index.js';
import * as simBoard from '../../boards/sim-w5500.js';
import type { Case } from '../../hil/agent/case.js';
import type { CaseEnvironment } from '../../hil/cases/environment.js';
import { cases } from '../../hil/cases/index.js';
import { resumptionCases } from '../../hil/cases/resumption.js';
import type { Fixtures } from '../../hil/fixtures/index.js';
import { publishFixtures } from '../../hil/fixtures/lan.js';
import type { Clock, Timer } from '../../src/platform.js';

export interface Played {
  verdict: 'pass' | 'fail' | 'hang';
  message: string;
  metrics: Record<string, number>;
  log: string[];
  /** Rules of the datasheet that were broken. */
  violations: string[];
}

export interface PlayOptions {
  sim?: SimBoardOptions;
  fixtures: Pick<Fixtures, 'values' | 'env'>;
  /** Makes a bad board of a good one. */
  spoil?: (sim: SimBoard) => void;
  /** Stands in for what a good board gives to its cases. */
  environment?: Partial<CaseEnvironment>;
  /** Time runs as fast as it can: for what waits in vain. */
  virtual?: boolean;
}

const { connect, trustAnchor } = simBoard;
const noBoard = { start: () => assertNever(), connect, trustAnchor };

/** What there is to play. */
export const plan: { name: string; needs: string[] }[] = cases(noBoard, resumptionCases).map(({ name, needs }) => ({
  name,
  needs,
}));

export async function play(name: string, options: PlayOptions): Promise<Played> {
  const clock = options.virtual ? new VirtualClock() : undefined;
  const sim = createSimBoard({ ...options.sim, clock });
  const published = publishFixtures(sim, options.fixtures.env);
  const time = clock === undefined ? realTime : virtualTime(clock);
  const environment: CaseEnvironment = {
    start: ({ buffers }) =>
      simBoard.start({
        spi: sim.spi,
        clock: time.clock,
        timer: time.timer,
        random: nodeRandom,
        crypto: nodeCryptoProvider,
        uniqueId: new Uint8Array([1, 2, 3, 4, 5]),
        receiveBuffer: 4096,
        buffers,
      }),
    connect,
    trustAnchor,
    spiFrames: () => sim.chip.stats.frames,
    free: () => 100000,
    ...options.environment,
  };
  options.spoil?.(sim);
  try {
    const one = cases(environment, resumptionCases).find(found => found.name === name)!;
    return { ...(await run(one, options, time)), violations: sim.chip.violations };
  } finally {
    time.stop();
    published.close();
    sim.close();
  }
}

interface Time {
  clock: Clock;
  timer: Timer;
  stop(): void;
}

const realTime: Time = { clock: nodeClock, timer: nodeTimer, stop: () => undefined };

/** Timers fire from the event loop only, as on a board, however far the clock has come inside of SPI frames. */
function virtualTime(clock: VirtualClock): Time {
  const due: (() => void)[] = [];
  let running = true;
  const turn = () => {
    if (!running) return;
    clock.advance(1);
    for (let left = due.length; left > 0; left--) due.shift()!();
    setImmediate(turn);
  };
  setImmediate(turn);
  return {
    clock,
    timer: {
      after: (ms, callback) => clock.after(ms, () => void due.push(callback)),
      cancel: event => clock.cancel(event as never),
    },
    stop: () => void (running = false),
  };
}

function run(one: Case, { fixtures }: PlayOptions, time: Time): Promise<Omit<Played, 'violations'>> {
  const metrics: Record<string, number> = {};
  const log: string[] = [];
  return new Promise(resolve => {
    let over = false;
    const end = (verdict: Played['verdict'], message: string) => {
      if (over) return;
      over = true;
      time.timer.cancel(limit);
      resolve({ verdict, message, metrics, log });
    };
    const limit = time.timer.after(one.timeoutMs, () => end('hang', `no verdict within ${one.timeoutMs} ms`));
    one.run({
      fixture: name => fixtures.values[name]!,
      metric: (name, value) => void (metrics[name] = value),
      log: text => void log.push(text),
      pass: () => end('pass', ''),
      fail: message => end('fail', message),
      after: (ms, callback) => void time.timer.after(ms, () => over || callback()),
      now: () => time.clock.now(),
    });
  });
}

function assertNever(): never {
  throw new Error('the plan needs no board');
}
