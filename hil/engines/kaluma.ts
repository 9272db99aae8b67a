/**
 * Kaluma over a link: the one program in flash is written by YMODEM and read back, `.load` starts it. Its traps are told where
 * they are avoided; all of them were met on real firmware.
 */
import { randomBytes } from 'node:crypto';
import { HilError } from '../errors.js';
import type { Engine, EngineFactory, EngineOptions, Identity } from './engine.js';
import { complaint, KalumaConsole } from './kaluma-console.js';
import { sendYmodem } from './ymodem.js';

/** Of the receiver's file name only its length matters; see ymodem.ts. */
const FILE = 'usercode';
/** The REPL takes 1023 characters; each one more prints an error line. */
const LONGEST_LINE = 1023;
const ATTEMPTS = 3;

const PROBE_MS = 2000;
const EVAL_MS = 10000;
const LOAD_MS = 60000;
/** Bytes per second that `.flash -r` prints at least. */
const READ_BACK_RATE = 4000;

const CTRL_C = '\x03';
const BANNER = /Welcome to Kaluma v(\d+\.\d+\.\d+\S*)/;
/** Ends a YMODEM receiver that another program has left behind, then whatever stands in the input line. */
const ATTENTION = 'a\r';

export class KalumaEngine implements Engine {
  readonly freshCases = true;
  private readonly console: KalumaConsole;
  /** Answers of earlier sessions, and of a program that printed at boot, do not have it. */
  private readonly run = randomBytes(2).toString('hex');
  private count = 0;

  constructor(
    link: Parameters<EngineFactory>[0],
    private readonly options: EngineOptions,
  ) {
    this.console = new KalumaConsole(link, text => options.onText(text));
  }

  identify(): Promise<Identity> {
    return this.unheard('none', async () => {
      // What an earlier program had to say when the port was opened.
      await this.console.settle(200);
      const version = await this.attention();
      const free = await this.evaluate('(function(m){return m.heapTotal-m.heapUsed})(process.memoryUsage())');
      return { engine: 'kaluma', version, board: await this.evaluate('board.name'), freeBytes: Number(free) };
    });
  }

  upload(name: string, script: Uint8Array, onProgress?: (done: number, total: number) => void): Promise<void> {
    return this.unheard('none', async () => {
      refuseUnreadable(name, script);
      const room = Number((await this.ask('.flash -t', /(\d+)\r\n/))[1]) - 2;
      if (script.length > room) {
        throw new HilError('UPLOAD_NO_ROOM', `${name} has ${script.length} bytes, and there is room for ${room}.`, 4);
      }
      if (!(await this.holds(script))) await this.write(name, script, onProgress);
      onProgress?.(script.length, script.length);
    });
  }

  start(name: string, global = 'hil'): Promise<void> {
    return this.unheard('none', async () => {
      await this.console.write('.load\r');
      const failed = (why: string) => new HilError('SCRIPT_FAILED', `${name} does not load: ${why}`, 4);
      // Answered when the program has been read: the REPL does one thing after the other.
      const kind = await this.evaluated(`typeof ${global}`, LOAD_MS).catch((error: HilError) => {
        throw error.code === 'EVAL_FAILED' ? failed(error.message) : error;
      });
      if (kind !== 'object') throw failed(complaint(this.console.recent) || `it leaves no global \`${global}\``);
    });
  }

  async command(line: string): Promise<void> {
    await this.console.write(`${fitting(line)}\r`);
  }

  evaluate(expression: string): Promise<string> {
    return this.evaluated(expression, EVAL_MS);
  }

  reset(): Promise<void> {
    return this.unheard('none', async () => {
      await this.ask('.reset', /soft reset/);
    });
  }

  /** The one program in flash, which runs at every start. */
  wipe(): Promise<string[]> {
    return this.unheard('none', async () => {
      const size = Number((await this.ask('.flash -s', /(\d+)\r\n/))[1]);
      if (size === 0) return [];
      await this.ask('.flash -e', /erased/);
      return [`the stored program (${size} bytes)`];
    });
  }

