/** Boards that need no map: the pure-Node board always, real engines where the environment names them. */
import type { BoardEntry } from './board-map.js';

export function builtInBoards(env: NodeJS.ProcessEnv): BoardEntry[] {
  const boards = [simulated('sim-node', 'node', 'node', 'node-board')];
  if (env['ESPRUINO']) {
    boards.push({ ...simulated('sim-espruino', 'linux', 'espruino', 'espruino-desktop'), script: 'espruino-desktop' });
  }
  if (env['JERRY_SOURCE']) boards.push(simulated('sim-jerry', 'linux', 'jerry', 'jerry-desktop'));
  return boards;
}

/** A program of hil/sim; `./` is this project, wherever the command was given. */
function simulated(id: string, board: string, engine: BoardEntry['engine'], program: string): BoardEntry {
  const command = [process.execPath, `./build/hil/sim/${program}.js`];
  return { id, board, engine, sim: true, fixtures: ['w5500'], console: { type: 'process', command } };
}
