/** ESP32 over its serial port; esptool restarts the chip into its ROM by DTR and RTS. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { HilError } from '../errors.js';
import { type Flasher, type FlashJob, type FlashStep, findTool, runTool } from './flasher.js';
import { lastLine } from './picotool.js';

const BAUD = '460800';
/** First byte of bootloaders and applications, and of partition tables. */
const IMAGE = 0xe9;
const PARTITIONS = 0xaa;

export const esptool: Flasher = {
  async steps(job: FlashJob): Promise<FlashStep[]> {
    const pairs = job.files.map(({ path, address = job.route.address ?? '0x10000' }) => {
      const first = readFileSync(path)[0];
      if (first !== IMAGE && first !== PARTITIONS) {
        throw new HilError('FLASH_IMAGE', `${basename(path)} is neither an image nor a partition table for ESP32.`, 4);
      }
      return [address, path];
    });
    if (job.port === undefined) {
      throw new HilError(
        'FLASH_NO_PORT',
        `esptool writes over the serial port, and that of '${job.entry.id}' is not there.`,
        3,
      );
    }
    const tool = await findTool(['esptool', 'esptool.py'], 'version');
    const chip = job.route.chip ?? 'esp32';
    const args = ['--chip', chip, '--port', job.port, '--baud', BAUD, 'write_flash', ...pairs.flat()];
    return [
      {
        text: `${tool} ${args.join(' ')}`,
        run: async () => {
          const { code, output } = await runTool(tool, args, job.say, job.patienceMs);
          if (code === 0 && /Hash of data verified/i.test(output)) return;
          throw new HilError('FLASH_FAILED', `esptool ended with ${code}: ${lastLine(output)}`, 4);
        },
      },
    ];
  },
};
