/**
 * JerryScript on a desktop, in hil/sim/jerry-host.c: a console of lines, of which those with a question mark and a token are answered by a line
 * with that token. Scripts are files.
 */
import CRC32 from 'crc-32';
import { HilError } from '../errors.js';
import type { Link } from '../link/link.js';
import type { Engine, EngineFactory, EngineOptions, Identity } from './engine.js';

/** Ctrl-U forgets whatever stands on the line already. */
const CLEAR = '\x15';
const PROBE = `${CLEAR}\x05\n`;
const BANNER = /JerryScript (\d+\.\d+\.\d+) ringlet-host/;
const READY = /JerryScript is ready/;
const ANSWER = /^([=!])(\d+) (".*")$/;
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,27}$/;

const PROBE_MS = 2000;
const ANSWER_MS = 20000;
const WATCHDOG_MS = 10000;
const ATTEMPTS = 3;
/** Of a file in one line; a multiple of 3. */
const CHUNK = 6000;

export class JerryEngine implements Engine {
  private line = '';
  private token = 0;
  private closed = false;
  /** Is shown every line. `undefined`: the link was closed. */
  private readonly watchers = new Set<(line: string | undefined) => void>();

  constructor(
    private readonly link: Link,
    private readonly options: EngineOptions,
  ) {
    link.on('data', (bytes: Uint8Array) => this.feed(Buffer.from(bytes).toString('latin1')));
    link.on('close', () => {
      this.closed = true;
      for (const watcher of [...this.watchers]) watcher(undefined);
    });
    // 'close' follows.
    link.on('error', () => undefined);
  }

  async identify(): Promise<Identity> {
    const version = (await this.attention())[1]!;
    const free = Number(await this.evaluate('host.free()'));
    return { engine: 'jerry', version, board: 'desktop', ...(free >= 0 ? { freeBytes: free } : {}) };
  }

  async upload(name: string, script: Uint8Array, onProgress?: (done: number, total: number) => void): Promise<void> {
    if (!NAME.test(name)) throw new HilError('UPLOAD_NAME', `'${name}' is no name for a file on the board`, 2);
    if (script.length === 0) throw new HilError('UPLOAD_EMPTY', `${name} is empty`, 2);
    const wanted = `${script.length},${CRC32.buf(script) >>> 0}`;
    const stored = () => this.evaluate(`host.stored("${name}")`);
    let reason = '';
    for (let attempt = 1; (await stored()) !== wanted; attempt++) {
      if (attempt > ATTEMPTS) {
        throw new HilError(
          'UPLOAD_NOT_STORED',
          `${name} did not arrive as it was sent, ${ATTEMPTS} times: ${reason || `the board has ${await stored()}, not ${wanted} (length, CRC-32)`}`,
          4,
        );
      }
      if (attempt > 1) this.options.onStep(`upload attempt ${attempt}`);
      try {
        for (let done = 0; done < script.length; done += CHUNK) {
          const piece = Buffer.from(script.subarray(done, done + CHUNK)).toString('base64');
          await this.evaluate(`host.append("${name}","${piece}",${done})`);
          onProgress?.(Math.min(done + CHUNK, script.length), script.length);
        }
      } catch (error) {
        reason = (error as Error).message;
        await this.attention();
      }
    }
    onProgress?.(script.length, script.length);
  }

  async start(name: string): Promise<void> {
    await this.reset();
    try {
      await this.evaluate(`host.load("${name}")`);
    } catch (error) {
      if ((error as HilError).code !== 'EVAL_FAILED') throw error;
      throw new HilError('SCRIPT_FAILED', `${name} does not load: ${(error as Error).message}`, 4);
    }
    const watchdog = this.options.watchdogS ?? 8;
    if (watchdog > 0) await this.evaluate(`host.watchdog(${watchdog})`);
  }

  command(line: string): Promise<void> {
    return this.send(`${CLEAR}${line}\n`);
  }

  async evaluate(expression: string): Promise<string> {
    const token = ++this.token;
    const asked = `${CLEAR}?${token} (${expression})\n`;
    const found = await this.expect(asked, ANSWER_MS, line => {
      const answer = ANSWER.exec(line);
      return answer !== null && Number(answer[2]) === token ? answer : undefined;
    });
    if (found === undefined) throw new HilError('REPL_SILENT', 'the board did not answer a question', 4);
    const text = Buffer.from(JSON.parse(found[3]!) as string, 'latin1').toString('utf8');
    if (found[1] === '!') throw new HilError('EVAL_FAILED', text, 4);
    return text;
  }

  async reset(): Promise<void> {
    await this.expect(`${CLEAR}host.reset()\n`, PROBE_MS, line => (READY.test(line) ? line : undefined));
    await this.attention();
  }

  /** Nothing runs by itself here. */
  async wipe(): Promise<string[]> {
    return [];
  }

  private async attention(): Promise<RegExpExecArray> {
    const probe = () => this.expect(PROBE, PROBE_MS, line => BANNER.exec(line) ?? undefined);
    const patience = () => new Promise(resolve => setTimeout(resolve, WATCHDOG_MS * this.options.timeoutX));
    const steps: Array<[string, () => Promise<RegExpExecArray | undefined>]> = [
      ['probe', probe],
      ['probe again', probe],
      ['watchdog', () => patience().then(probe)],
    ];
    for (const [name, step] of steps) {
      const found = await step();
      if (found === undefined) continue;
      if (name !== 'probe') this.options.onStep(name);
      return found;
    }
    throw new HilError('BOARD_SILENT', 'the board does not answer as the JerryScript of hil/sim/jerry-host.c', 3);
  }

  private async expect<T>(
    send: string,
    timeoutMs: number,
    look: (line: string) => T | undefined,
  ): Promise<T | undefined> {
    const found = new Promise<T | undefined>((resolve, reject) => {
      const watcher = (line: string | undefined) => {
        const seen = line === undefined ? undefined : look(line);
        if (line !== undefined && seen === undefined) return;
        this.watchers.delete(watcher);
        clearTimeout(timeout);
        if (line === undefined) reject(new HilError('LINK_CLOSED', 'the link to the board was closed', 4));
        else resolve(seen);
      };
      const timeout = setTimeout(() => {
        this.watchers.delete(watcher);
        resolve(undefined);
      }, timeoutMs * this.options.timeoutX);
      this.watchers.add(watcher);
      if (this.closed) watcher(undefined);
    });
    const [answer] = await Promise.all([found, this.send(send)]);
    return answer;
  }

  private send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = (why: string) => new HilError('LINK_CLOSED', `the link did not take what was written: ${why}`, 4);
      if (this.closed || !this.link.isOpen) {
        reject(lost('it is closed'));
        return;
      }
      this.link.write(Buffer.from(text, 'latin1'), error => (error ? reject(lost(error.message)) : resolve()));
    });
  }

  /** Answers are the engine's own; every other line goes on. */
  private feed(text: string): void {
    const lines = (this.line + text).split('\n');
    this.line = lines.pop()!;
    for (const line of lines) {
      const plain = line.replace(/\r$/, '');
      for (const watcher of [...this.watchers]) watcher(plain);
      if (!ANSWER.test(plain)) this.options.onText(`${line}\n`);
    }
  }
}

export const jerry: EngineFactory = (link, options) => new JerryEngine(link, options);
