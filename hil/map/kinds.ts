/** What is known of each kind of board (hil/boards.json): USB ids, the way into its bootloader, where the W5500 sits. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '../engines/engine.js';
import { PROJECT } from '../project.js';
import type { BoardEntry, FlashRoute } from './board-map.js';
import type { Port } from './ports.js';

export interface Kind {
  title: string;
  /** `vendor:product`, four hex digits each; neither tells the engine: Espruino and Kaluma have the same on RP2040. */
  usb: string[];
  bootloaderUsb?: string;
  uf2?: { family: string; volume: string; flashBytes: number };
  /** What a person does to get the board into its bootloader. */
  finger?: string;
  engines: Partial<Record<Identity['engine'], KindEngine>>;
  w5500?: Record<'sck' | 'miso' | 'mosi' | 'cs' | 'rst' | 'int', string>;
}

export interface KindEngine {
  flash?: FlashRoute;
  ctrlC: boolean;
  baud?: number;
  /** An interpreter that wants longer waits than most. */
  timeoutX?: number;
  root?: string;
}

let loaded: Record<string, Kind> | undefined;

export function kinds(): Record<string, Kind> {
  loaded ??= JSON.parse(readFileSync(join(PROJECT, 'hil/boards.json'), 'utf8')) as Record<string, Kind>;
  return loaded;
}

/** The kinds a port may belong to. */
export function kindsOf(port: Port): string[] {
  const usb = `${port.vendorId}:${port.productId}`.toLowerCase();
  return Object.keys(kinds()).filter(name => kinds()[name].usb.includes(usb));
}

/** The map's route, or that of the kind. */
export function flashRoute(entry: BoardEntry): FlashRoute | undefined {
  return entry.flash ?? kinds()[entry.board]?.engines[entry.engine]?.flash;
}

/** Emulated time passes slower than waits do, and on a busy machine much slower. */
const EMULATED_X = 20;

/** The entry with what its kind says where the map is silent. */
export function describe(given: BoardEntry): BoardEntry {
  const { console } = given;
  const engine = kinds()[given.board]?.engines[given.engine];
  const timeoutX = console.type === 'emulated' ? EMULATED_X : engine?.timeoutX;
  const entry = timeoutX === undefined ? given : { ...given, limits: { timeoutX, ...given.limits } };
  if (!engine) return entry;
  return {
    ...entry,
    ctrlC: entry.ctrlC ?? engine.ctrlC,
    console: console.type === 'serial' && engine.baud ? { baud: engine.baud, ...console } : console,
  };
}
