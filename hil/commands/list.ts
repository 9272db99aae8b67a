/** `list`: every serial port and every board of the map, and whether it can be had now. Opens nothing. */

import { kindsOf } from '../map/kinds.js';
import { allBoards, portOf, portState, stateOf } from '../map/select.js';
import { type Command, parse, type Surroundings } from './command.js';

interface Row {
  board: string | undefined;
  kind: string | undefined;
  engine: string | undefined;
  port: string | undefined;
  usbSerial: string | undefined;
  usb: string | undefined;
  state: string;
  detail: string | undefined;
  tags: string[];
}

export const list: Command = {
  usage: 'list [--json]',
  summary: 'serial ports, boards of the map, and whether each can be had now',
  help: '  --json           for programs',
  async run(argv: string[], here: Surroundings): Promise<number> {
    const { values } = parse(argv, { json: { type: 'boolean' } }, { min: 0, max: 0, what: '' });
    const rows = await rowsOf(here, values.map);
    if (values.json) here.out(JSON.stringify(rows, undefined, 2) + '\n');
    else here.out(table(rows));
    if (!values.json && !rows.some(({ port }) => port)) here.err('No serial port with a board is attached.\n');
    return 0;
  },
};

async function rowsOf(here: Surroundings, map: string | undefined): Promise<Row[]> {
  const ports = await here.ports();
  const rows: Row[] = [];
  const taken = new Set<string>();
  for (const entry of allBoards(here.cwd, map, here.env)) {
    const port = portOf(entry, ports);
    if (port) taken.add(port.path);
    const { console } = entry;
    const state = stateOf(entry, ports);
    rows.push({
      board: entry.id,
      kind: entry.board,
      engine: entry.engine,
      port:
        port?.path ??
        (console.type === 'serial'
          ? console.path
          : console.type === 'tcp'
            ? `${console.host}:${console.port}`
            : undefined),
      usbSerial: port?.usbSerial ?? (console.type === 'serial' ? console.usbSerial : undefined),
      usb: port?.vendorId ? `${port.vendorId}:${port.productId}` : undefined,
      state: state.state,
      detail: state.detail,
      tags: entry.tags ?? [],
    });
  }
  for (const port of ports.filter(({ path }) => !taken.has(path))) {
    const state = portState(port);
    rows.push({
      board: undefined,
      kind: kindsOf(port).join(' or ') || undefined,
      engine: undefined,
      port: port.path,
      usbSerial: port.usbSerial,
      usb: port.vendorId ? `${port.vendorId}:${port.productId}` : undefined,
      state: state.state,
      detail: state.detail ?? "not in the map ('map init' adds it)",
      tags: [],
    });
  }
  return rows;
}

function table(rows: Row[]): string {
  const heading = ['BOARD', 'KIND', 'ENGINE', 'PORT', 'USB SERIAL', 'STATE'];
  const cells = rows.map(row => [
    row.board ?? '-',
    row.kind ?? '-',
    row.engine ?? '-',
    row.port ?? '-',
    row.usbSerial ?? '-',
    row.state + (row.detail ? ` ${row.detail}` : ''),
  ]);
  const widths = heading.map((_, column) => Math.max(...[heading, ...cells].map(line => line[column].length)));
  return [heading, ...cells]
    .map(
      line =>
        line
          .map((cell, column) => cell.padEnd(widths[column]))
          .join('  ')
          .trimEnd() + '\n',
    )
    .join('');
}
