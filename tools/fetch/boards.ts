/** The boards `npm start` can run: each is a composition root of boards/ on the simulated chip. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as vm from 'node:vm';
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { nodeClock, nodeTimer } from '../../boards/node/event-loop.js';
import type { SimBoard } from '../../boards/sim/index.js';
import * as simBoard from '../../boards/sim-w5500.js';
import type { W5500Board } from '../../boards/w5500-board.js';
import type { BufferPlan, NetworkEvent } from '../../src/w5500/network.js';
import type { BoardName } from './arguments.js';

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

/**
 * The minified bundle as it goes onto the board, in a context that has what Espruino has and nothing of Node: SPI1 in front
 * of the simulated chip, pins, timers, time and a random generator.
 */
function startEspruino(sim: SimBoard, receiveBuffer: number, buffers: BufferPlan | undefined): RunningBoard {
  const path = new URL('../../../dist/espruino-portable.min.js', import.meta.url);
  const setup = fileURLToPath(new URL('../../../tools/setup.mjs', import.meta.url));
  execFileSync(process.execPath, [setup, '--boards'], { stdio: 'inherit' });
  const pin = () => ({ write() {}, mode() {} });
  const random = new Uint8Array(4);
  const files = new Map<string, string>();
  const storage = {
    read: (name: string) => files.get(name),
    write: (name: string, data: Uint8Array) => files.set(name, Buffer.from(data).toString('latin1')),
  };
  const context = vm.createContext({
    SPI1: {
      setup() {},
      send(parts: Uint8Array[]): Uint8Array {
        return clock(sim, join(parts));
      },
      write(...parts: unknown[]): void {
        clock(sim, join(parts.slice(0, -1) as Uint8Array[]));
      },
    },
    D16: pin(),
    D17: pin(),
    D18: pin(),
    D19: pin(),
    D20: pin(),
    E: {
      hwRand(): number {
        nodeRandom(random, 0, 4);
        return new DataView(random.buffer).getInt32(0);
      },
    },
    require: () => storage,
    getTime: () => performance.now() / 1000,
    getSerial: () => 'ringlet simulator',
    setTimeout: (callback: () => void, ms: number) => setTimeout(callback, ms),
    clearTimeout: (id: NodeJS.Timeout) => clearTimeout(id),
  });
  const bundle = vm.runInContext(`${readFileSync(path, 'utf8')};ringlet`, context, { filename: path.pathname });
  const seed = new Uint8Array(32);
  nodeRandom(seed, 0, 32);
  const board = bundle.start({ receiveBuffer, buffers });
  board.seed(seed);
  return { board, bundle, crypto: 'portable TypeScript, minified for Espruino' };
}

function join(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]));
}

/** One frame, full duplex, as the pins see it. */
function clock(sim: SimBoard, bytes: Uint8Array): Uint8Array {
  sim.chip.select();
  const answer = sim.chip.transferBytes(bytes);
  sim.chip.deselect();
  return answer;
}
