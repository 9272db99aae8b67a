/**
 * What every case stands on: a board whose network was started anew, steps whose time is measured, a limit for silence, and an end that
 * leaves nothing open and tells what was used. Memory: one board for each plan in a row, kept from case to case.
 *
 * Metrics of every case: milliseconds of each step, SPI frames and bytes (headers included, the first reset not). The agent tells free
 * memory before and after.
 */
import type { W5500Board } from '../../boards/w5500-board.js';
import type { RingletError } from '../../src/errors.js';
import { ONE_SOCKET } from '../../src/w5500/buffer-plans.js';
import type { BufferPlan } from '../../src/w5500/network.js';
import { Block } from '../../src/w5500/registers.js';
import type { SpiFrames } from '../../src/w5500/spi-frame.js';
import type { Case, CaseContext } from '../agent/case.js';
import type { CaseEnvironment } from './environment.js';

/** Waiting time is counted in ticks, so that an engine that computes for minutes is not taken for a silent network. */
const TICK_MS = 1000;
/** Longer than any wait of the driver's or of TLS's in which nothing moves. */
const PATIENCE = 15;
/** For link, and again for a lease, of which DHCP's own messages are no sign. */
const READY_PATIENCE = 30;
/** Between polls that find nothing. */
const POLL_MS = 2;
/** For what a closed connection still has in timers. */
const SETTLE_MS = 30;
/** The agent's frames take 120 characters of text. */
const LOG_PIECE = 110;

/** The board between cases. */
export class Bench {
  readonly environment: CaseEnvironment;
  /** On SPI, headers included, and in the sockets' memories only. */
  bytes = 0;
  payload = 0;
  /** Ends whatever the case has opened: also one that was given up by the agent, and has never heard of that. */
  release: (() => void) | undefined;
  private board: W5500Board | undefined;
  private plan: BufferPlan | undefined;

  constructor(environment: CaseEnvironment) {
    this.environment = environment;
  }

  /** A chip that was just reset. Throws ERR_CHIP_NOT_FOUND. */
  start(plan: BufferPlan): W5500Board {
    let board = this.board;
    this.end();
    if (board && this.plan === plan) {
      board.network.start();
      return board;
    }
    this.board = undefined;
    board = this.environment.start({ buffers: plan });
    this.count(board.network.chip.spi);
    this.board = board;
    this.plan = plan;
    return board;
  }

  end(): void {
    const release = this.release;
    this.release = undefined;
    if (release) release();
  }

  private count(spi: SpiFrames): void {
    const read = spi.read;
    const write = spi.write;
    const note = (block: number, length: number) => {
      this.bytes += length + 3;
      if (block & Block.SOCKET_TX) this.payload += length;
    };
    spi.read = (block, address, into, offset, length) => {
      note(block, length);
      read.call(spi, block, address, into, offset, length);
    };
    spi.write = (block, address, data, offset, length) => {
      note(block, length);
      write.call(spi, block, address, data, offset, length);
    };
  }
}

export interface RigOptions {
  name: string;
  needs: string[];
  /** `ONE_SOCKET` if missing. */
  plan?: BufferPlan;
  timeoutMs?: number;
}

/** A case that starts with a rig. */
export function rigged(bench: Bench, options: RigOptions, body: (rig: Rig) => void): Case {
  return {
    name: options.name,
    needs: options.needs,
    timeoutMs: options.timeoutMs || 30000,
    run: t => {
      const rig = new Rig(bench, t);
      rig.attempt(() => {
        rig.start(options.plan || ONE_SOCKET);
        body(rig);
      });
    },
  };
}

export class Rig {
  board!: W5500Board;
  readonly environment: CaseEnvironment;
  private readonly t: CaseContext;
  readonly bench: Bench;
  /** False where steps come again and again: the agent keeps every metric until the case is over. */
  measuring = true;
  private over = false;
  private step = 'start';
  private stepAt: number;
  private frames = 0;
  private bytes = 0;
  private payload = 0;
  private silent = 0;
  private patience = PATIENCE;

