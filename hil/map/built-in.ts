/** Boards that need no map: the pure-Node board always, real engines where the environment names them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../project.js';
import type { BoardEntry } from './board-map.js';

export function builtInBoards(env: NodeJS.ProcessEnv): BoardEntry[] {
  const boards = [simulated('sim-node', 'node', 'node', 'node-board')];
  if (env['ESPRUINO']) {
    const board = simulated('sim-espruino', 'linux', 'espruino', 'espruino-desktop');
    // A debugging build on a busy machine takes a minute for a handshake.
    boards.push({ ...board, script: 'espruino-desktop', limits: { timeoutX: 4 } });
  }
  // Its firmware is built of C that is in a clone only.
  if (env['JERRY_SOURCE'] && existsSync(join(PROJECT, 'hil/sim/jerry-host.c')))
    boards.push(simulated('sim-jerry', 'linux', 'jerry', 'jerry-desktop'));
  return boards;
}

/** A program of hil/sim; `./` is this project, wherever the command was given. */
function simulated(id: string, board: string, engine: BoardEntry['engine'], program: string): BoardEntry {
  const command = [process.execPath, `./build/hil/sim/${program}.js`];
  return { id, board, engine, sim: true, fixtures: ['w5500'], console: { type: 'process', command } };
}
