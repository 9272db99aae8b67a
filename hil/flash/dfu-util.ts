/**
 * STM32 through the DFU of its own ROM (0483:df11). dfu-util's exit code says little: it fails after a good download when the
 * board has left at once, so what it prints counts.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { HilError } from '../errors.js';
import { kinds } from '../map/kinds.js';
import { type Flasher, type FlashJob, type FlashStep, findTool, poll, runTool } from './flasher.js';
import { lastLine } from './picotool.js';

const ST_ROM = '0483:df11';
const FLASH_START = 0x08000000;

export const dfuUtil: Flasher = {
  async steps(job: FlashJob): Promise<FlashStep[]> {
    if (job.files.length !== 1) throw new HilError('FLASH_IMAGE', 'The route dfu-util takes one file.', 2);
    const [{ path, address = job.route.address ?? '0x08000000' }] = job.files;
    if (Number(address) === FLASH_START) checkVectors(readFileSync(path), basename(path));
    const tool = await findTool(['dfu-util'], '--version');
    const device = kinds()[job.entry.board]?.bootloaderUsb ?? ST_ROM;
    const args = ['-d', device, '-a', '0', '-s', `${address}:leave`, '-D', path];
    return [
      { text: `by hand: ${kinds()[job.entry.board]?.finger}`, run: async () => {} },
      {
        text: `wait until ${tool} -l finds ${device}`,
        run: async () => {
          const found = await poll(
            async () =>
              (await runTool(tool, ['-l'], () => {}, 20000)).output.includes(`[${device}]`) ? true : undefined,
            job.patienceMs,
            1000,
          );
          if (!found)
            throw new HilError(
              'FLASH_NO_DFU',
              `No board in DFU mode (${device}) appeared within ${job.patienceMs / 1000} s.`,
              4,
            );
        },
      },
      {
        text: `${tool} ${args.join(' ')}`,
        run: async () => {
          const { code, output } = await runTool(tool, args, job.say, job.patienceMs);
          if (/File downloaded successfully/.test(output)) return;
          throw new HilError('FLASH_FAILED', `dfu-util ended with ${code}: ${lastLine(output)}`, 4);
        },
      },
    ];
  },
};

/** A Cortex-M image starts with its stack pointer, in RAM, and its reset vector, in flash and odd. */
function checkVectors(image: Uint8Array, name: string): void {
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  const stack = image.length >= 8 ? view.getUint32(0, true) : 0;
  const reset = image.length >= 8 ? view.getUint32(4, true) : 0;
  const ram = stack >>> 24 === 0x20 || stack >>> 24 === 0x10;
  if (ram && reset >>> 24 === 0x08 && (reset & 1) === 1) return;
  throw new HilError(
    'FLASH_IMAGE',
    `${name} is not a whole image for STM32: it does not start with a stack pointer and a reset vector.`,
    4,
  );
}
