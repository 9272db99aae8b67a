/** What a script wants beside itself in the board's flash: for crypto in machine code the file that boards/espruino-native-code.ts looks for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../project.js';

const MACHINE_CODE = 'ringlet-thumb';

/** Name and content of each file. */
export function companionsOf(script: string): [string, Uint8Array][] {
  if (!script.includes(MACHINE_CODE)) return [];
  return [[MACHINE_CODE, readFileSync(join(PROJECT, `firmware-glue/thumb/${MACHINE_CODE}.bin`))]];
}
