/** The Wycheproof vectors (C2SP, Apache 2.0) beside this checkout, in ../shared/vectors/wycheproof. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** build/test/crypto/ lies three folders below the checkout. */
const DIRECTORY = new URL('../../../../shared/vectors/wycheproof/', import.meta.url);

/** For test/skip.ts, when `wycheproof` answered undefined. */
export const NO_VECTORS = `no Wycheproof vectors in ${fileURLToPath(DIRECTORY)}`;

/** The test groups of `file` as they are in it, or undefined if there are none here (skip with NO_VECTORS then). */
export function wycheproof(file: string): any[] | undefined {
  const path = new URL(file, DIRECTORY);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).testGroups : undefined;
}
