/**
 * A conversation with Kaluma's REPL, which echoes, colours, asks for the cursor's position and shows the value of every command,
 * `undefined`. Who asks something reads `recent`; what goes to `onText` are whole lines that nobody has asked for.
 */
import { HilError } from '../errors.js';
import type { Link } from '../link/link.js';
import type { YmodemPort } from './ymodem.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ESCAPES = /\x1b(\[[0-?]*[ -/]*[@-~]|[78=>])/g;
const LONGEST_LINE = 4096;
/** A read-back of the largest script, and some. */
const REMEMBERED = 2 << 20;

export class KalumaConsole implements YmodemPort {
  /** What has come since the last `ask`, characters 0..255. */
  recent = '';
  /** What becomes of other text: `frames` passes on what looks like some, while an answer is awaited; `none` while there can be none. */
  pass: 'all' | 'frames' | 'none' = 'all';
  private line = '';
  private closed = false;
  private chunks = 0;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly link: Link,
    private readonly onText: (text: string) => void,
  ) {
    link.on('data', (bytes: Uint8Array) => this.heard(Buffer.from(bytes).toString('latin1')));
    link.on('close', () => {
      this.closed = true;
      this.tell();
    });
    // 'close' follows.
    link.on('error', () => undefined);
  }

  write(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = (why: string) => reject(new HilError('LINK_CLOSED', `The link to the board is gone: ${why}.`, 4));
      if (this.closed || !this.link.isOpen) return lost('it was closed');
      this.link.write(Buffer.from(bytes as string, 'latin1'), error => (error ? lost(error.message) : resolve()));
    });
  }

  /** Sends, and waits for something to match that was not there before. */
  async ask(send: string, pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray | undefined> {
    this.recent = '';
    await this.write(send);
    return this.until(() => pattern.exec(this.recent) ?? undefined, timeoutMs);
  }

  async next(wanted: readonly number[], timeoutMs: number): Promise<number | undefined> {
    return this.until(() => {
      for (let at = 0; at < this.recent.length; at++) {
        const code = this.recent.charCodeAt(at);
        if (!wanted.includes(code)) continue;
        this.recent = this.recent.slice(at + 1);
        return code;
      }
      this.recent = '';
      return undefined;
    }, timeoutMs);
  }

  discard(): void {
    this.recent = '';
  }

  /** What `look` answers first, tried whenever something has come; undefined after `timeoutMs`. Rejects when the link closes. */
  until<T>(look: () => T | undefined, timeoutMs: number): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const end = (finish: () => void) => {
        clearTimeout(timeout);
        this.listeners.delete(listener);
        finish();
      };
      const listener = () => {
        const found = look();
        if (found !== undefined) end(() => resolve(found));
        else if (this.closed) end(() => reject(new HilError('LINK_CLOSED', 'The link to the board was closed.', 4)));
      };
      const timeout = setTimeout(() => end(() => resolve(undefined)), timeoutMs);
      this.listeners.add(listener);
      listener();
    });
  }

  /** Until nothing has come for `ms`, but no longer than ten times that: there are programs that never stop. */
  async settle(ms: number): Promise<void> {
    const end = performance.now() + 10 * ms;
    let before = -1;
    while (before !== this.chunks && performance.now() < end && !this.closed) {
      before = this.chunks;
      await new Promise(resolve => setTimeout(resolve, ms));
    }
  }

  private heard(text: string): void {
    this.chunks++;
    this.recent = (this.recent + text).slice(-REMEMBERED);
    for (const piece of text.split(/(?<=[\r\n])/)) {
      this.line += piece;
      if (/[\r\n]$/.test(this.line) || this.line.length > LONGEST_LINE) this.endLine();
    }
    this.tell();
  }

  /** The value of every command, `undefined`, is nobody's business. */
  private endLine(): void {
    const line = this.line;
    this.line = '';
    const plain = line.replace(ESCAPES, '').trim();
    if (this.pass === 'none' || (this.pass === 'frames' && !plain.includes('#hil '))) return;
    if (plain !== '' && plain !== 'undefined' && plain !== '>') this.onText(line);
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** What is worth telling of an error that the REPL printed. */
export function complaint(text: string): string {
  const lines = text.replace(ESCAPES, '').split(/[\r\n]+/);
  const at = lines.findIndex(line => /^\w*Error\b|^Uncaught/.test(line.trim()));
  if (at < 0) return '';
  const where = lines.slice(at + 1).find(line => line.trim().startsWith('at '));
  return where === undefined ? lines[at]!.trim() : `${lines[at]!.trim()} ${where.trim()}`;
}
