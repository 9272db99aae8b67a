/**
 * The hardware map: which boards there are, and how to reach each. `hil.boards.json` belongs to one desk and is not
 * committed; hil.boards.example.json shows its form, hil.boards.schema.json says it exactly. The pure-Node board needs no
 * entry: it is always there.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Identity } from '../engines/engine.js';
import { HilError } from '../errors.js';
import type { Console } from '../link/link.js';
import { PROJECT } from '../project.js';
import type { PowerSwitch } from '../session/power.js';
import { JsonSchema } from './json-schema.js';

export interface FlashRoute {
  type: 'uf2' | 'picotool' | 'dfu-util' | 'esptool';
  entry?: 'manual' | 'touch1200';
  /** Where the image goes, as 0x…: dfu-util and esptool. */
  address?: string;
  chip?: string;
}

export interface BoardEntry {
  id: string;
  board: string;
  engine: Identity['engine'];
  sim?: boolean;
  tags?: string[];
  fixtures?: string[];
  console: Console;
  ctrlC?: boolean;
  /** Which bundle runs upload: dist/hil-<script>.min.js, or .tok of one for Espruino, .packed.js for Kaluma; the engine's name if missing. */
  script?: string;
  flash?: FlashRoute;
  power?: PowerSwitch;
  limits?: { timeoutX?: number; watchdogS?: number; flashMs?: number };
  notes?: string;
}

export interface BoardMap {
  version: 1;
  boards: BoardEntry[];
}

export const MAP_NAME = 'hil.boards.json';

/** The map in `file`; undefined if there is no such file. Throws HilError('MAP_…') that names the wrong place. */
export function loadMap(file: string): BoardMap | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new HilError('MAP_UNREADABLE', `The map cannot be read: ${(error as Error).message}.`, 2);
  }
  return parseMap(text, basename(file));
}

/** `name` stands for the file in messages. */
export function parseMap(text: string, name: string): BoardMap {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HilError(
      'MAP_SYNTAX',
      `${name}${lineOf(text, error as Error)} is not JSON: ${(error as Error).message}.`,
      2,
    );
  }
  const [complaint, ...more] = schema().complaints(value);
  if (complaint) {
    const rest = more.length > 0 ? ` (and ${more.length} more)` : '';
    throw wrong(name, complaint.place, complaint.message + rest, value);
  }
  const map = value as BoardMap;
  refuseTwins(map, name);
  return map;
}

/** Ids are names of boards, a USB serial number is one board, so neither can be there twice. */
function refuseTwins(map: BoardMap, name: string): void {
  const seen = new Map<string, number>();
  map.boards.forEach((entry, index) => {
    const keys = [[`id '${entry.id}'`, 'id']];
    const { console } = entry;
    if (console.type === 'serial' && console.usbSerial) {
      keys.push([`USB serial number '${console.usbSerial}'`, 'console.usbSerial']);
    }
    for (const [key, place] of keys) {
      const first = seen.get(key);
      if (first !== undefined)
        throw wrong(name, `boards[${index}].${place}`, `the ${key} is that of boards[${first}], too`, map);
      seen.set(key, index);
    }
  });
}

function wrong(name: string, place: string, message: string, map: unknown): HilError {
  const index = /^boards\[(\d+)\]/.exec(place);
  const id = index && (map as { boards: Array<{ id?: unknown } | null> }).boards[Number(index[1])]?.id;
  const whose = typeof id === 'string' ? ` (board '${id}')` : '';
  return new HilError('MAP_INVALID', `${name}: ${place || 'the whole'}${whose}: ${message}.`, 2);
}

/** ` line 3, column 7`: JSON.parse gives a position, people have lines. */
function lineOf(text: string, error: Error): string {
  const position = /position (\d+)/.exec(error.message);
  if (!position) return '';
  const before = text.slice(0, Number(position[1])).split('\n');
  return ` line ${before.length}, column ${before[before.length - 1].length + 1}`;
}

let loaded: JsonSchema | undefined;

function schema(): JsonSchema {
  loaded ??= new JsonSchema(JSON.parse(readFileSync(join(PROJECT, 'hil/map/hil.boards.schema.json'), 'utf8')));
  return loaded;
}
