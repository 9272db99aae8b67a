/** The boards `npm start` can run: each is a composition root of boards/ on the simulated chip. */
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { nodeClock, nodeTimer } from '../../boards/node/event-loop.js';
import type { SimBoard } from '../../boards/sim/index.js';
import * as simBoard from '../../boards/sim-w5500.js';
import type { W5500Board } from '../../boards/w5500-board.js';
import type { BufferPlan, NetworkEvent } from '../../src/w5500/network.js';
import type { BoardName } from './arguments.js';
import { startEspruino, startKaluma } from './sandboxes.js';

/** What a bundle exports. */
export type Bundle = Pick<typeof simBoard, 'connect' | 'pemToDer' | 'trustAnchor'>;

export interface RunningBoard {
  board: W5500Board;
  bundle: Bundle;
  crypto: string;
}

/** Starts the driver on the chip of `sim`. The MAC is the same at every run, as it is on a real board. */
export function startBoard(
  name: BoardName,
  sim: SimBoard,
  ring: number,
  plan: BufferPlan | undefined,
  onEvent: (event: NetworkEvent) => void,
): RunningBoard {
  if (name === 'espruino') return startEspruino(sim, ring, plan);
  if (name === 'kaluma') return startKaluma(sim, ring, plan);
  const board = simBoard.start({
    spi: sim.spi,
    clock: nodeClock,
    timer: nodeTimer,
    random: nodeRandom,
    crypto: name === 'sim-node' ? nodeCryptoProvider : undefined,
    uniqueId: new TextEncoder().encode('ringlet simulator'),
    hostname: 'ringlet-sim',
    receiveBuffer: ring,
    buffers: plan,
    onEvent,
  });
  return { board, bundle: simBoard, crypto: name === 'sim-node' ? 'node:crypto' : 'portable TypeScript' };
}
