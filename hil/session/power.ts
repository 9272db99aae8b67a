/** Takes a board's power away for a moment, by a hub that switches its ports. */
import { HilError } from '../errors.js';
import { runTool } from '../flash/flasher.js';

export interface PowerSwitch {
  type: 'uhubctl';
  hub: string;
  port: number;
}

const CYCLE_MS = 30000;
/** Enumeration, and the engine's start. */
const START_MS = 3000;

export async function cyclePower({ hub, port }: PowerSwitch, say: (line: string) => void): Promise<void> {
  const args = ['-l', hub, '-p', String(port), '-a', 'cycle', '-d', '2'];
  say(`uhubctl ${args.join(' ')}`);
  const { code } = await runTool('uhubctl', args, line => say(`  ${line}`), CYCLE_MS);
  if (code !== 0) throw new HilError('POWER', `uhubctl ended with ${code}: does the hub switch its ports at all?`, 4);
  await new Promise(done => setTimeout(done, START_MS));
}
