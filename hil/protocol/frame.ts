/**
 * What passes between the host and the agent on the board (hil/agent/agent.ts): one line each way, checked by a CRC-32, so
 * that a byte lost or changed on a serial line can never look like a result.
 *
 *   board   #hil <run> <number> <kind> <payload> <crc32>
 *   host    hil.x("<crc32> <run> <token> <verb> …")
 *
 * `run` is 4 hex digits that the host draws for each session; numbers grow by 1 within it; the payload is a JSON array; the
 * CRC-32 (IEEE, 8 hex digits) covers all that stands between `#hil ` and the space in front of it, or behind it in a command.
 */
import CRC32 from 'crc-32';

/** plan: [count of cases, name, timeoutMs, needs with spaces between]; start: [token, free]; m: [name, value]; log, x: [text]; done: [token, verdict, message, ms, free] */
export type FrameKind = 'plan' | 'start' | 'm' | 'log' | 'x' | 'done' | 'badcmd';

export interface Frame {
  run: string;
  number: number;
  kind: FrameKind;
  payload: unknown[];
}

/** The run of an agent that no host has begun: of a board that has started again. */
export const NO_RUN = '0000';
/** Lines to the board are no longer than this: Kaluma's REPL takes 1023 characters. */
export const LONGEST_COMMAND = 900;

const FRAME = /^([0-9a-f]{4}) (\d{1,9}) (plan|start|m|log|x|done|badcmd) (\[.*\]) ([0-9a-f]{8})/;

export function crc32(text: string): string {
  return (CRC32.bstr(text) >>> 0).toString(16).padStart(8, '0');
}

export function crc32Of(bytes: Uint8Array): string {
  return (CRC32.buf(bytes) >>> 0).toString(16).padStart(8, '0');
}

export function encodeFrame({ run, number, kind, payload }: Frame): string {
  const body = `${run} ${number} ${kind} ${ascii(JSON.stringify(payload)).replaceAll('#', '\\u0023')}`;
  return `#hil ${body} ${crc32(body)}`;
}

/** What follows `#hil `; undefined unless every character of it is right. */
export function decodeFrame(text: string): Frame | undefined {
  const [whole, run, number, kind, payload, crc] = FRAME.exec(text) ?? [];
  if (whole === undefined || crc32(whole.slice(0, -9)) !== crc) return undefined;
  try {
    return { run, number: Number(number), kind: kind as FrameKind, payload: JSON.parse(payload) };
  } catch {
    return undefined;
  }
}

/** The expression for the board's REPL. `words` are the verb and what belongs to it. */
export function encodeCommand(run: string, token: number, words: string): string {
  const body = `${run} ${token} ${ascii(words)}`;
  const line = `hil.x(${JSON.stringify(`${crc32(body)} ${body}`)})`;
  if (line.length > LONGEST_COMMAND) throw new RangeError(`A command of ${line.length} characters`);
  return line;
}

/** JSON text whose strings have \uXXXX for all that is not printable ASCII. */
function ascii(json: string): string {
  return json.replace(/[^ -~]/g, character => '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0'));
}
