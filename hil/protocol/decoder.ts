/**
 * Finds the agent's frames in what a board says: among prompts, echoes, colours, log lines and noise, with lost, changed and
 * inserted bytes. Whatever is no frame is text. Keeps one line of at most 4096 characters.
 */
import { decodeFrame, type Frame } from './frame.js';

const LONGEST_LINE = 4096;
const MARK = '#hil ';
/** CSI sequences, and the ESC with one character that Kaluma's prompt is made of. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ESCAPES = /\x1b(\[[0-?]*[ -/]*[@-~]|[78=>])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\x00-\x1f\x7f]/g;

export interface DecoderEvents {
  frame(frame: Frame): void;
  /** A line that is no frame, or what stood in front of one, without control characters; never empty. */
  text(line: string): void;
}

export class FrameDecoder {
  private line = '';

  constructor(private readonly events: DecoderEvents) {}

  push(bytes: Uint8Array | string): void {
    const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
    for (const character of text) {
      // XON and XOFF may stand anywhere where they are used; NUL is what a break on the line looks like.
      if (character === '\x11' || character === '\x13' || character === '\0') continue;
      if (character === '\r' || character === '\n') this.flush();
      else {
        this.line += character;
        if (this.line.length >= LONGEST_LINE) this.flush();
      }
    }
  }

  /** Ends the line: nothing more will come. */
  flush(): void {
    const line = this.line;
    this.line = '';
    const plain = line.replace(ESCAPES, '').replace(CONTROLS, '');
    let frames = framesIn(plain);
    // A damaged byte can make the frame's own beginning part of an escape sequence.
    if (frames.length === 0) frames = framesIn(line.replace(CONTROLS, ''));
    const text = (frames.length > 0 ? plain.slice(0, Math.max(0, plain.indexOf(MARK))) : plain).trim();
    if (text !== '') this.events.text(text);
    for (const frame of frames) this.events.frame(frame);
  }
}

/** Two frames are on one line when the end of the first was lost. */
function framesIn(line: string): Frame[] {
  return line
    .split(MARK)
    .slice(1)
    .flatMap(piece => decodeFrame(piece) ?? []);
}
