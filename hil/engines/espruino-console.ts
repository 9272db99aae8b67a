/**
 * A conversation with an Espruino console: one exchange at a time, each with an end in sight. Nothing is repeated here: a packet that got no
 * answer may have been executed.
 */
import { HilError } from '../errors.js';
import type { Link } from '../link/link.js';
import { PacketParser, PacketType } from './espruino-packets.js';

/** What ends an exchange: the acknowledgement, one packet behind it, or packets up to an empty one. */
export type Ending = 'acknowledged' | 'response' | 'last';

/** The board has understood, and answers no; `message` is what it printed. */
export class Refusal extends Error {}

interface Exchange {
  ending: Ending;
  packets: Uint8Array[];
  resolve(packets: Uint8Array[]): void;
  reject(error: Error): void;
}

/** The text of an uncaught error follows its NAK, or comes before it. */
const ERROR_TEXT_MS = 150;
const REMEMBERED_TEXT = 2000;

export class EspruinoConsole {
  /** The last 2000 characters of text. */
  recent = '';
  private exchange: Exchange | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private heardAt = performance.now();
  private readonly listeners = new Set<() => void>();
  private readonly parser: PacketParser;
  private closed = false;

  constructor(
    private readonly link: Link,
    private readonly onText: (text: string) => void,
  ) {
    this.parser = new PacketParser({
      text: text => {
        this.recent = (this.recent + text).slice(-REMEMBERED_TEXT);
        this.onText(text);
      },
      acknowledged: () => {
        if (this.exchange?.ending === 'acknowledged') this.finish();
      },
      refused: () => void this.refused(),
      packet: (type, data) => this.packet(type, data),
    });
    link.on('data', (bytes: Uint8Array) => {
      this.heardAt = performance.now();
      this.parser.feed(bytes);
      for (const listener of [...this.listeners]) listener();
    });
    link.on('close', () => {
      this.closed = true;
      this.fail(new HilError('LINK_CLOSED', 'the link to the board was closed', 4));
      for (const listener of [...this.listeners]) listener();
    });
    // 'close' follows.
    link.on('error', () => undefined);
  }

  send(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = (error?: Error | null) =>
        error ? reject(new HilError('LINK_CLOSED', `the link did not take what was written: ${error.message}`, 4)) : 0;
      if (this.closed || !this.link.isOpen) {
        lost(new Error('it is closed'));
        return;
      }
      this.link.write(Buffer.from(bytes as string, 'latin1'), error => {
        lost(error);
        if (!error) resolve();
      });
    });
  }

  /** One packet and its answer. Exchanges that are asked for at the same time take turns. */
  ask(packet: Uint8Array, ending: Ending, timeoutMs: number): Promise<Uint8Array[]> {
    const asked = this.turn.then(() => this.askNow(packet, ending, timeoutMs));
    this.turn = asked.catch(() => undefined);
    return asked;
  }

  /** Waits for text that was not there before `send` was called. */
  async expect(send: string, pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray | undefined> {
    this.recent = '';
    await this.send(send);
    return this.until(() => pattern.exec(this.recent) ?? undefined, timeoutMs);
  }

  /** Until the board has said nothing for `ms`, but no longer than ten times that: there are programs that never stop. */
  async settle(ms: number): Promise<void> {
    const start = (this.heardAt = performance.now());
    for (;;) {
      const now = performance.now();
      const left = Math.min(this.heardAt + ms, start + 10 * ms) - now;
      if (left <= 0 || this.closed) return;
      await new Promise(resolve => setTimeout(resolve, left));
    }
  }

  private until<T>(look: () => T | undefined, timeoutMs: number): Promise<T | undefined> {
    return new Promise(resolve => {
      const end = (found: T | undefined) => {
        clearTimeout(timeout);
        this.listeners.delete(listener);
        resolve(found);
      };
      const listener = () => {
        const found = look();
        if (found !== undefined || this.closed) end(found);
      };
      const timeout = setTimeout(() => end(undefined), timeoutMs);
      this.listeners.add(listener);
      listener();
    });
  }

  private askNow(packet: Uint8Array, ending: Ending, timeoutMs: number): Promise<Uint8Array[]> {
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => {
        const waited = `${(timeoutMs / 1000).toFixed(0)} s`;
        this.fail(new HilError('REPL_SILENT', `the board did not answer a packet within ${waited}`, 4));
      }, timeoutMs);
      const settled = () => {
        clearTimeout(timeout);
        this.parser.abandon();
      };
      this.exchange = {
        ending,
        packets: [],
        resolve: packets => {
          settled();
          resolve(packets);
        },
        reject: error => {
          settled();
          reject(error);
        },
      };
      this.recent = '';
      this.parser.expecting = true;
      this.send(packet).catch((error: Error) => this.fail(error));
    });
  }

  private packet(type: number, data: Uint8Array): void {
    const exchange = this.exchange;
    if (exchange === undefined) return;
    if (exchange.ending === 'response' && type === PacketType.RESPONSE) {
      exchange.packets.push(data);
      this.finish();
    } else if (exchange.ending === 'last' && type === PacketType.DATA) {
      if (data.length === 0) this.finish();
      else exchange.packets.push(data);
    }
  }

  private async refused(): Promise<void> {
    const exchange = this.exchange;
    this.exchange = undefined;
    if (exchange === undefined) return;
    this.parser.abandon();
    await this.settle(ERROR_TEXT_MS);
    exchange.reject(new Refusal(complaint(this.recent) || 'the board has refused a packet'));
  }

  private finish(): void {
    const exchange = this.exchange;
    this.exchange = undefined;
    exchange?.resolve(exchange.packets);
  }

  private fail(error: Error): void {
    const exchange = this.exchange;
    this.exchange = undefined;
    exchange?.reject(error);
  }
}

/** What is worth telling of a printed error: its first line, and where. */
export function complaint(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const clean = text.replace(/\x1b\[[0-9;]*[A-Za-z]|[^\x20-\x7e\n]/g, '');
  const lines = clean.split('\n').map(line => line.trim());
  const at = lines.findIndex(line => line.startsWith('Uncaught') || line.startsWith('Execution Interrupted'));
  if (at < 0) return '';
  const where = lines.slice(at + 1).find(line => line.startsWith('at '));
  return where === undefined ? lines[at]! : `${lines[at]} ${where}`;
}
