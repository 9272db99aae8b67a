import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

const DIRECTORY = path.resolve('../shared/vectors/wycheproof');

/** The test groups of a Wycheproof file, or undefined with a printed reason. */
export function wycheproof(file: string): any[] | undefined {
  const full = path.join(DIRECTORY, file);
  if (existsSync(full)) return JSON.parse(readFileSync(full, 'utf8')).testGroups;
  console.log(`      skipped: ${full} is not there`);
  return undefined;
}
