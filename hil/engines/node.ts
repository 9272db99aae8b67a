/**
 * The pure-Node board (hil/sim/node-board.ts) over a link. Besides JavaScript its console takes requests, one line each, that are
 * checked and numbered so that a noisy line costs time and nothing else:
 *
 *   ! <key> <verb> <json> <crc32>     the same key again has the same answer sent again
 *   = <key> <json> <crc32>            the answer: a value, or {"error": …}
 *   ?                                 a request came damaged
 */
import { randomBytes } from 'node:crypto';
import { HilError } from '../errors.js';
import type { Link } from '../link/link.js';
import { crc32, crc32Of } from '../protocol/frame.js';
import type { Engine, EngineFactory, EngineOptions, Identity } from './engine.js';

const FIRST_WAIT_MS = 80;
const LONGEST_WAIT_MS = 1000;
const IDENTIFY_MS = 5000;
const REQUEST_MS = 10000;
/** Bytes of a file in a request: as many as get through. */
const MOST = 6144;
const LEAST = 48;
const PIECE_TRIES = 3;

interface Waiting {
  key: string;
  answered(value: unknown): void;
  damaged(): void;
}

interface Attempts {
  limitMs?: number;
  most?: number;
  take?(value: unknown): void;
}

export class NodeEngine implements Engine {
  private readonly session = randomBytes(3).toString('hex');
  private count = 0;
  private rest = '';
  private waiting: Waiting | undefined;

  constructor(
    private readonly link: Link,
    private readonly options: EngineOptions,
  ) {
    link.on('data', (bytes: Buffer) => this.received(bytes));
  }

  async identify(): Promise<Identity> {
    try {
      const { version, board, free } = (await this.request('who', null, IDENTIFY_MS)) as Record<string, string>;
      return { engine: 'node', version, board, freeBytes: Number(free) };
    } catch (error) {
      if ((error as HilError).code !== 'REPL_SILENT') throw error;
      throw new HilError('BOARD_SILENT', 'The program that plays the board runs, and does not answer.', 3);
    }
  }

  async upload(name: string, script: Uint8Array, onProgress?: (done: number, total: number) => void): Promise<void> {
    const wanted = `${script.length} bytes, CRC-32 ${crc32Of(script)}`;
    if ((await this.request('sum', { name })) === wanted) return onProgress?.(script.length, script.length);
    await this.request('erase', { name });
    let size = MOST;
    for (let done = 0; done < script.length; ) {
      const piece = script.subarray(done, done + size);
      const data = Buffer.from(piece).toString('base64');
      const most = size > LEAST ? PIECE_TRIES : Number.POSITIVE_INFINITY;
      const tries = await this.attempts('put', { name, offset: done, data }, { most });
      if (tries > 1) size = Math.max(LEAST, size >> 1);
      else size = Math.min(MOST, size * 2);
      if (tries > most) continue;
      done += piece.length;
      onProgress?.(done, script.length);
    }
    const found = await this.request('sum', { name });
    if (found === wanted) return;
    const room = await this.request('room', null);
    throw new HilError(
      'UPLOAD_NOT_STORED',
      `${name} should be ${wanted}, and the board has ${found ?? 'nothing'}; its storage has room for ${room} bytes more.`,
      4,
    );
  }

  async start(name: string): Promise<void> {
    const error = await this.request('start', { name }, 3 * REQUEST_MS);
    if (error !== null) throw new HilError('SCRIPT_FAILED', `${name} does not load: ${error}.`, 4);
  }

  async command(line: string): Promise<void> {
    this.link.write(`${line}\n`);
  }

  async evaluate(expression: string): Promise<string> {
    return String(await this.request('eval', expression));
  }

  async reset(): Promise<void> {
    await this.request('reset', null, IDENTIFY_MS);
  }

  /** Nothing runs by itself here. */
  async wipe(): Promise<string[]> {
    return [];
  }

  private async request(verb: string, argument: unknown, limitMs = REQUEST_MS): Promise<unknown> {
    let value: unknown;
    const take = (answer: unknown) => {
      value = answer;
    };
    await this.attempts(verb, argument, { limitMs, take });
    const failure = (value as { error?: string } | null)?.error;
    if (failure !== undefined) throw new HilError('EVAL_FAILED', failure, 4);
    return value;
  }

  /** Sends until it is answered; resolves with how often that was, or gives up after `most` times and resolves with one more. */
  private attempts(
    verb: string,
    argument: unknown,
    { limitMs = REQUEST_MS, most = Number.POSITIVE_INFINITY, take }: Attempts,
  ) {
    const key = `${this.session}.${++this.count}`;
    const body = `${key} ${verb} ${JSON.stringify(argument)}`;
    const line = `! ${body} ${crc32(body)}\n`;
    const { timeoutX } = this.options;
    return new Promise<number>((resolve, reject) => {
      let tries = 0;
      let waitMs = FIRST_WAIT_MS * timeoutX;
      let timer: NodeJS.Timeout;
      const end = () => {
        clearTimeout(timer);
        clearTimeout(limit);
        this.link.off('close', closed);
        this.waiting = undefined;
      };
      const send = () => {
        clearTimeout(timer);
        tries++;
        if (tries > most) {
          end();
          resolve(tries);
          return;
        }
        this.link.write(line);
        timer = setTimeout(send, waitMs);
        waitMs = Math.min(waitMs * 1.5, LONGEST_WAIT_MS * timeoutX);
      };
      const fail = (code: string, message: string) => {
        end();
        reject(new HilError(code, message, 4));
      };
      const closed = () => fail('LINK_LOST', 'The board has gone.');
      const limit = setTimeout(
        () => fail('REPL_SILENT', `The board does not answer to '${verb}' any more.`),
        limitMs * timeoutX,
      );
      this.link.once('close', closed);
      this.waiting = {
        key,
        damaged: send,
        answered: value => {
          end();
          take?.(value);
          resolve(tries);
        },
      };
      if (this.link.isOpen) send();
      else closed();
    });
  }

  private received(bytes: Buffer): void {
    const lines = (this.rest + bytes.toString('latin1')).split('\n');
    this.rest = lines.pop()!;
    for (const line of lines) {
      if (!this.isAnswer(line)) this.options.onText(`${line}\n`);
    }
  }

  private isAnswer(line: string): boolean {
    // What has lost its `!` is taken for JavaScript.
    if (line === '?' || line.startsWith('Uncaught SyntaxError')) this.waiting?.damaged();
    if (line === '?') return true;
    const [whole, body, key, json, crc] = /^= ((\S+) (.*)) ([0-9a-f]{8})$/.exec(line) ?? [];
    if (whole === undefined || crc32(body) !== crc) {
      if (line.startsWith('= ')) this.waiting?.damaged();
      return false;
    }
    if (this.waiting?.key === key) this.waiting.answered(JSON.parse(json));
    return true;
  }
}

export const node: EngineFactory = (link, options) => new NodeEngine(link, options);
