/**
 * The volume a Raspberry Pi boot ROM shows in BOOTSEL mode: a UF2 written to it goes into flash. Desktops mount it by
 * themselves; a machine without one has the device /dev/disk/by-label/RPI-RP2, which udisksctl or root can mount.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runTool } from './flasher.js';

/** Where volumes of that label are mounted. A folder without INFO_UF2.TXT is somebody else's, or a mount that is gone. */
export function bootVolumes(label: string): string[] {
  return candidates(label).filter(folder => existsSync(join(folder, 'INFO_UF2.TXT')));
}

function candidates(label: string): string[] {
  const found = new Set<string>();
  for (const folder of mountPoints()) if (basename(folder) === label) found.add(folder);
  for (const folder of ['/Volumes', '/media', '/run/media']) {
    for (const name of entries(folder)) {
      if (name.startsWith(label)) found.add(join(folder, name));
      // Two boards at once: the second one's volume is called RPI-RP21.
      for (const inner of entries(join(folder, name)))
        if (inner.startsWith(label)) found.add(join(folder, name, inner));
    }
  }
  return [...found].sort();
}

function mountPoints(): string[] {
  try {
    // Spaces and the like are octal escapes there.
    return readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map(line =>
        (line.split(' ')[1] ?? '').replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))),
      );
  } catch {
    return [];
  }
}

/** The block device of an unmounted volume of that label. */
export function unmountedVolume(label: string): string | undefined {
  const device = join('/dev/disk/by-label', label);
  try {
    return realpathSync(device);
  } catch {
    return undefined;
  }
}

/** As a desktop would; false where udisksctl is missing or refuses. */
export async function mountVolume(device: string, say: (line: string) => void): Promise<boolean> {
  try {
    return (await runTool('udisksctl', ['mount', '--no-user-interaction', '-b', device], say, 20000)).code === 0;
  } catch {
    return false;
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
