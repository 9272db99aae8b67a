/** How bytes get to a board and back: always a SerialPortStream, of serialport's own binding or of one of ours. */
import { join } from 'node:path';
import { SerialPortStream } from '@serialport/stream';
import { HilError } from '../errors.js';
import { PROJECT } from '../project.js';
import { openEmulated } from './emulated-binding.js';
import { ProcessBinding } from './process-binding.js';
import { openSerial } from './serial.js';
import { TcpBinding } from './tcp-binding.js';

export type Link = SerialPortStream;

/** As a board of the map describes it. */
export type Console =
  | { type: 'serial'; path?: string; usbSerial?: string; baud?: number; xonxoff?: boolean }
  | { type: 'tcp'; host: string; port: number }
  | { type: 'process'; command: string[]; cwd?: string; env?: Record<string, string> }
  | { type: 'emulated'; image: string; bootrom: string; env?: Record<string, string> };

const BAUD = 115200;

/** A process's words that begin with `./` are files of this project. Rejects with HilError('BOARD_ABSENT' | 'BOARD_LOCKED' | 'BOARD_DENIED'), exit code 3. */
export function openLink(console: Console): Promise<Link> {
  switch (console.type) {
    case 'serial':
      return openSerial(console);
    case 'tcp': {
      const path = `${console.host}:${console.port}`;
      return opened(new SerialPortStream({ binding: TcpBinding, path, baudRate: BAUD, autoOpen: false }), path);
    }
    case 'process': {
      const { cwd, env } = console;
      const command = console.command.map(word => (word.startsWith('./') ? join(PROJECT, word) : word));
      const options = { command, cwd, env, path: command[0], baudRate: BAUD, autoOpen: false };
      return opened(new SerialPortStream({ binding: ProcessBinding, ...options }) as unknown as Link, command[0]);
    }
    case 'emulated':
      return openEmulated(console);
    default:
      throw new HilError('CONSOLE_UNKNOWN', `There is no console of type '${(console as Console).type}'.`, 2);
  }
}

function opened(link: Link, what: string): Promise<Link> {
  return new Promise((resolve, reject) => {
    link.open(error => {
      if (!error) return resolve(link);
      const why = error.message.replace(/^(connect|spawn) /, '');
      reject(new HilError('BOARD_ABSENT', `${what} is not there: ${why}.`, 3));
    });
  });
}
