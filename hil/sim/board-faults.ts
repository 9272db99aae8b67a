/** What a simulated board can be told to do wrong, so that the runner's judgement can be tested from outside. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { crc32 } from '../protocol/frame.js';
import { noise } from './noise.js';

export interface FaultOptions {
  /** Share of the bytes that suffer, each way; and the seed of the choice. */
  noise?: number;
  seed?: number;
  /** Bytes of storage. */
  storage?: number;
  /** Reads nothing, says nothing. */
  deaf?: boolean;
  /** When it has printed a line with this in it, the process is killed … */
  dieAfter?: string;
  /** … or never comes back … */
  hangAfter?: string;
  /** … or starts again without closing its console, as boards do whose USB chip has a life of its own. */
  restartAfter?: string;
  /** How often that happens in the life of the board's folder; 1 if missing. */
  times?: number;
  /** Milliseconds between lines that look like frames of success, and are not. */
  fakesEvery?: number;
}

const MEMORY = 'faults-so-far';

export class BoardFaults {
  private readonly in: (bytes: Uint8Array) => Uint8Array;
  private readonly out: (bytes: Uint8Array) => Uint8Array;
  private lastFrame = '#hil a1b2 0 start [1,0] 00000000';

  constructor(
    readonly options: FaultOptions,
    private readonly print: (line: string) => void,
    private readonly restart: () => void,
  ) {
    const seed = options.seed ?? 1;
    this.in = noise(options.noise ?? 0, seed);
    this.out = noise(options.noise ?? 0, seed + 1);
    if (options.fakesEvery) setInterval(() => this.fake(), options.fakesEvery);
  }

  incoming(bytes: Uint8Array): Uint8Array {
    return this.in(bytes);
  }

  outgoing(bytes: Uint8Array): Uint8Array {
    return this.out(bytes);
  }

  /** To be told after each line. */
  printed(line: string): void {
    const { dieAfter, hangAfter, restartAfter } = this.options;
    const hit = (text: string | undefined) => text !== undefined && line.includes(text) && this.again();
    if (line.startsWith('#hil ')) this.lastFrame = line;
    if (hit(dieAfter)) process.kill(process.pid, 'SIGKILL');
    if (hit(hangAfter)) for (;;);
    if (hit(restartAfter)) {
      this.restart();
      this.print('booting ...');
    }
  }

  private again(): boolean {
    const before = existsSync(MEMORY) ? Number(readFileSync(MEMORY, 'utf8')) : 0;
    if (before >= (this.options.times ?? 1)) return false;
    writeFileSync(MEMORY, String(before + 1));
    return true;
  }

  /** Success as it would look for the command that is being answered, but for one thing each. */
  private fake(): void {
    const [, run, number, , payload] = this.lastFrame.split(' ');
    const token = /^\[(\d+)/.exec(payload)?.[1] ?? '1';
    const next = Number(number) + 1;
    const done = (of: string, words: string) => `${of} ${next} ${words}`;
    const success = `done [${token},1,"",1,1]`;
    const other = done('beef', success);
    for (const line of [
      `#hil ${done(run, success)}`,
      `#hil ${done(run, success)} 00000000`,
      `#hil ${other} ${crc32(other)}`,
      `#hil ${done(run, success)} ${crc32(done(run, success)).replace(/.$/, last => (last === '0' ? '1' : '0'))}`,
      `#hil ${done(run, 'passed [1]')} ${crc32(done(run, 'passed [1]'))}`,
      `ok 1 self/timers ${this.lastFrame.replace('start', 'done')}`,
      'PASS all tests passed',
    ]) {
      this.print(line);
    }
  }
}
