/** The agent and all cases on the board that is always there: a process of hil/sim/node-board.ts, which gives what `NodeBoard` says and nothing of Node. */
import { connect, start, trustAnchor } from '../../boards/sim-w5500.js';
import type { Clock, RandomSource, SpiPort, Timer } from '../../src/platform.js';
import { agent } from '../agent/agent.js';
import type { CaseEnvironment } from '../cases/environment.js';
import { cases } from '../cases/index.js';
import { resumptionCases } from '../cases/resumption.js';

export interface NodeBoard {
  spi: SpiPort;
  clock: Clock;
  timer: Timer;
  random: RandomSource;
  uniqueId: Uint8Array;
  print(line: string): void;
  freeBytes(): number;
  spiFrames(): number;
}

declare const nodeBoard: NodeBoard;

const environment: CaseEnvironment = {
  start: options =>
    start({
      spi: nodeBoard.spi,
      clock: nodeBoard.clock,
      timer: nodeBoard.timer,
      random: nodeBoard.random,
      uniqueId: nodeBoard.uniqueId,
      hostname: 'ringlet-hil',
      receiveBuffer: 4096,
      buffers: options.buffers,
    }),
  connect,
  trustAnchor,
  spiFrames: () => nodeBoard.spiFrames(),
};

export const x = agent(cases(environment, resumptionCases), {
  write: line => nodeBoard.print(line),
  after: (ms, callback) => nodeBoard.timer.after(ms, callback),
  now: () => nodeBoard.clock.now(),
  free: () => nodeBoard.freeBytes(),
}).x;
