/** A board on a serial port of this machine, found by its USB serial number or by its path. */
import type { SerialPortStream } from '@serialport/stream';
import { SerialPort } from 'serialport';
import { HilError } from '../errors.js';
import { attachedPorts, processWithOpen } from '../map/ports.js';

export interface SerialConsole {
  path?: string;
  usbSerial?: string;
  baud?: number;
  xonxoff?: boolean;
}

/** DTR is up: RP2040 boards print only then. Rejects with a HilError that says what to do, exit code 3. */
export async function openSerial(console: SerialConsole): Promise<SerialPortStream> {
  const path = await pathOf(console);
  const flow = console.xonxoff === true;
  const link = new SerialPort({ path, baudRate: console.baud ?? 115200, xon: flow, xoff: flow, autoOpen: false });
  await new Promise<void>((resolve, reject) =>
    link.open(error => (error ? reject(complaint(path, error.message)) : resolve())),
  );
  // A pseudo-terminal has no control lines, and needs none.
  await new Promise<void>(resolve => link.set({ dtr: true, rts: true }, () => resolve()));
  return link as unknown as SerialPortStream;
}

async function pathOf({ path, usbSerial }: SerialConsole): Promise<string> {
  if (usbSerial === undefined) {
    if (path !== undefined) return path;
    throw new HilError('MAP_INVALID', 'A serial console needs `usbSerial` or `path` in the map.', 2);
  }
  const ports = await attachedPorts();
  const found = ports.find(port => port.usbSerial?.toLowerCase() === usbSerial.toLowerCase());
  if (found) return found.path;
  const others = ports.flatMap(port => (port.usbSerial ? `${port.usbSerial} on ${port.path}` : []));
  const attached = others.length > 0 ? `attached are ${others.join(', ')}` : 'no USB serial port is attached at all';
  throw new HilError(
    'BOARD_ABSENT',
    `The board with USB serial number ${usbSerial} is not there; ${attached}. Plug it in with a data cable; \`list\` shows it then.`,
    3,
  );
}

/** serialport has sentences and no codes. */
function complaint(path: string, message: string): HilError {
  if (/lock|busy|Access denied/i.test(message)) {
    const user = processWithOpen(path);
    const who = user ? `process ${user.pid} (${user.name})` : 'another program';
    return new HilError('BOARD_LOCKED', `${path} is in use by ${who}: end it, or wait for it.`, 3);
  }
  if (/permission/i.test(message)) {
    return new HilError(
      'BOARD_DENIED',
      `You may not open ${path}: join the group it belongs to (\`sudo usermod -aG dialout $USER\`, then log in again).`,
      3,
    );
  }
  if (/no such file|not found|ENOENT/i.test(message)) {
    return new HilError(
      'BOARD_ABSENT',
      `${path} is not there: plug the board in, and look for its name with \`list\`.`,
      3,
    );
  }
  return new HilError('BOARD_ABSENT', `${path} cannot be opened: ${message}.`, 3);
}
