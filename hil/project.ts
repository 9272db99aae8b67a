/** The folder of package.json, seen from build/hil: data files of hil/ are read where they are kept, not copied by the build. */
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** How whoever uses this program calls it: in a clone, or as a package. */
export const PROGRAM = basename(dirname(PROJECT)) === 'node_modules' ? 'npx ringlet-hil' : 'npm run hil --';

/** The cases for a board, below PROJECT. Those of Espruino's and Kaluma's entries are in a form of their own (tools/pretokenise.mjs, tools/stored-overlays.mjs). */
export function bundleName({ engine, script = engine }: { engine: string; script?: string }): string {
  return `dist/hil-${script}${formOf(script)}`;
}

/** What the name of a bundle ends with, as it goes onto a board of `engine`. */
export function formOf(engine: string): string {
  if (engine.startsWith('espruino')) return '.tok';
  return engine.startsWith('kaluma') ? '.packed.js' : '.min.js';
}
