/**
 * The console of an emulated Pico as a binding for SerialPortStream: opening it is plugging the board in, closing it is taking
 * its power away. Line speed and control lines mean nothing; DTR is always set.
 */
import { readFile } from 'node:fs/promises';
import type { BindingInterface, OpenOptions } from '@serialport/bindings-interface';
import { SerialPortStream } from '@serialport/stream';
import { bootromOf, flashOf } from '../../boards/pico/image.js';
import { HilError } from '../errors.js';
import { PicoThread } from '../sim/pico-thread.js';
import type { Link } from './link.js';
import { StreamPort } from './stream-port.js';

/** Firmware takes a second or two of emulated time to its USB port; a busy desktop makes a minute of it. */
const ENUMERATION_MS = 60000;

export interface EmulatedConsole {
  image: string;
  bootrom: string;
  /** For the board's LAN (hil/fixtures/lan.ts). */
  env?: Record<string, string>;
}

interface EmulatedOpenOptions extends OpenOptions {
  image: string;
  bootrom: string;
  env: Record<string, string | undefined>;
}

/** The running boards, by the port that each is plugged into. */
const boards = new WeakMap<StreamPort, PicoThread>();

export const EmulatedBinding: BindingInterface<StreamPort, EmulatedOpenOptions> = {
  list: async () => [],
  /** Resolves once the firmware has its USB port. */
  async open(options: EmulatedOpenOptions): Promise<StreamPort> {
    const { image, bootrom, env } = options;
    const firmware = await fileOf(image, 'firmware image', flashOf);
    const rom = await fileOf(bootrom, 'boot ROM', bootromOf);
    const pico = new PicoThread(firmware, rom, env);
    const port = new StreamPort(options, { write: bytes => pico.write(bytes), close: () => pico.close() });
    pico.on('data', bytes => port.received(bytes));
    pico.on('close', error => port.lost(error ?? new Error('the emulated board has ended')));
    boards.set(port, pico);
    if (await connected(pico)) return port;
    await pico.close();
    throw new HilError(
      'BOARD_SILENT',
      `The firmware ${image} opens no USB port in the emulator: is it one for an RP2040, with its console on USB?`,
      3,
    );
  },
};

function connected(pico: PicoThread): Promise<boolean> {
  return new Promise(resolve => {
    const giveUp = setTimeout(() => resolve(false), ENUMERATION_MS);
    const end = (found: boolean) => {
      clearTimeout(giveUp);
      resolve(found);
    };
    pico.once('connected', () => end(true));
    pico.once('close', () => end(false));
  });
}

/** Plugs an emulated board in; closing the link unplugs it. `env` adds to this process's. */
export async function openEmulated(console: EmulatedConsole): Promise<Link> {
  const { image, bootrom, env } = console;
  const options = { image, bootrom, env: { ...process.env, ...env }, path: image, baudRate: 115200, autoOpen: false };
  const link = new SerialPortStream({ binding: EmulatedBinding, ...options });
  await new Promise<void>((resolve, reject) => link.open(error => (error ? reject(error) : resolve())));
  return link as unknown as Link;
}

/** The board behind a link, for its time and its report; undefined if it is no emulated one. */
export function emulatedBoard(link: Link): PicoThread | undefined {
  return boards.get((link as unknown as { port: StreamPort }).port);
}

async function fileOf(path: string, what: string, check: (bytes: Uint8Array) => unknown): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new HilError('IMAGE_MISSING', `The ${what} ${path} cannot be read: ${(error as Error).message}`, 3);
  }
  try {
    check(bytes);
  } catch (error) {
    throw new HilError('IMAGE_UNFIT', `${path} is no ${what} for an emulated Pico: ${(error as Error).message}`, 2);
  }
  return Uint8Array.from(bytes);
}
