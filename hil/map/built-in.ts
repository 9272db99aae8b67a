/** Boards that need no map: the pure-Node board always, real engines where the environment names them. */
import type { BoardEntry } from './board-map.js';

export function builtInBoards(env: NodeJS.ProcessEnv): BoardEntry[] {
  const boards = [simulated('sim-node', 'node', 'node', 'node-board')];
  if (env['ESPRUINO']) {
    const board = simulated('sim-espruino', 'linux', 'espruino', 'espruino-desktop');
    // A debugging build on a busy machine takes a minute for a handshake.
    boards.push({ ...board, script: 'espruino-desktop', limits: { timeoutX: 4 } });
  }
  if (env['JERRY_SOURCE']) boards.push(simulated('sim-jerry', 'linux', 'jerry', 'jerry-desktop'));
  return boards;
}

/** A program of hil/sim; `./` is this project, wherever the command was given. */
function simulated(id: string, board: string, engine: BoardEntry['engine'], program: string): BoardEntry {
  const command = [process.execPath, `./build/hil/sim/${program}.js`];
  return { id, board, engine, sim: true, fixtures: ['w5500'], console: { type: 'process', command } };
}
