/** The engine of the pure-Node board: a context with JavaScript as small engines have it, and the simulated chip as its only way out. */
import { getHeapStatistics } from 'node:v8';
import * as vm from 'node:vm';
import { nodeRandom } from '../../boards/node/crypto-provider.js';
import { nodeClock } from '../../boards/node/event-loop.js';
import { createSimBoard, type SimBoard } from '../../boards/sim/index.js';
import type { NodeBoard } from '../entries/node.js';
import { publishFixtures } from '../fixtures/lan.js';

/** What JavaScript engines for boards lack; a case that used it would pass here and nowhere else. */
const LACKING =
  'Map Set WeakMap WeakSet WeakRef FinalizationRegistry Promise Symbol Proxy Reflect BigInt Date Intl WebAssembly Atomics SharedArrayBuffer console globalThis';

export class NodeMachine {
  private context: vm.Context = {};
  private timers = new Set<NodeJS.Timeout>();
  private power: (() => void) | undefined;

  constructor(private readonly print: (line: string) => void) {
    this.reset();
  }

  /** Everything as after power-on: no script, a chip that knows nothing. */
  reset(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.power?.();
    const sim = createSimBoard();
    const published = publishFixtures(sim);
    this.power = () => {
      published.close();
      sim.close();
    };
    this.context = vm.createContext({ nodeBoard: this.board(sim) });
    vm.runInContext(
      LACKING.split(' ')
        .map(name => `delete this.${name};`)
        .join(''),
      this.context,
    );
  }

  /** Answers what the script threw. */
  start(name: string, script: string): string | undefined {
    this.reset();
    try {
      vm.runInContext(script, this.context, { filename: name });
      return undefined;
    } catch (error) {
      return String(error);
    }
  }

  evaluate(expression: string): string {
    return String(vm.runInContext(`(${expression})`, this.context));
  }

  /** A line of the console. */
  line(text: string): void {
    try {
      vm.runInContext(text, this.context);
    } catch (error) {
      this.print(`Uncaught ${error}`);
    }
  }

  freeBytes(): number {
    const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics();
    return limit - used;
  }

  private board(sim: SimBoard): NodeBoard {
    return {
      spi: sim.spi,
      clock: nodeClock,
      timer: {
        after: (ms, callback) => {
          const timer = setTimeout(() => {
            this.timers.delete(timer);
            callback();
          }, ms);
          this.timers.add(timer);
          return timer;
        },
        cancel: timer => {
          clearTimeout(timer as NodeJS.Timeout);
          this.timers.delete(timer as NodeJS.Timeout);
        },
      },
      random: nodeRandom,
      uniqueId: new TextEncoder().encode("ringlet's simulated board"),
      print: line => this.print(line),
      freeBytes: () => this.freeBytes(),
      spiFrames: () => sim.chip.stats.frames,
    };
  }
}
