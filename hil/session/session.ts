/**
 * A board that is ours for a while: locked, open, and known by name. Holds on to it when it goes away or falls silent, by a
 * ladder of which every step that was needed is told.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, EngineOptions, Identity } from '../engines/engine.js';
import { engineFactory } from '../engines/index.js';
import { HilError } from '../errors.js';
import { type Console, type Link, openLink } from '../link/link.js';
import type { BoardDescription } from '../run/run-board.js';
import { lockBoard } from './lock.js';
import { lockKey } from './lock-key.js';
import { cyclePower } from './power.js';

export interface SessionOptions {
  /** Multiplies every wait, on top of the board's own factor. */
  timeoutX?: number;
  /** Environment for boards that are programs. */
  env?: Record<string, string>;
  /** What the board says, but for answers to the engine's own questions: any piece of text. */
  onText?(text: string): void;
  onStep?(step: string): void;
  onBytes?(direction: 'in' | 'out', bytes: Uint8Array): void;
}

/** A board's USB device, or its program, is back after this long, or it is gone. */
const RETURN_MS = 10000;
const RETRY_MS = 250;

export class Session {
  readonly steps: string[] = [];
  readonly timeoutX: number;
  engine!: Engine;
  identity!: Identity;
  /** Called when the link breaks by itself. */
  onGone: () => void = () => undefined;
  private link: Link | undefined;
  private closed: Promise<void> = Promise.resolve();
  private folder: string | undefined;
  private unlock: () => void = () => undefined;

  private constructor(
    private readonly description: BoardDescription,
    private readonly options: SessionOptions,
  ) {
    this.timeoutX = (options.timeoutX ?? 1) * (description.limits?.timeoutX ?? 1);
  }

  /** Rejects with a HilError: exit code 3 if the board is absent, locked or silent. */
  static async open(description: BoardDescription, options: SessionOptions = {}): Promise<Session> {
    const session = new Session(description, options);
    try {
      const key = lockKey(description.console);
      if (key !== undefined) session.unlock = lockBoard(key);
      await session.connect();
      session.identity = await session.engine.identify();
      if (session.identity.engine !== description.engine) {
        throw new HilError(
          'ENGINE_WRONG',
          `${description.id} runs ${session.identity.engine} ${session.identity.version}, and the map says ${description.engine}.`,
          2,
        );
      }
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.link?.isOpen === true;
  }

  /** Takes a board that is a program, its console or a USB device that went away, from the beginning: open and identified. */
  async reopen(): Promise<void> {
    this.step(isProgram(this.description.console) ? 'power' : 'open the port again');
    await this.disconnect();
    const deadline = Date.now() + RETURN_MS * this.timeoutX;
    for (;;) {
      try {
        await this.connect();
        break;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise(resolve => setTimeout(resolve, RETRY_MS));
      }
    }
    this.identity = await this.engine.identify();
  }

  /** The ladder for a board that has fallen silent; false if none of its steps helped. */
  async recover(): Promise<boolean> {
    const { engine } = this;
    if (this.isOpen) {
      if (await helps(() => engine.identify())) return true;
      if (await helps(() => engine.reset().then(() => engine.identify()))) {
        this.step('reset');
        return true;
      }
    }
    return this.returns();
  }

  /** The rest of the ladder, where the link has ended as well: it is opened again, and at last the board is without power for a moment. */
  async returns(): Promise<boolean> {
    const { power } = this.description;
    if (await helps(() => this.reopen())) return true;
    if (power === undefined) return false;
    return helps(async () => {
      await this.disconnect();
      await cyclePower(power, line => this.step(line));
      await this.reopen();
    });
  }

  /** Ends everything that is waited for, from outside. */
  async drop(): Promise<void> {
    this.onGone();
    await this.disconnect();
  }

  /** Closes the link, ends the board's process, frees the board. */
  async close(): Promise<void> {
    await this.disconnect();
    this.removeFolder();
    process.off('exit', this.removeFolder);
    this.unlock();
  }

  private async connect(): Promise<void> {
    const { onBytes, onText } = this.options;
    const link = await openLink(this.console());
    this.link = link;
    link.on('error', () => undefined);
    link.on('close', () => {
      if (this.link === link) this.onGone();
    });
    if (onBytes) {
      link.on('data', (bytes: Uint8Array) => onBytes('in', bytes));
      const write = link.write.bind(link) as (...values: unknown[]) => boolean;
      link.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
        onBytes('out', typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
        return write(chunk, ...rest);
      };
    }
    const options: EngineOptions = {
      timeoutX: this.timeoutX,
      ctrlC: this.description.ctrlC,
      watchdogS: this.description.limits?.watchdogS,
      onText: text => onText?.(text),
      onStep: step => this.step(step),
    };
    this.engine = engineFactory(this.description.engine)(link, options);
  }

  private async disconnect(): Promise<void> {
    const { link } = this;
    this.link = undefined;
    if (link?.isOpen) this.closed = new Promise<void>(resolve => link.close(() => resolve()));
    // Whoever has begun it: a program gets a moment to end by itself.
    await this.closed;
  }

  /** A program keeps its files from one start to the next, as a board keeps its flash. */
  private console(): Console {
    const { console } = this.description;
    if (!isProgram(console)) return console;
    const folder = (console.type === 'process' && console.cwd) || this.makeFolder();
    const env = { HIL_FOLDER: folder, ...this.options.env, ...console.env };
    return console.type === 'process' ? { ...console, cwd: folder, env } : { ...console, env };
  }

  private makeFolder(): string {
    if (this.folder === undefined) {
      this.folder = mkdtempSync(join(tmpdir(), 'ringlet-hil-'));
      process.on('exit', this.removeFolder);
    }
    return this.folder;
  }

  private readonly removeFolder = () => {
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
  };

  private step(name: string): void {
    this.steps.push(name);
    this.options.onStep?.(name);
  }
}

async function helps(step: () => Promise<unknown>): Promise<boolean> {
  try {
    await step();
    return true;
  } catch {
    // The next step is a stronger one.
    return false;
  }
}

function isProgram(console: Console): console is Extract<Console, { type: 'process' | 'emulated' }> {
  return console.type === 'process' || console.type === 'emulated';
}
