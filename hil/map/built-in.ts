/** Boards that need no map: the pure-Node board always. */
import { join } from 'node:path';
import { PROJECT } from '../project.js';
import type { BoardEntry } from './board-map.js';

export function builtInBoards(_env: NodeJS.ProcessEnv): BoardEntry[] {
  return [
    {
      id: 'sim-node',
      board: 'node',
      engine: 'node',
      sim: true,
      fixtures: ['w5500'],
      console: { type: 'process', command: [process.execPath, join(PROJECT, 'build/hil/sim/node-board.js')] },
    },
  ];
}
