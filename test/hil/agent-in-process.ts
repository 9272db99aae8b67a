/** Plays the agent for one case, in this process: a simulated board, the host's real fixtures, and what the case has said. */
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { nodeClock, nodeTimer } from '../../boards/node/event-loop.js';
import { createSimBoard, type SimBoard, type SimBoardOptions } from '../../boards/sim/index.js';
import * as simBoard from '../../boards/sim-w5500.js';
import type { Case } from '../../hil/agent/case.js';
import { cases } from '../../hil/cases/index.js';
import type { Fixtures } from '../../hil/fixtures/index.js';
import { publishFixtures } from '../../hil/fixtures/lan.js';

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
}

const noBoard = { start: () => assertNever(), connect: simBoard.connect, trustAnchor: simBoard.trustAnchor };

/** What there is to play. */
export const plan: { name: string; needs: string[] }[] = cases(noBoard).map(({ name, needs }) => ({ name, needs }));

export async function play(name: string, options: PlayOptions): Promise<Played> {
  const sim = createSimBoard(options.sim);
  const published = publishFixtures(sim, options.fixtures.env);
  const all = cases({
    start: ({ buffers }) =>
      simBoard.start({
        spi: sim.spi,
        clock: nodeClock,
        timer: nodeTimer,
        random: nodeRandom,
        crypto: nodeCryptoProvider,
        uniqueId: new Uint8Array([1, 2, 3, 4, 5]),
        receiveBuffer: 4096,
        buffers,
      }),
    connect: simBoard.connect,
    trustAnchor: simBoard.trustAnchor,
    spiFrames: () => sim.chip.stats.frames,
    free: () => 100000,
  });
  options.spoil?.(sim);
  try {
    return { ...(await run(all.find(one => one.name === name)!, options)), violations: sim.chip.violations };
  } finally {
    published.close();
    sim.close();
  }
}

function run(one: Case, { fixtures }: PlayOptions): Promise<Omit<Played, 'violations'>> {
  const metrics: Record<string, number> = {};
  const log: string[] = [];
  return new Promise(resolve => {
    const end = (verdict: Played['verdict'], message: string) => {
      clearTimeout(limit);
      resolve({ verdict, message, metrics, log });
    };
    const limit = setTimeout(() => end('hang', `no verdict within ${one.timeoutMs} ms`), one.timeoutMs);
    one.run({
      fixture: name => fixtures.values[name] ?? {},
      metric: (name, value) => void (metrics[name] = value),
      log: text => void log.push(text),
      pass: () => end('pass', ''),
      fail: message => end('fail', message),
      after: (ms, callback) => void setTimeout(callback, ms),
      now: () => performance.now(),
    });
  });
}

function assertNever(): never {
  throw new Error('the plan needs no board');
}
