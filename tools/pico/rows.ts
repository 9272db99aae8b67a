/** The table that `npm run pico` prints: rows of this machine, by the emulator's clock, and rows of the board, by its own. */
import type { PicoThread } from '../../hil/sim/pico-thread.js';
import { LAST_ROW, ROW } from './page-script.js';

/** Of the desktop, without any word of the board. */
const SILENCE_MS = 30 * 60 * 1000;

/** The first row of the board tells how its clock stands to the emulator's. */
export class Rows {
  received = 0;
  failure = '';
  offset: number | undefined;
  private rest = '';
  private last = 0;
  private readonly board: { ms: number; text: string; free: number }[] = [];
  private resolve: () => void = () => undefined;
  private heardAt = performance.now();

  heading(): void {
    console.log(`${'emulated ms'.padStart(11)} ${'step'.padStart(9)} ${'free'.padStart(8)}`);
  }

  say(ms: number, text: string, free = ''): void {
    const step = ms - this.last;
    this.last = ms;
    console.log(`${ms.toFixed(1).padStart(11)} ${step.toFixed(1).padStart(9)} ${free.padStart(8)}  ${text}`);
  }

  heard(text: string): void {
    this.heardAt = performance.now();
    const lines = (this.rest + text).split(/\r?\n|\r/);
    this.rest = lines.pop()!;
    for (const line of lines) {
      // A prompt stands in front of what is printed later: `>` and an escape sequence.
      const found = ROW.exec(line.slice(Math.max(0, line.indexOf('@'))));
      if (found) this.row(Number(found[1]), found[2]!, found[3]!);
      else if (this.board.length > 0 && line.trim().length > 1) console.log(`  board: ${line}`);
    }
  }

  /** Resolves behind the last row. */
  async closed(pico: PicoThread): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setInterval(() => {
        if (performance.now() - this.heardAt > SILENCE_MS) end(new Error('the board says nothing any more'));
      }, 1000);
      const gone = () => end(new Error('the emulated board has ended'));
      const end = (error?: Error) => {
        clearInterval(timer);
        pico.off('close', gone);
        if (error) reject(error);
        else resolve();
      };
      pico.once('close', gone);
      this.resolve = end;
    });
  }

  summary(): void {
    const at = (text: string) => this.board.find(row => row.text.startsWith(text))?.ms;
    const between = (from: string, to: string, what: string) => {
      const [begin, end] = [at(from), at(to)];
      if (begin === undefined || end === undefined) return;
      console.log(`${(end - begin).toFixed(0).padStart(8)} ms  ${what}`);
    };
    between('connect()', 'secure', 'handshake, with DNS and TCP');
    between('TCP connected', 'secure', 'handshake, from the TCP connection on');
    between('secure', `${this.received} bytes`, `${this.received} bytes of answer`);
    const free = this.board.map(row => row.free).filter(bytes => bytes > 0);
    console.log(`${String(Math.min(...free)).padStart(8)}     free at least (Espruino: variables; Kaluma: bytes)`);
  }

  private row(ms: number, free: string, text: string): void {
    this.offset ??= this.last - ms;
    this.say(ms + this.offset, text, free);
    this.board.push({ ms, text, free: Number(free) });
    if (/^\d+ bytes, and/.test(text)) this.received = Number.parseInt(text, 10);
    if (text.startsWith('error')) this.failure = text;
    if (text === LAST_ROW) this.resolve();
  }
}
