/**
 * The board that is always there: a process whose console is standard input and output, with a W5500 and a network inside
 * (boards/sim), storage in the folder it runs in, and a JavaScript engine without anything of Node. hil/engines/node.ts has
 * its protocol. Ends when its input does.
 *
 *   HIL_FIXTURES, HIL_RUN_FOLDER   see hil/fixtures/lan.ts
 *   HIL_BOARD_FAULTS               what is wrong with it, as JSON: see BoardFaults
 */
import { readFileSync } from 'node:fs';
import { crc32 } from '../protocol/frame.js';
import { BoardFaults } from './board-faults.js';
import { BoardStorage } from './board-storage.js';
import { NodeMachine } from './node-machine.js';

const faults = new BoardFaults(
  JSON.parse(process.env.HIL_BOARD_FAULTS ?? '{}'),
  line => print(line),
  () => machine.reset(),
);
const storage = new BoardStorage(process.cwd(), faults.options.storage ?? 1 << 20);
const machine = new NodeMachine(print);
let lastKey = '';
let lastAnswer = '';
let rest = '';

function print(line: string): void {
  process.stdout.write(faults.outgoing(Buffer.from(`${line}\n`, 'latin1')));
  faults.printed(line);
}

// biome-ignore lint/suspicious/noExplicitAny: what JSON.parse answers
const verbs: Record<string, (argument: any) => unknown> = {
  who: () => ({ version: process.version, board: 'simulated W5500', free: machine.freeBytes() }),
  sum: ({ name }) => storage.sum(name),
  erase: ({ name }) => storage.erase(name),
  put: ({ name, offset, data }) => storage.put(name, offset, Buffer.from(data, 'base64')),
  room: () => storage.room(),
  start: ({ name }) => machine.start(name, readFileSync(storage.path(name), 'utf8')),
  reset: () => machine.reset(),
  eval: (expression: string) => machine.evaluate(expression),
};

function request(line: string): void {
  const [whole, body, key, verb, json, crc] = /^! ((\S+) (\S+) (.*)) ([0-9a-f]{8})$/.exec(line) ?? [];
  if (whole === undefined || crc32(body) !== crc) {
    print('?');
    return;
  }
  if (key !== lastKey) {
    lastKey = key;
    let value: unknown;
    try {
      value = verbs[verb](JSON.parse(json)) ?? null;
    } catch (error) {
      value = { error: String(error) };
    }
    const answer = `${key} ${JSON.stringify(value)}`;
    lastAnswer = `= ${answer} ${crc32(answer)}`;
  }
  print(lastAnswer);
}

process.stdin.on('data', (bytes: Buffer) => {
  if (faults.options.deaf) return;
  const lines = (rest + Buffer.from(faults.incoming(bytes)).toString('latin1')).split('\n');
  rest = lines.pop()!;
  for (const line of lines) {
    if (line.startsWith('!')) request(line);
    else machine.line(line);
  }
});
process.stdin.on('end', () => process.exit(0));
process.stdout.on('error', () => process.exit(0));
process.on('uncaughtException', error => print(`Uncaught ${error}`));
if (!faults.options.deaf) print(`ringlet's simulated board, Node ${process.version}`);
