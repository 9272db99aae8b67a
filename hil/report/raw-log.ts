/**
 * The raw log of one board: every byte both ways with its time, as lines that an editor shows and `hil log` reads back.
 *
 *   12.345 < "#hil a1b2 0 plan …\r\n"      seconds since the start, < from the board, > to it, bytes as a JSON string (latin1)
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { HilError } from '../errors.js';

export interface RawLine {
  seconds: number;
  direction: 'in' | 'out';
  bytes: Buffer;
}

export class RawLog {
  private readonly start = performance.now();

  constructor(private readonly file: string) {
    writeFileSync(file, '');
  }

  add(direction: 'in' | 'out', bytes: Uint8Array): void {
    const text = JSON.stringify(Buffer.from(bytes).toString('latin1')).replace(
      /[\x7f-\xff]/g,
      byte => '\\u00' + byte.charCodeAt(0).toString(16),
    );
    const seconds = ((performance.now() - this.start) / 1000).toFixed(3);
    appendFileSync(this.file, `${seconds} ${direction === 'in' ? '<' : '>'} ${text}\n`);
  }
}

export function readRawLog(file: string): RawLine[] {
  const lines = readFileSync(file, 'latin1').split('\n').filter(Boolean);
  return lines.map((line, index) => {
    const match = /^(\d+\.\d+) ([<>]) (".*")$/.exec(line);
    if (!match) throw new HilError('LOG_FORMAT', `${file} line ${index + 1} is no line of a raw log.`, 2);
    return {
      seconds: Number(match[1]),
      direction: match[2] === '<' ? 'in' : 'out',
      bytes: Buffer.from(JSON.parse(match[3]) as string, 'latin1'),
    };
  });
}