  constructor(bench: Bench, t: CaseContext) {
    this.bench = bench;
    this.t = t;
    this.environment = bench.environment;
    this.stepAt = t.now();
  }

  start(plan: BufferPlan): void {
    this.board = this.bench.start(plan);
    this.frames = this.board.network.chip.spi.frames;
    this.bytes = this.bench.bytes;
    this.lap('run');
    this.tick();
  }

  /** What the host said of a fixture. Keys are in quotes, for names are shortened in bundles. */
  text(fixture: string, key: string): string {
    return String(this.t.fixture(fixture)[key]);
  }

  number(fixture: string, key: string): number {
    return Number(this.t.fixture(fixture)[key]);
  }

  /** True if the host said so much of it. */
  knows(fixture: string, key: string): boolean {
    return this.t.fixture(fixture)[key] !== undefined;
  }

  metric(name: string, value: number): void {
    this.t.metric(name, Math.round(value));
  }

  now(): number {
    return this.t.now();
  }

  /** The step so far is done, and its time told; `next` begins. */
  lap(next: string): void {
    const now = this.t.now();
    if (this.measuring) this.metric(this.step + 'Ms', now - this.stepAt);
    this.step = next;
    this.stepAt = now;
    this.silent = 0;
  }

  noteFree(name: string): void {
    const environment = this.environment;
    if (environment.free) this.metric(name, environment.free());
  }

  link(next: string, then: () => void): void {
    this.step = 'link';
    this.patience = READY_PATIENCE;
    this.until(
      () => this.board.network.linkUp,
      () => {
        this.lap(next);
        then();
      },
    );
  }

  /** Link and lease. */
  ready(next: string, then: () => void): void {
    this.link('lease', () =>
      this.until(
        () => this.board.network.lease !== undefined,
        () => {
          this.patience = PATIENCE;
          this.lap(next);
          then();
        },
      ),
    );
  }

  /** Polls the network until `done`. */
  until(done: () => boolean, then: () => void): void {
    const moved = this.board.network.poll();
    const before = this.bench.payload;
    if (done()) {
      then();
      return;
    }
    this.after(moved || this.bench.payload !== before ? 0 : POLL_MS, () => this.until(done, then));
  }

  /** What is thrown fails the case; nothing happens once it is over. */
  after(ms: number, callback: () => void): void {
    this.t.after(ms, () => this.attempt(callback));
  }

  attempt(what: () => void): void {
    if (this.over) return;
    try {
      what();
    } catch (error) {
      this.failWith(error as RingletError);
    }
  }

  /** As `failWith`, for a condition. Answers it. */
  check(condition: boolean, otherwise: string): boolean {
    if (!condition) this.fail(otherwise);
    return condition;
  }

  failWith(error: RingletError): void {
    const trace = error.trace || '';
    if (!this.over) {
      for (let at = 0; at < trace.length; at += LOG_PIECE) this.t.log('trace ' + trace.substr(at, LOG_PIECE));
    }
    this.fail((error.code || 'exception') + ': ' + error.message);
  }

  fail(message: string): void {
    this.finish(() => this.t.fail('while in ' + this.step + ': ' + message));
  }

  pass(): void {
    if (this.over) return;
    this.lap('');
    this.finish(() => this.t.pass());
  }

  private finish(end: () => void): void {
    if (this.over) return;
    this.over = true;
    if (this.board) {
      this.metric('spiFrames', this.board.network.chip.spi.frames - this.frames);
      this.metric('spiBytes', this.bench.bytes - this.bytes);
    }
    try {
      this.bench.end();
    } finally {
      this.t.after(SETTLE_MS, end);
    }
  }

  /** Once a second: a case in which nothing moves any more ends by itself, and says where. */
  private tick(): void {
    this.silent++;
    if (this.bench.payload !== this.payload && this.patience === PATIENCE) this.silent = 0;
    this.payload = this.bench.payload;
    if (this.silent > this.patience) {
      this.fail('nothing for ' + (this.patience * TICK_MS) / 1000 + ' s');
      return;
    }
    this.after(TICK_MS, () => this.tick());
  }
}
