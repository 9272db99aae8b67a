/** A YMODEM receiver that behaves as Kaluma's does, over a line that loses and spoils what a test says. */
import { crc16, type YmodemPort } from '../../hil/engines/ymodem.js';

const [SOH, STX, EOT, ACK, NAK, CA, C] = [0x01, 0x02, 0x04, 0x06, 0x15, 0x18, 0x43];
/** Kaluma's second, shortened. */
const SECOND = 20;

export interface Faults {
  /** What becomes of the nth packet to the receiver, from 0. */
  toBoard?(n: number, bytes: Uint8Array): Uint8Array | undefined;
  /** False loses the nth answer; requests by `C` are not counted. */
  toHost?(n: number, byte: number): boolean;
  /** Bytes that the program area holds. */
  room?: number;
  eraseMs?: number;
}

/** Counts every intact packet, answers a bad CRC and a silent second by `C`, a wrong number by NAK, and never gives up. */
export class Receiver implements YmodemPort {
  stored: number[] = [];
  name = '';
  size = -1;
  sessions = 0;
  aborted = false;
  /** What arrived after the session had ended: it would have been typed into the REPL. */
  typed = 0;
  /** Is told of every byte for the sender, where nobody asks by `next`. */
  onAnswer: ((byte: number) => void) | undefined;
  private answers: number[] = [];
  private expected = 0;
  private packets = 0;
  private answered = 0;
  private ticking: NodeJS.Timeout;
  private busy = false;

  constructor(private readonly faults: Faults = {}) {
    this.ticking = setInterval(() => {
      if (!this.busy && this.sessions === 0 && !this.aborted) this.say(C);
    }, SECOND);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const arrived = this.faults.toBoard ? this.faults.toBoard(this.packets++, bytes) : bytes;
    if (arrived !== undefined) await this.packet(arrived);
  }

  async next(wanted: readonly number[], timeoutMs: number): Promise<number | undefined> {
    const end = performance.now() + timeoutMs / 50;
    while (performance.now() < end) {
      for (let got = this.answers.shift(); got !== undefined; got = this.answers.shift()) {
        if (wanted.includes(got)) return got;
      }
      await new Promise(resolve => setTimeout(resolve, 1));
    }
    return undefined;
  }

  discard(): void {
    this.answers = [];
  }

  close(): void {
    clearInterval(this.ticking);
  }

  private async packet(bytes: Uint8Array): Promise<void> {
    if (this.sessions > 0) this.typed += bytes.length;
    else if (bytes[0] === 0x61) {
      this.aborted = true;
      this.answer(CA, CA);
    } else if (bytes[0] === EOT) {
      this.expected = 0;
      this.answer(ACK);
    } else await this.block(bytes);
  }

  private async block(bytes: Uint8Array): Promise<void> {
    const length = bytes[0] === SOH ? 128 : bytes[0] === STX ? 1024 : 0;
    const data = bytes.subarray(3, 3 + length);
    const crc = (bytes[3 + length]! << 8) | bytes[4 + length]!;
    const intact = length > 0 && bytes.length === length + 5 && bytes[1] === 255 - bytes[2]! && crc16(data) === crc;
    if (!intact) {
      this.say(C);
      return;
    }
    const number = this.expected;
    if (bytes[1] !== number) {
      this.expected = (number + 1) & 0xff;
      this.answer(NAK);
    } else if (number === 0 && this.size < 0) await this.header(data);
    else if (number === 0 && data[0] === 0) {
      this.sessions++;
      this.answer(ACK);
    } else this.data(data);
  }

  private async header(data: Uint8Array): Promise<void> {
    const text = Buffer.from(data).toString('latin1');
    this.name = text.slice(0, text.indexOf('\0'));
    this.size = Number.parseInt(text.slice(text.indexOf('\0') + 1), 10);
    this.busy = true;
    await new Promise(resolve => setTimeout(resolve, this.faults.eraseMs ?? 0));
    this.busy = false;
    this.expected = 1;
    this.answer(ACK);
    this.say(C);
  }

  private data(data: Uint8Array): void {
    this.expected = (this.expected + 1) & 0xff;
    const left = this.size - this.stored.length;
    this.stored.push(...data.subarray(0, Math.min(left, data.length)));
    if (this.stored.length >= (this.faults.room ?? Number.POSITIVE_INFINITY)) {
      this.aborted = true;
      this.answer(CA, CA);
    } else this.answer(ACK);
  }

  private answer(...bytes: number[]): void {
    const lost = this.faults.toHost && !this.faults.toHost(this.answered++, bytes[0]!);
    if (!lost) this.say(...bytes);
  }

  private say(...bytes: number[]): void {
    if (this.onAnswer) for (const byte of bytes) this.onAnswer(byte);
    else this.answers.push(...bytes);
  }
}
