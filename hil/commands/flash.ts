/** `flash`: firmware onto a board, by the route that the map or the kind of board names. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { HilError } from '../errors.js';
import { poll } from '../flash/flasher.js';
import { FLASHERS } from '../flash/routes.js';
import type { BoardEntry } from '../map/board-map.js';
import { describe, flashRoute, kinds } from '../map/kinds.js';
import type { Port } from '../map/ports.js';
import { allBoards, portOf, selectBoards, stateOf } from '../map/select.js';
import { type Command, parse, type Surroundings, usage } from './command.js';
import { Progress } from './progress.js';

const PATIENCE_MS = 120000;
/** From the last byte of firmware to a port with its serial number. Milliseconds. */
const BACK_MS = 30000;

export const flash: Command = {
  usage: 'flash -b ID|--new KIND/ENGINE FILE [0xADDRESS=FILE]… [--dry-run] [--verify] [--volume DIR] [--port PATH]',
  summary: 'write firmware: checked first, then by uf2, picotool, dfu-util or esptool',
  help: [
    '  -b, --board ID   the board',
    '  --new KIND/ENGINE',
    '                   a board that is in no map yet, e.g. w5500-evb-pico/espruino',
    '  --dry-run        check the image, print the steps, do none',
    '  --verify         afterwards ask the board who it is',
    '  --volume DIR     uf2: where its volume is mounted',
    '  --port PATH      esptool with --new: the serial port',
  ].join('\n'),
  async run(argv: string[], here: Surroundings): Promise<number> {
    const { values, positionals } = parse(
      argv,
      {
        board: { type: 'string', short: 'b' },
        'dry-run': { type: 'boolean' },
        verify: { type: 'boolean' },
        volume: { type: 'string' },
        new: { type: 'string' },
        port: { type: 'string' },
      },
      { min: 1, max: 8, what: 'the firmware file' },
    );
    const ports = await here.ports();
    if (values.new !== undefined && values.board !== undefined) throw usage('--new is for a board without an id');
    const entry =
      values.new === undefined
        ? selectBoards(
            allBoards(here.cwd, values.map, here.env),
            { boards: values.board === undefined ? undefined : [values.board] },
            ports,
          )[0]
        : newBoard(values.new, values.port);
    refuseElsewhere(entry);
    const state = stateOf(entry, ports);
    if (state.state === 'locked') throw new HilError('LOCKED', `'${entry.id}' is in use ${state.detail}.`, 3);
    const route = flashRoute(entry);
    if (!route) {
      const advice = kinds()[entry.board]?.finger ?? '';
      throw new HilError(
        'FLASH_NO_ROUTE',
        `'${entry.id}' (${entry.board}) has no route of ours to flash it. ${advice}`.trim() + '',
        2,
      );
    }
    const progress = new Progress(here.err, here.terminal);
    const steps = await FLASHERS[route.type].steps({
      entry,
      route,
      files: positionals.map(text => fileArgument(text, here.cwd)),
      port: values.port ?? portOf(entry, ports)?.path,
      volume: values.volume && existingFolder(values.volume, here.cwd),
      patienceMs: entry.limits?.flashMs ?? PATIENCE_MS,
      say: line => progress.line(`  ${line}`),
      onProgress: (done, total) => progress.bar(`${entry.id}: writing`, done, total),
    });
    for (const [index, step] of steps.entries()) {
      here.out(`${index + 1}. ${step.text}\n`);
      if (!values['dry-run']) await step.run();
    }
    if (values['dry-run']) {
      here.out(`${entry.id}: nothing was done (--dry-run)\n`);
      return 0;
    }
    if (values.new !== undefined) return await whatCame(here, ports);
    await waitForBoard(here, entry);
    here.out(`${entry.id}: written${values.verify ? `, and it is ${await whoIsIt(here, entry)}` : ''}\n`);
    return 0;
  },
};

/** A bootloader shows itself to the machine that the board is plugged into: here it would be another board's. */
function refuseElsewhere({ id, console }: BoardEntry): void {
  if (console.type === 'tcp') {
    throw new HilError(
      'FLASH_ELSEWHERE',
      `'${id}' is plugged into another machine, ${console.host}: flash it there.`,
      2,
    );
  }
  if (console.type === 'emulated') {
    throw new HilError(
      'FLASH_ELSEWHERE',
      `'${id}' is emulated: its firmware is "image" in the map, ${console.image}.`,
      2,
    );
  }
}

/** Nothing is known of it but what it is: no port to touch, no serial number to wait for. */
function newBoard(text: string, path = '(new)'): BoardEntry {
  const [board, engine] = text.split('/') as [string, BoardEntry['engine']];
  const kind = Object.hasOwn(kinds(), board) ? kinds()[board] : undefined;
  const known = Object.entries(kinds()).flatMap(([name, { usb, engines }]) =>
    usb.length > 0 ? Object.keys(engines).map(each => `${name}/${each}`) : [],
  );
  if (!kind?.engines[engine]) throw usage(`--new takes ${known.join(', ')}, not '${text}'`);
  return { id: board, board, engine, console: { type: 'serial', path } };
}

/** After the first flash: the port that was not there before is the board's. */
async function whatCame(here: Surroundings, before: Port[]): Promise<number> {
  const isOld = (port: Port) =>
    before.some(({ path, usbSerial }) => path === port.path && usbSerial === port.usbSerial);
  const came = await poll(async () => (await here.ports()).find(port => !isOld(port)), BACK_MS, 500);
  here.out(
    came
      ? `written; ${came.path} has appeared${came.usbSerial ? `, USB serial number ${came.usbSerial}` : ''}. 'map init' puts it into the map.\n`
      : `written; no new serial port has appeared within ${BACK_MS / 1000} s. If it was there before, all is well: see 'list'.\n`,
  );
  return 0;
}

function fileArgument(text: string, cwd: string): { path: string; address?: string } {
  const [, address, name] = /^(?:(0x[0-9a-fA-F]{1,8})=)?(.*)$/s.exec(text)!;
  const path = resolve(cwd, name);
  if (!existsSync(path)) throw usage(`there is no file ${name}`);
  return { path, address };
}

function existingFolder(name: string, cwd: string): string {
  const path = resolve(cwd, name);
  if (!existsSync(path)) throw usage(`there is no folder ${name}`);
  return path;
}

/** New firmware that shows no port with the board's serial number has not started, or is not for this board. */
async function waitForBoard(here: Surroundings, entry: BoardEntry): Promise<void> {
  const { console } = entry;
  if (console.type !== 'serial') return;
  const back = await poll(async () => portOf(entry, await here.ports()), BACK_MS, 500);
  if (back) return;
  throw new HilError(
    'FLASH_NOT_BACK',
    `'${entry.id}' was written, and no port with ${console.usbSerial ? `the serial number ${console.usbSerial}` : `the name ${console.path}`} came back within ${BACK_MS / 1000} s; other firmware may have another number: look with 'list'.`,
    4,
  );
}

async function whoIsIt(here: Surroundings, entry: BoardEntry): Promise<string> {
  const session = await here.openSession(describe(entry), {});
  await session.close();
  const { engine, version, board } = session.identity;
  return `${engine} ${version}${board ? ` on ${board}` : ''}`;
}
