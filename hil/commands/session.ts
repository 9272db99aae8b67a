/** Talking to one board outside a run: what upload, exec, repl, reset and recover begin with. */
import type { Engine, Identity } from '../engines/engine.js';
import { HilError } from '../errors.js';
import type { Link } from '../link/link.js';
import type { BoardEntry } from '../map/board-map.js';

export interface OpenedSession {
  link: Link;
  engine: Engine;
  /** Gets the board's attention by the recovery ladder; HilError('silent') if no step of it helps. */
  identify(): Promise<Identity>;
  /** Gives the board back: its lock, its port, and the process if it is one. */
  close(): Promise<void>;
}

export interface SessionCallbacks {
  onText(text: string): void;
  onStep(step: string): void;
}

/** Rejects with a HilError when the board is absent or locked. */
export type OpenSession = (entry: BoardEntry, callbacks: SessionCallbacks) => Promise<OpenedSession>;

export const openSession: OpenSession = async entry => {
  throw new HilError('NOT_YET', `${entry.id}: sessions are not written yet.`, 4);
};
