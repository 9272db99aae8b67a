/** The client for each kind of REPL. */
import { HilError } from '../errors.js';
import type { EngineFactory, Identity } from './engine.js';
import { espruino } from './espruino.js';
import { jerry } from './jerry.js';
import { kaluma } from './kaluma.js';
import { node } from './node.js';

const FACTORIES: Partial<Record<Identity['engine'], EngineFactory>> = { espruino, jerry, kaluma, node };

export function engineFactory(name: Identity['engine']): EngineFactory {
  const factory = FACTORIES[name];
  if (factory === undefined) throw new HilError('ENGINE_UNKNOWN', `There is no client for the engine '${name}'.`, 2);
  return factory;
}
