/** What the runner needs of a board's engine: one implementation for each kind of REPL. */
import type { Link } from '../link/link.js';

export interface Identity {
  engine: 'espruino' | 'kaluma' | 'jerry' | 'node';
  version: string;
  board?: string;
  freeBytes?: number;
}

export interface Engine {
  /** True where memory is so scarce that every case gets the script started anew: what earlier ones leave behind, and the holes in it, would be missed. */
  readonly freshCases?: boolean;
  /** Gets the REPL's attention, by the ladder of this engine; every step that was needed is told to `onStep`. */
  identify(): Promise<Identity>;
  /** Stores a script for `start`, and proves that it is there byte for byte; otherwise a HilError, `UPLOAD_…`. */
  upload(name: string, script: Uint8Array, onProgress?: (done: number, total: number) => void): Promise<void>;
  /** Fresh state, then the script: afterwards its global is there, `hil` if no other one is named. */
  start(name: string, global?: string): Promise<void>;
  /** One line for the agent, framed by protocol/frame.ts; at most 900 characters. */
  command(line: string): Promise<void>;
  /** The value of an expression, as the engine prints it. */
  evaluate(expression: string): Promise<string>;
  reset(): Promise<void>;
  /** Removes what would run by itself at the next start, scripts of `upload` included where that is what they do; answers what there was. */
  wipe(): Promise<string[]>;
}

export interface EngineOptions {
  /** Multiplies every wait. */
  timeoutX: number;
  /** Whatever the board says that is not an answer: agent frames and other text, as it comes. */
  onText(text: string): void;
  onStep(step: string): void;
  /** That the board's port turns Ctrl-C into an interruption (Linux, STM32, nRF52; not RP2040, not ESP32). False if missing. */
  ctrlC?: boolean;
  /**
   * Seconds until a watchdog resets a board that does not come back to its REPL, where there is one; 8 if missing, which is all that RP2040 knows.
   * 0 arms none: what is computed longer at a stretch, as key exchanges in JavaScript are on a microcontroller, would not be survived.
   */
  watchdogS?: number;
}

export type EngineFactory = (link: Link, options: EngineOptions) => Engine;
