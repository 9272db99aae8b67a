/** Which boards a command means, and what can be said of a board without talking to it. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { HilError } from '../errors.js';
import { lockOwner } from '../session/lock.js';
import { lockKey } from '../session/lock-key.js';
import { type BoardEntry, loadMap, MAP_NAME } from './board-map.js';
import { builtInBoards } from './built-in.js';
import { type Port, processWithOpen } from './ports.js';

export interface Selection {
  /** Ids, or kinds: of a kind, any one that is free. */
  boards?: string[];
  tags?: string[];
  sim?: boolean;
}

export type State =
  | { state: 'free' | 'absent' | 'unknown' | 'simulated'; detail?: string }
  | { state: 'locked'; detail: string };

/** The map's boards and those that need no map. Throws HilError('MAP_…'). */
export function allBoards(cwd: string, mapFile: string | undefined, env: NodeJS.ProcessEnv): BoardEntry[] {
  const file = join(cwd, MAP_NAME);
  const map = loadMap(mapFile ?? file);
  if (map === undefined && mapFile !== undefined) {
    throw new HilError('MAP_MISSING', `There is no map ${mapFile}; 'map init' makes one of what is attached.`, 2);
  }
  const mapped = map?.boards ?? [];
  return [...mapped, ...builtInBoards(env).filter(({ id }) => !mapped.some(entry => entry.id === id))];
}

/** Without a selection: the one real board of the map. */
export function selectBoards(all: BoardEntry[], wanted: Selection, ports: Port[]): BoardEntry[] {
  const chosen = new Set<BoardEntry>();
  for (const name of wanted.boards ?? []) chosen.add(named(all, name, ports));
  for (const tag of wanted.tags ?? []) {
    const tagged = all.filter(entry => entry.tags?.includes(tag));
    if (tagged.length === 0) throw none(`No board has the tag '${tag}'`, all);
    for (const entry of tagged) chosen.add(entry);
  }
  if (wanted.sim) for (const entry of all) if (entry.sim) chosen.add(entry);
  if (chosen.size > 0) return all.filter(entry => chosen.has(entry));
  const real = all.filter(entry => !entry.sim);
  if (real.length === 1) return real;
  if (real.length === 0) {
    throw new HilError(
      'NO_BOARD',
      `${MAP_NAME} names no board that is real: plug one in and run 'map init', or choose --sim, which needs none`,
      2,
    );
  }
  throw none('Several boards are in the map: choose with -b or -t', all);
}

function named(all: BoardEntry[], name: string, ports: Port[]): BoardEntry {
  const exact = all.find(entry => entry.id === name);
  if (exact) return exact;
  const alike = all.filter(entry => entry.board === name);
  if (alike.length === 0) throw none(`No board is called '${name}'`, all);
  const states = alike.map(entry => ({ entry, ...stateOf(entry, ports) }));
  const free =
    states.find(({ state }) => state === 'free' || state === 'simulated') ??
    states.find(({ state }) => state === 'unknown');
  if (free) return free.entry;
  const told = states
    .map(({ entry, state, detail }) => `${entry.id} is ${state}${detail ? ` ${detail}` : ''}`)
    .join(', ');
  throw new HilError('NO_FREE_BOARD', `No ${name} is free: ${told}.`, 3);
}

function none(message: string, all: BoardEntry[]): HilError {
  return new HilError('NO_BOARD', `${message}; there are ${all.map(({ id }) => id).join(', ')}`, 2);
}

/** The port a board is at now. */
export function portOf(entry: BoardEntry, ports: Port[]): Port | undefined {
  const { console } = entry;
  if (console.type !== 'serial') return undefined;
  const { usbSerial, path } = console;
  if (usbSerial) return ports.find(port => port.usbSerial?.toLowerCase() === usbSerial.toLowerCase());
  // A name of udev's, such as those in /dev/serial/by-path, is a link to what is listed; a pseudo-terminal is listed nowhere.
  const target = path && existing(path);
  return ports.find(port => port.path === path || port.path === target) ?? (target ? { path: target } : undefined);
}

function existing(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

export function stateOf(entry: BoardEntry, ports: Port[]): State {
  const key = lockKey(entry.console);
  const owner = key === undefined ? undefined : lockOwner(key);
  if (owner !== undefined) return { state: 'locked', detail: `by another run (process ${owner})` };
  if (entry.console.type === 'tcp')
    return { state: 'unknown', detail: `(${entry.console.host}:${entry.console.port})` };
  if (entry.console.type !== 'serial') return { state: 'simulated' };
  const port = portOf(entry, ports);
  if (!port) return { state: 'absent' };
  return portState(port);
}

export function portState(port: Port): State {
  const user = processWithOpen(port.path);
  return user ? { state: 'locked', detail: `by process ${user.pid} (${user.name})` } : { state: 'free' };
}