  /** The ladder: each step is tried, then the banner is asked for; each but the first is told. Answers the version. */
  private async attention(): Promise<string> {
    const { console } = this;
    const { timeoutX, onStep } = this.options;
    const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms * timeoutX));
    const steps: [string, () => Promise<unknown>][] = [
      ['a, return', () => console.write(ATTENTION)],
      // A receiver that waits for the rest of a packet takes a second to see that none comes.
      [
        'end of a broken packet',
        () =>
          console
            .write(ATTENTION)
            .then(() => wait(2500))
            .then(() => console.write(ATTENTION)),
      ],
      // It also throws away what waits to be read.
      [
        'Ctrl-C',
        () =>
          console
            .write(CTRL_C)
            .then(() => wait(500))
            .then(() => console.write('\r')),
      ],
      [
        'Ctrl-C again',
        () =>
          console
            .write(CTRL_C)
            .then(() => wait(3000))
            .then(() => console.write('\r')),
      ],
    ];
    for (const [name, step] of steps) {
      await step();
      await console.settle(100);
      const found = await console.ask('.echo off\r.hi\r', BANNER, PROBE_MS * timeoutX);
      if (found === undefined) continue;
      if (name !== steps[0]![0]) onStep(name);
      await console.settle(100);
      return found[1]!;
    }
    throw new HilError(
      'BOARD_SILENT',
      'The board does not answer as a Kaluma: is it that firmware, and is its console on this port? ' +
        'Take its power away, and try again; with GP22 connected to GND it does not run the stored program.',
      3,
    );
  }

  private async evaluated(expression: string, timeoutMs: number): Promise<string> {
    const mark = `${this.run}${this.count++}`;
    // The mark is put together on the board, so that an echo of this line is no answer.
    const say = (kind: string, value: string) => `console.log("#"+"${kind}${mark} "+${value}+"#")`;
    const line = `(function(){try{${say('v', `JSON.stringify(${expression})`)}}catch(e){${say('x', 'e')}}})()`;
    const answer = new RegExp(`#([vx])${mark} ([^\\r\\n]*)#[\\r\\n]|(SyntaxError[^\\r\\n\\x1b]*)[\\r\\n\\x1b]`);
    const found = await this.unheard('frames', () =>
      this.console.ask(`${fitting(line)}\r`, answer, timeoutMs * this.options.timeoutX),
    );
    if (found === undefined) {
      throw new HilError('REPL_SILENT', `The board did not answer ${expression} within ${timeoutMs / 1000} s.`, 4);
    }
    const [, kind, value, syntax] = found;
    if (kind !== 'v') throw new HilError('EVAL_FAILED', syntax ?? value!, 4);
    const parsed: unknown = value === 'undefined' ? undefined : JSON.parse(value!);
    return typeof parsed === 'string' ? parsed : value!;
  }

  /** Whether exactly these bytes are in flash. `.flash -r` prints them, with `\n` as `\r\n`. */
  private async holds(script: Uint8Array): Promise<boolean> {
    const size = Number((await this.ask('.flash -s', /(\d+)\r\n/))[1]);
    if (size !== script.length) return false;
    const wanted = Buffer.from(script).toString('latin1').replaceAll('\n', '\r\n');
    const { console } = this;
    console.recent = '';
    await console.write('.flash -r\r');
    const timeoutMs = (EVAL_MS + (wanted.length * 1000) / READ_BACK_RATE) * this.options.timeoutX;
    const complete = () =>
      console.recent.length >= wanted.length + 2 && /\r\n\S*$/.test(console.recent.slice(-12)) ? true : undefined;
    await console.until(complete, timeoutMs);
    return console.recent.includes(wanted);
  }

  private async write(name: string, script: Uint8Array, onProgress?: (done: number, total: number) => void) {
    const { console, options } = this;
    let reason = '';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (attempt > 1) options.onStep(`upload attempt ${attempt}`);
      try {
        await this.ask('.flash -w', /YMODEM/);
        await sendYmodem(console, FILE, script, { timeoutX: options.timeoutX, onProgress });
        const ended = /(Done|Aborted|too large|Verification failed|Failed to receive)\r\n/;
        const end = await console.until(() => ended.exec(console.recent) ?? undefined, EVAL_MS * options.timeoutX);
        if (end?.[1] === 'too large') break;
        if (await this.holds(script)) return;
        reason = `the board says ${end?.[1] ?? 'nothing'}, and holds something else`;
      } catch (error) {
        if (!(error instanceof HilError) || error.code === 'LINK_CLOSED') throw error;
        reason = error.message;
        await this.attention();
      }
    }
    throw new HilError('UPLOAD_NOT_STORED', `${name} did not arrive as it was sent: ${reason}`, 4);
  }

  private async ask(line: string, pattern: RegExp): Promise<RegExpExecArray> {
    const found = await this.console.ask(`${line}\r`, pattern, EVAL_MS * this.options.timeoutX);
    if (found) return found;
    throw new HilError('REPL_SILENT', `The board did not answer ${line} within ${EVAL_MS / 1000} s.`, 4);
  }

  private async unheard<T>(pass: 'frames' | 'none', work: () => Promise<T>): Promise<T> {
    const before = this.console.pass;
    if (before !== 'none') this.console.pass = pass;
    try {
      return await work();
    } finally {
      this.console.pass = before;
    }
  }
}

/** The program ends at the first NUL, and what is read back shows no difference between `\n` and `\r\n`. */
function refuseUnreadable(name: string, script: Uint8Array): void {
  const bad = script.findIndex(byte => byte === 0 || byte === 13 || byte === 255);
  if (script.length === 0) throw new HilError('UPLOAD_EMPTY', `${name} is empty.`, 2);
  if (bad < 0) return;
  const what = { 0: 'a NUL', 13: 'a carriage return' }[script[bad]!] ?? 'a byte 255';
  throw new HilError('UPLOAD_BYTES', `${name} has ${what} at ${bad}, which Kaluma's flash cannot prove to have.`, 2);
}

function fitting(line: string): string {
  if (line.length <= LONGEST_LINE) return line;
  throw new HilError('LINE_TOO_LONG', `A line of ${line.length} characters: Kaluma's REPL takes ${LONGEST_LINE}.`, 4);
}

export const kaluma: EngineFactory = (link, options) => new KalumaEngine(link, options);
