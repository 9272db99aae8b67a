/** What every command has: its line of the help, its options, and the world it runs in, which tests may replace. */
import { parseArgs } from 'node:util';
import { HilError } from '../errors.js';
import type { Port } from '../map/ports.js';
import type { runBoard } from '../run/run-board.js';
import type { OpenSession } from './session.js';

export interface Surroundings {
  /** Results. */
  out(text: string | Uint8Array): void;
  /** Progress, device text, complaints. */
  err(text: string): void;
  /** stderr is a terminal: a line may be written over. */
  terminal: boolean;
  cwd: string;
  env: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadStream;
  /** Ctrl-C. */
  signal: AbortSignal;
  ports(): Promise<Port[]>;
  runBoard: typeof runBoard;
  openSession: OpenSession;
  /** The host's servers; loaded when a run needs them, since much comes with them. */
  fixtures(): Promise<Pick<typeof import('../fixtures/index.js'), 'startFixtures' | 'lanAddress' | 'FIXTURE_NAMES'>>;
}

export interface Command {
  /** Without the program's name. */
  usage: string;
  summary: string;
  /** Options, one a line; '' if there are none. */
  help: string;
  /** The exit code. Throws HilError. */
  run(argv: string[], here: Surroundings): Promise<number>;
}

const COMMON = { map: { type: 'string' }, help: { type: 'boolean' } } as const;

type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T & typeof COMMON; allowPositionals: true }>
>;

type Options = Record<string, { type: 'string' | 'boolean'; short?: string; multiple?: boolean }>;

/** As node:util's, with --map for every command; what is wrong is a HilError('USAGE'). */
export function parse<T extends Options>(
  argv: string[],
  options: T,
  positionals: { min: number; max: number; what: string },
): Parsed<T> {
  let parsed: Parsed<T>;
  try {
    parsed = parseArgs({ args: argv, options: { ...options, ...COMMON }, allowPositionals: true });
  } catch (error) {
    // Node's hint about '--' helps nobody here.
    throw usage((error as Error).message.replace(/\. To specify a positional argument.*$/s, ''));
  }
  const { length } = parsed.positionals;
  if (length < positionals.min) throw usage(`${positionals.what} is missing`);
  if (length > positionals.max) throw usage(`'${parsed.positionals[positionals.max]}' is one argument too many`);
  return parsed;
}

export function usage(message: string): HilError {
  return new HilError('USAGE', message, 2);
}

/** A number in a range, out of an option's text. */
export function numberOption(
  name: string,
  text: string | undefined,
  least: number,
  most: number,
  whole = true,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw usage(`--${name} takes ${whole ? 'a whole number' : 'a number'} from ${least} to ${most}, not '${text}'`);
}
