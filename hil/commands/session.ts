/** Talking to one board outside a run: what upload, exec, reset, recover and map begin with. */
import type { BoardEntry } from '../map/board-map.js';
import type { Session, SessionOptions } from '../session/session.js';

/** Locked, open and identified; rejects with a HilError when the board is absent, locked or silent. */
export type OpenSession = (
  entry: BoardEntry,
  options: SessionOptions,
) => Promise<Pick<Session, 'engine' | 'identity' | 'close'>>;
