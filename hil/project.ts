/** The folder of package.json, seen from build/hil: data files of hil/ are read where they are kept, not copied by the build. */
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** How whoever uses this program calls it: in a clone, or as a package. */
export const PROGRAM = basename(dirname(PROJECT)) === 'node_modules' ? 'npx ringlet-hil' : 'npm run hil --';

/** The cases for a board, below PROJECT. Those of Espruino's entries are in that engine's own form (tools/pretokenise.mjs). */
export function bundleName({ engine, script = engine }: { engine: string; script?: string }): string {
  return `dist/hil-${script}${script.startsWith('espruino') ? '.tok' : '.min.js'}`;
}
