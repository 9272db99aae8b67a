/**
 * What stderr shows while something goes on: a bar that is written over on a terminal, one line at the end elsewhere, so that
 * a CI log stays readable. Other text on stderr goes through here, too, and clears the bar first.
 */
const WIDTH = 30;
/** Redrawing costs more than a chunk does. Milliseconds. */
const EVERY_MS = 100;

export class Progress {
  private drawn = false;
  private last = 0;
  private start = 0;
  private label = '';
  /** Whose end was told: to prove that it has arrived takes time, and ends once more. */
  private ended = '';

  constructor(
    private readonly write: (text: string) => void,
    private readonly terminal: boolean,
  ) {}

  line(text: string): void {
    this.clear();
    this.write(text.endsWith('\n') ? text : text + '\n');
  }

  /** `label` is what is being done, e.g. `pico-a: uploading`. */
  bar(label: string, done: number, total: number): void {
    const now = performance.now();
    if (done >= total && label === this.ended) return;
    this.ended = '';
    if (label !== this.label) {
      this.label = label;
      this.start = now;
      this.last = 0;
    }
    if (done >= total) {
      this.line(`${label}: ${total} bytes in ${((now - this.start) / 1000).toFixed(1)} s`);
      this.label = '';
      this.ended = label;
      return;
    }
    if (!this.terminal || now - this.last < EVERY_MS) return;
    this.last = now;
    const part = total > 0 ? done / total : 0;
    const filled = Math.floor(part * WIDTH);
    const rate = done / 1024 / ((now - this.start) / 1000 || 1);
    this.write(
      `\r${label} [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${Math.floor(part * 100)} %  ${rate.toFixed(1)} KB/s\x1b[K`,
    );
    this.drawn = true;
  }

  clear(): void {
    if (this.drawn) this.write('\r\x1b[K');
    this.drawn = false;
  }
}

/** What a board prints, made harmless for a terminal, line by line with the board's name before it. */
export class DeviceText {
  private rest = '';

  constructor(
    private readonly board: string,
    private readonly line: (text: string) => void,
  ) {}

  add(text: string): void {
    const lines = (this.rest + text).split(/\r\n|\r|\n/);
    this.rest = lines.pop()!;
    for (const whole of lines) this.print(whole);
  }

  end(): void {
    this.print(this.rest);
    this.rest = '';
  }

  private print(text: string): void {
    const visible = printable(text);
    if (visible.trim() !== '') this.line(`${this.board} | ${visible}`);
  }
}

/** Escape sequences gone, other control characters as \xNN: a board's noise must not drive the terminal. */
export function printable(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/\x1b(\[[0-9;?]*[ -/]*[@-~]|[0-9A-Za-z=>])/g, '')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, c => '\\x' + c.charCodeAt(0).toString(16).padStart(2, '0'))
  );
}
