/** What `map init` writes: an entry for every attached board that the map does not have yet. It never changes what is there. */
import type { BoardEntry, BoardMap } from './board-map.js';
import { kinds, kindsOf } from './kinds.js';
import type { Port } from './ports.js';
import { portOf } from './select.js';

export interface Addition {
  entry: BoardEntry;
  /** What a person should look at. */
  doubts: string[];
}

/** `answers` tells whether the board speaks as this engine does. */
export async function additions(
  map: BoardMap,
  ports: Port[],
  answers: (entry: BoardEntry, engine: BoardEntry['engine']) => Promise<boolean>,
): Promise<Addition[]> {
  const added: Addition[] = [];
  const ids = new Set(map.boards.map(({ id }) => id));
  for (const port of ports.filter(candidate => !isMapped(map, candidate))) {
    const possible = kindsOf(port);
    const kind = possible[0];
    const doubts: string[] = [];
    if (possible.length > 1) doubts.push(`it may also be ${possible.slice(1).join(' or ')}: correct "board" if so`);
    if (kind === undefined)
      doubts.push(`no kind of board is known for USB id ${port.vendorId}:${port.productId}: correct "board"`);
    const engines = Object.keys(kinds()[kind]?.engines ?? {}) as Array<BoardEntry['engine']>;
    const entry: BoardEntry = {
      id: freeId(kind ?? 'board', ids),
      board: kind ?? 'unknown',
      engine: engines[0] ?? 'espruino',
      console: port.usbSerial ? { type: 'serial', usbSerial: port.usbSerial } : { type: 'serial', path: port.path },
      ...(kinds()[kind]?.w5500 ? { fixtures: ['w5500'] } : {}),
    };
    const { baud } = kinds()[kind]?.engines[entry.engine] ?? {};
    if (baud && entry.console.type === 'serial') entry.console.baud = baud;
    if (!port.usbSerial)
      doubts.push(`it has no USB serial number, so ${port.path} is its key: that may be another board tomorrow`);
    let engine: BoardEntry['engine'] | undefined;
    for (const candidate of engines) if (!engine && (await answers(entry, candidate))) engine = candidate;
    if (engine) entry.engine = engine;
    else doubts.push(`it did not answer: correct "engine" if it is not ${entry.engine}, or flash it first`);
    ids.add(entry.id);
    added.push({ entry, doubts });
  }
  return added;
}

function isMapped(map: BoardMap, port: Port): boolean {
  return map.boards.some(entry => portOf(entry, [port])?.path === port.path);
}

/** pico-a, pico-b … of a kind; after z come numbers. */
function freeId(kind: string, taken: Set<string>): string {
  for (let n = 0; ; n++) {
    const id = `${kind}-${n < 26 ? String.fromCharCode(97 + n) : n}`;
    if (!taken.has(id)) return id;
  }
}
