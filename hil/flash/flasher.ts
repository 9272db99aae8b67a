/**
 * Getting firmware onto a board. A flasher first looks at image, tools and board, and touches nothing; what it answers is
 * the list of steps. A dry run prints that list, a real one prints and runs it, so the two cannot differ.
 */
import { spawn } from 'node:child_process';
import { HilError } from '../errors.js';
import type { BoardEntry, FlashRoute } from '../map/board-map.js';

export interface FlashJob {
  entry: BoardEntry;
  route: FlashRoute;
  /** `address` is missing when the route's is meant. */
  files: Array<{ path: string; address?: string }>;
  /** The board's serial port, if it shows one now. */
  port?: string;
  /** uf2: where the boot volume is mounted, if somebody knows better than the search. */
  volume?: string;
  /** How long a person, or a board, may take. Milliseconds. */
  patienceMs: number;
  say(text: string): void;
  onProgress(done: number, total: number): void;
}

export interface FlashStep {
  text: string;
  run(): Promise<void>;
}

export interface Flasher {
  /** Throws HilError('FLASH_…') when the image cannot be right or a tool is missing. */
  steps(job: FlashJob): Promise<FlashStep[]>;
}

export interface ToolResult {
  code: number | null;
  output: string;
}

/** Runs a program that a person has installed; its output goes to `say`, line by line, as it comes. */
export function runTool(
  command: string,
  args: string[],
  say: (line: string) => void,
  timeoutMs: number,
): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    let output = '';
    let line = '';
    const take = (data: Buffer) => {
      const text = data.toString('utf8');
      output += text;
      // Progress bars end their lines with CR.
      const lines = (line + text).split(/[\r\n]+/);
      line = lines.pop()!;
      for (const whole of lines) if (whole.trim()) say(whole);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', error => {
      clearTimeout(timer);
      reject((error as NodeJS.ErrnoException).code === 'ENOENT' ? missingTool(command) : error);
    });
    child.on('close', code => {
      clearTimeout(timer);
      if (line.trim()) say(line);
      if (timedOut) reject(new HilError('FLASH_TIMEOUT', `${command} took longer than ${timeoutMs / 1000} s.`, 4));
      else resolve({ code, output });
    });
  });
}

/** The first of `names` that is installed. */
export async function findTool(names: string[], versionArgument: string): Promise<string> {
  for (const name of names) {
    try {
      await runTool(name, [versionArgument], () => {}, 20000);
      return name;
    } catch (error) {
      if ((error as HilError).code !== 'FLASH_NO_TOOL') throw error;
    }
  }
  throw missingTool(names[0]);
}

const WHERE_FROM: Record<string, string> = {
  picotool: "build it from Raspberry Pi's pico-sdk, or choose the route uf2 in the map",
  'dfu-util': 'apt install dfu-util',
  esptool: 'pipx install esptool',
};

function missingTool(name: string): HilError {
  return new HilError('FLASH_NO_TOOL', `${name} is not installed (${WHERE_FROM[name] ?? 'it must be on PATH'}).`, 4);
}

/** Asks `question` every `everyMs` until it has an answer; undefined when time is up. */
export async function poll<T>(
  question: () => T | undefined | Promise<T | undefined>,
  patienceMs: number,
  everyMs = 250,
): Promise<T | undefined> {
  for (const deadline = Date.now() + patienceMs; ; ) {
    const answer = await question();
    if (answer !== undefined) return answer;
    if (Date.now() >= deadline) return undefined;
    await new Promise(resolve => setTimeout(resolve, everyMs));
  }
}
