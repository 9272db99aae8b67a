/**
 * UF2 by copying a file onto the boot ROM's volume. Into the bootloader: by a 1200-baud touch where the firmware listens to
 * it (Kaluma does, Espruino does not), otherwise by a person's finger on BOOTSEL.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HilError } from '../errors.js';
import { kinds } from '../map/kinds.js';
import { bootVolumes, mountVolume, unmountedVolume } from './boot-volume.js';
import { type Flasher, type FlashJob, type FlashStep, poll } from './flasher.js';
import { checkUf2 } from './uf2-image.js';

const CHUNK = 16384;
/** How long a board may take from the touch to its volume. Milliseconds. */
const TOUCH_MS = 10000;
/** What a write or fsync answers when the ROM has rebooted into the new firmware under it. */
const GONE = ['EIO', 'ENODEV', 'ENXIO', 'ENOENT'];

export const uf2: Flasher = {
  async steps(job: FlashJob): Promise<FlashStep[]> {
    const board = kinds()[job.entry.board]?.uf2;
    if (!board)
      throw new HilError('FLASH_NO_ROUTE', `hil/boards.json does not say what UF2 '${job.entry.board}' takes.`, 2);
    if (job.files.length !== 1) throw new HilError('FLASH_IMAGE', 'The route uf2 takes one file.', 2);
    const [{ path }] = job.files;
    const name = basename(path);
    const data = readFileSync(path);
    const image = checkUf2(data, Number(board.family), board.flashBytes, name);
    const steps: FlashStep[] = [];
    let volume = job.volume ?? onlyOne(bootVolumes(board.volume));
    const touch = job.route.entry === 'touch1200' && job.port !== undefined;
    if (volume === undefined) {
      if (touch)
        steps.push({
          text: `open ${job.port} at 1200 baud and close it, which restarts the board into its bootloader`,
          run: () => touch1200(job.port!),
        });
      else steps.push({ text: `by hand: ${kinds()[job.entry.board].finger}`, run: async () => {} });
      steps.push({
        text: `wait for the volume ${board.volume}`,
        run: async () => {
          volume = await waitForVolume(board.volume, job, touch ? TOUCH_MS : job.patienceMs);
        },
      });
    }
    steps.push({
      text: `write ${name} (${image.blocks} blocks, ${image.bytes} bytes of flash from 0x${image.from.toString(16)}) to ${volume ?? 'that volume'}`,
      run: async () => writeImage(join(volume!, name), data, job),
    });
    return steps;
  },
};

/** Two boards in BOOTSEL mode look alike, and the wrong one would be flashed. */
function onlyOne(volumes: string[]): string | undefined {
  if (volumes.length < 2) return volumes[0];
  throw new HilError(
    'FLASH_AMBIGUOUS',
    `${volumes.length} boards are in their bootloader (${volumes.join(', ')}); unplug all but one, or name its --volume.`,
    4,
  );
}

async function touch1200(path: string): Promise<void> {
  // The device goes away while it is being opened: whatever the port says about that is no news.
  const { SerialPort } = await import('serialport');
  await new Promise<void>(resolve => {
    const port = new SerialPort({ path, baudRate: 1200 }, error => {
      if (error) return resolve();
      port.close(() => resolve());
    });
    port.on('error', () => resolve());
  });
}

async function waitForVolume(label: string, job: FlashJob, patienceMs: number): Promise<string> {
  let tried: string | undefined;
  const volume = await poll(async () => {
    const mounted = onlyOne(bootVolumes(label));
    if (mounted) return mounted;
    const device = unmountedVolume(label);
    if (device && device !== tried) {
      // Give a desktop the time to do it itself.
      await sleep(1500);
      tried = device;
      if (bootVolumes(label).length === 0) await mountVolume(device, job.say);
    }
    return undefined;
  }, patienceMs);
  if (volume) return volume;
  if (tried) {
    throw new HilError(
      'FLASH_NOT_MOUNTED',
      `The board shows ${tried} as ${label}, and nothing mounts it: sudo mount ${tried} /mnt, then --volume /mnt.`,
      4,
    );
  }
  throw new HilError(
    'FLASH_NO_VOLUME',
    `No volume ${label} appeared within ${patienceMs / 1000} s. ${kinds()[job.entry.board].finger}`,
    4,
  );
}

function writeImage(target: string, data: Uint8Array, job: FlashJob): void {
  const fd = openSync(target, 'w');
  let done = 0;
  try {
    for (; done < data.length; done += CHUNK) {
      writeAll(fd, data.subarray(done, done + CHUNK));
      job.onProgress(Math.min(done + CHUNK, data.length), data.length);
    }
    fsyncSync(fd);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // The ROM restarts on the last block, before the file system has finished its own bookkeeping.
    if (done < data.length || !GONE.includes(code ?? '')) {
      throw new HilError(
        'FLASH_WRITE',
        `Writing ${target} ended after ${Math.min(done, data.length)} of ${data.length} bytes: ${message}.`,
        4,
      );
    }
  } finally {
    try {
      closeSync(fd);
    } catch {
      // Gone with the volume.
    }
  }
}

function writeAll(fd: number, data: Uint8Array): void {
  for (let offset = 0; offset < data.length; ) offset += writeSync(fd, data, offset, data.length - offset);
}
