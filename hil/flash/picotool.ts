/** RP2040 and RP2350 over USB, without a mounted volume. It finds the board by its USB serial number. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { HilError } from '../errors.js';
import { kinds } from '../map/kinds.js';
import { type Flasher, type FlashJob, type FlashStep, findTool, runTool } from './flasher.js';
import { checkUf2 } from './uf2-image.js';

export const picotool: Flasher = {
  async steps(job: FlashJob): Promise<FlashStep[]> {
    const kind = kinds()[job.entry.board];
    if (job.files.length !== 1) throw new HilError('FLASH_IMAGE', 'The route picotool takes one file.', 2);
    const [{ path }] = job.files;
    if (kind?.uf2 && path.endsWith('.uf2')) {
      checkUf2(readFileSync(path), Number(kind.uf2.family), kind.uf2.flashBytes, basename(path));
    }
    const tool = await findTool(['picotool'], 'version');
    const { console } = job.entry;
    const args = ['load', path];
    if (console.type === 'serial' && console.usbSerial) args.push('--ser', console.usbSerial);
    // -f asks the running firmware to restart into BOOTSEL mode: the pico-sdk's own does (Kaluma), Espruino's does not.
    if (job.route.entry !== 'manual') args.push('-f');
    args.push('-x');
    const steps: FlashStep[] = [];
    if (job.route.entry === 'manual') steps.push({ text: `by hand: ${kind.finger}`, run: async () => {} });
    steps.push({
      text: `${tool} ${args.join(' ')}`,
      run: async () => {
        const { code, output } = await runTool(tool, args, job.say, job.patienceMs);
        if (code === 0) return;
        throw new HilError('FLASH_FAILED', `picotool ended with ${code}: ${lastLine(output)}`, 4);
      },
    });
    return steps;
  },
};

export function lastLine(output: string): string {
  return (
    output
      .trim()
      .split(/[\r\n]+/)
      .pop() || 'it said nothing'
  );
}
