/** How bytes get to a board and back: always a SerialPortStream, of serialport's own binding or of one of ours. */
import type { SerialPortStream } from '@serialport/stream';

export type Link = SerialPortStream;

/** As a board of the map describes it. */
export type Console =
  | { type: 'serial'; path?: string; usbSerial?: string; baud?: number; xonxoff?: boolean }
  | { type: 'tcp'; host: string; port: number }
  | { type: 'process'; command: string[]; cwd?: string; env?: Record<string, string> }
  | { type: 'emulated'; image: string; bootrom: string };
