/** The command line of `npm start`. */
import { parseArgs } from 'node:util';
import type { BufferPlan } from '../../src/w5500/network.js';

export const USAGE = `usage: npm start -- [https://name[:port]/path] [options]

Fetches a page over TLS 1.3 through the W5500 driver and a simulated chip, and prints what happened on the way.
Without an address it starts a server of its own on loopback and fetches a page from that.

  --ca FILE        PEM file with certificates to trust; may be given more than once
                   (an address without --ca trusts Node's root certificates)
  --board NAME     sim       portable TypeScript crypto (default)
                   sim-node  node:crypto
                   espruino  the minified bundle for Espruino, in a sandbox with Espruino's SPI and timers
                   kaluma    the same for Kaluma, whose crypto is BigInt
  --ring BYTES     receive ring of the connection (default 16645, the largest record TLS 1.3 allows); with less the rest of
                   a longer record stays in the chip, which --plan 16 gives room for
  --plan KB/KB...  the W5500's memory in KB for each socket, 16 in all: 2/2/2/2/2/2/2/2 (default), 8/4/2/2, 16 (one socket
                   for everything; default of espruino and kaluma), or others; both ways, or 8/4:4/4 for receiving:sending
  --keylog FILE    append the secrets in NSS key log format, for Wireshark
  --capture FILE   write what the cable carries as pcapng, secrets included, for Wireshark
  --trace          print every SPI frame, decoded by register name
  --help           this text`;

export const BOARD_NAMES = ['sim', 'sim-node', 'espruino', 'kaluma'] as const;
export type BoardName = (typeof BOARD_NAMES)[number];

export interface FetchArguments {
  /** Missing: the built-in server. */
  url: URL | undefined;
  caFiles: string[];
  board: BoardName;
  ring: number;
  /** Missing: what the board has unless it is told otherwise. */
  plan: BufferPlan | undefined;
  keylog: string | undefined;
  capture: string | undefined;
  trace: boolean;
}

/** The parsed arguments, 'help', or a sentence saying what is wrong with them. */
export function parseArguments(argv: string[]): FetchArguments | 'help' | { wrong: string } {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    return { wrong: (error as Error).message };
  }
  const { values, positionals } = parsed;
  if (values.help) return 'help';
  if (positionals.length > 1) return { wrong: `one address only, not ${positionals.length}` };
  const url = positionals.length === 1 ? httpsUrl(positionals[0]) : undefined;
  if (typeof url === 'string') return { wrong: url };
  const board = values.board as BoardName;
  if (!BOARD_NAMES.includes(board))
    return { wrong: `no board is called '${board}'; there are ${BOARD_NAMES.join(', ')}` };
  const ring = Number(values.ring);
  if (!Number.isInteger(ring) || ring < 512 || ring > 65536) return { wrong: '--ring takes 512 to 65536 bytes' };
  if (!board.startsWith('sim') && ring < 1024) return { wrong: `--ring takes 1024 bytes or more on board '${board}'` };
  const plan = values.plan === undefined ? undefined : bufferPlan(values.plan);
  if (typeof plan === 'string') return { wrong: plan };
  return {
    url,
    caFiles: values.ca,
    board,
    ring,
    plan,
    keylog: values.keylog,
    capture: values.capture,
    trace: values.trace,
  };
}

function parse(argv: string[]) {
  return parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      ca: { type: 'string', multiple: true, default: [] },
      board: { type: 'string', default: 'sim' },
      ring: { type: 'string', default: '16645' },
      plan: { type: 'string' },
      keylog: { type: 'string' },
      capture: { type: 'string' },
      trace: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}

const PLAN = /^\d+(\/\d+)*(:\d+(\/\d+)*)?$/;

function bufferPlan(text: string): BufferPlan | string {
  const [rx = [], tx = rx] = text.split(':').map(side => side.split('/').map(Number));
  for (const sizes of [rx, tx]) {
    const legal = PLAN.test(text) && sizes.length <= 8 && sizes.every(size => [0, 1, 2, 4, 8, 16].includes(size));
    if (!legal || sizes.reduce((sum, size) => sum + size) > 16)
      return `--plan takes 1 to 8 sizes of 0, 1, 2, 4, 8 or 16 KB, at most 16 together, not '${text}'`;
  }
  if (!rx.some((size, n) => size > 0 && (tx[n] ?? 0) > 0)) return `--plan ${text} gives no socket memory both ways`;
  return { rx, tx };
}

function httpsUrl(text: string): URL | string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return `'${text}' is not an address; it should look like https://name:port/path`;
  }
  if (url.protocol !== 'https:') return `only https addresses can be fetched, not '${url.protocol}'`;
  if (url.hostname.startsWith('[')) return 'the W5500 speaks IPv4 only';
  return url;
}
