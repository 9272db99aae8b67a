/**
 * Minified bundles as they go onto boards, each in a context that has what its engine has and nothing of Node: SPI in front of the simulated chip, pins, timers, time, randomness
 * and flash. Both are given a seed.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as vm from 'node:vm';
import { nodeRandom } from '../../boards/node/crypto-provider.js';
import type { SimBoard } from '../../boards/sim/index.js';
import type { BufferPlan } from '../../src/w5500/network.js';
import type { RunningBoard } from './boards.js';

/** Kaluma's flash: 4 sectors of storage, then the program. */
const SECTOR = 4096;
const PROGRAM_AT = 4 * SECTOR;

export function startEspruino(sim: SimBoard, receiveBuffer: number, buffers: BufferPlan | undefined): RunningBoard {
  const pin = () => ({ write() {}, mode() {} });
  const files = new Map<string, string>();
  const storage = {
    read: (name: string) => files.get(name),
    write: (name: string, data: Uint8Array) => files.set(name, Buffer.from(data).toString('latin1')),
  };
  const globals = {
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
    E: { hwRand: () => new DataView(drawn(4).buffer).getInt32(0) },
    require: () => storage,
    getTime: () => performance.now() / 1000,
    getSerial: () => 'ringlet simulator',
  };
  const bundle = run(codeOf('espruino-portable.min.js'), globals);
  const board = bundle.start({ receiveBuffer, buffers });
  board.seed(drawn(32));
  return { board, bundle, crypto: 'portable TypeScript, minified for Espruino' };
}

export function startKaluma(sim: SimBoard, receiveBuffer: number, buffers: BufferPlan | undefined): RunningBoard {
  const code = codeOf('kaluma-w5500-evb-pico.packed.js');
  const bundle = run(`'use strict';${code}`, kalumaGlobals(sim, code));
  const board = bundle.start({ receiveBuffer, buffers });
  board.seed(drawn(32));
  return { board, bundle, crypto: 'BigInt, minified for Kaluma' };
}

/** What Kaluma has in front of this chip, with `program` and `files` in its flash. */
export function kalumaGlobals(
  sim: SimBoard,
  program: string,
  files = new Map<string, Uint8Array>(),
): Record<string, unknown> {
  const flash = new Uint8Array(260 * SECTOR);
  flash.set(Buffer.from(program, 'latin1'), PROGRAM_AT);
  class Flash {
    constructor(private readonly base: number) {}
    read(block: number, into: Uint8Array, offset: number): void {
      const at = (this.base + block) * SECTOR + offset;
      into.set(flash.subarray(at, at + into.length));
    }
  }
  class SPI {
    /** All of the memory behind the view. */
    send(data: Uint8Array): number {
      sim.chip.transferBytes(new Uint8Array(data.buffer));
      return data.length;
    }
    recv(length: number): Uint8Array {
      return sim.chip.transferBytes(new Uint8Array(length));
    }
  }
  const modules: Record<string, unknown> = {
    flash: { Flash },
    spi: { SPI },
    fs: {
      exists: (path: string) => files.has(path),
      readFile: (path: string) => files.get(path),
      writeFile: (path: string, data: Uint8Array) => files.set(path, new Uint8Array(data)),
    },
  };
  const began = performance.now();
  return {
    OUTPUT: 1,
    board: { uid: 'ringlet simulator' },
    pinMode() {},
    digitalWrite(pin: number, level: number): void {
      if (pin !== 17) return;
      if (level) sim.chip.deselect();
      else sim.chip.select();
    },
    require: (name: string) => modules[name],
    process: { binding: () => ({ randomBigInt: () => BigInt('0x' + Buffer.from(drawn(16)).toString('hex')) }) },
    TextDecoder,
    millis: () => Math.floor(performance.now() - began),
    micros: () => Math.floor((performance.now() - began) * 1000),
  };
}

function codeOf(bundle: string): string {
  const setup = fileURLToPath(new URL('../../../tools/setup.mjs', import.meta.url));
  execFileSync(process.execPath, [setup, '--boards'], { stdio: 'inherit' });
  return readFileSync(new URL(`../../../dist/${bundle}`, import.meta.url), 'latin1');
}

/** Answers the global `ringlet`, whatever the board's own types. */
function run(code: string, globals: object): any {
  const timers = {
    setTimeout: (callback: () => void, ms: number) => setTimeout(callback, ms),
    clearTimeout: (id: NodeJS.Timeout) => clearTimeout(id),
  };
  return vm.runInContext(`${code};ringlet`, vm.createContext({ ...timers, ...globals }));
}

function drawn(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  nodeRandom(bytes, 0, length);
  return bytes;
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
