/**
 * The serial ports there are, with the USB serial numbers that boards are known by. `serialport` asks udevadm, which slim
 * containers lack; then the same comes from /sys, and from the names in /dev/serial/by-id.
 */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Port {
  path: string;
  usbSerial?: string;
  /** Four hex digits. */
  vendorId?: string;
  productId?: string;
  manufacturer?: string;
}

/** Never fails for lack of udevadm. */
export async function attachedPorts(): Promise<Port[]> {
  let found: Port[];
  try {
    // Loaded when it is needed: it is native code, and most commands do without.
    const { SerialPort } = await import('serialport');
    found = (await SerialPort.list()).map(port => ({
      path: port.path,
      usbSerial: port.serialNumber,
      vendorId: port.vendorId,
      productId: port.productId,
      manufacturer: port.manufacturer,
    }));
  } catch {
    found = portsFromFiles('/dev', '/sys');
  }
  // A PC has a dozen /dev/ttyS* with nothing behind them.
  return found
    .filter(port => port.vendorId || !/\/ttyS\d+$/.test(port.path))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Linux without udevadm; `dev` and `sys` are parameters for tests only. */
export function portsFromFiles(dev: string, sys: string): Port[] {
  const byId = namesById(join(dev, 'serial/by-id'));
  return entries(dev)
    .filter(name => /^tty(ACM|USB)\d+$/.test(name))
    .map(name => ({ path: join(dev, name), ...(usbDevice(join(sys, 'class/tty', name, 'device')) ?? byId.get(name)) }));
}

/** The port's USB device is one of the folders above its interface, the one with `idVendor`. */
function usbDevice(device: string): Partial<Port> | undefined {
  let folder: string;
  try {
    folder = realpathSync(device);
  } catch {
    return undefined;
  }
  for (let up = 0; up < 4; up++) {
    const vendorId = content(join(folder, 'idVendor'));
    if (vendorId) {
      return {
        vendorId,
        productId: content(join(folder, 'idProduct')),
        usbSerial: content(join(folder, 'serial')),
        manufacturer: content(join(folder, 'manufacturer')),
      };
    }
    folder = dirname(folder);
  }
  return undefined;
}

/** usb-Raspberry_Pi_Pico_E6605838831234-if00 -> ../../ttyACM0: the serial number is what stands before the interface. */
function namesById(folder: string): Map<string, Partial<Port>> {
  const found = new Map<string, Partial<Port>>();
  for (const name of entries(folder)) {
    const serial = /_([^_]+)-if\d+(-port\d+)?$/.exec(name);
    try {
      const tty = readlinkSync(join(folder, name)).replace(/^.*\//, '');
      found.set(tty, { usbSerial: serial ? serial[1] : undefined, manufacturer: /^usb-([^_]+)/.exec(name)?.[1] });
    } catch {
      // Unplugged since the folder was read.
    }
  }
  return found;
}

/** The process that has the port open, as far as /proc lets this one see. */
export function processWithOpen(path: string): { pid: number; name: string } | undefined {
  let target: string;
  try {
    target = realpathSync(path);
  } catch {
    return undefined;
  }
  for (const pid of entries('/proc').filter(name => /^\d+$/.test(name))) {
    for (const fd of entries(`/proc/${pid}/fd`)) {
      try {
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) !== target) continue;
      } catch {
        continue;
      }
      return { pid: Number(pid), name: content(`/proc/${pid}/comm`) ?? 'unknown' };
    }
  }
  return undefined;
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function content(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1').trim() || undefined;
  } catch {
    return undefined;
  }
}
