/**
 * The sending side of YMODEM, 1 KB packets with CRC-16, one file, stop and wait, made for the receiver in Kaluma's firmware, which
 * differs from the textbook:
 *
 * - it never gives up, and is deaf to everything else until it reads an `a` where a packet should begin;
 * - a packet with a bad CRC is answered by `C`, and so is silence, once a second; NAK means a wrong packet number and nothing else;
 * - it counts every packet that is intact, also one it refuses: after a packet that came twice it wants a number one higher;
 * - a header is acknowledged when the whole program area is erased, which takes seconds;
 * - it acknowledges bytes that are not stored yet: whoever wants to know reads them back.
 */
import { HilError } from '../errors.js';

const SOH = 0x01;
const STX = 0x02;
const EOT = 0x04;
const ACK = 0x06;
const NAK = 0x15;
const CA = 0x18;
const C = 0x43;
const ABORT = 0x61;
const SUB = 0x1a;

const PACKET = 1024;
const HEADER = 128;
/** The receiver copies a longer name over its stack. */
const LONGEST_NAME = 63;
const ATTEMPTS = 8;
const ANSWERS = [ACK, NAK, CA, C];

export interface YmodemPort {
  write(bytes: Uint8Array): Promise<void>;
  /** One of `wanted`; undefined after `timeoutMs`. Other bytes, which are the board's text, are passed over. */
  next(wanted: readonly number[], timeoutMs: number): Promise<number | undefined>;
  /** Forgets what has come and was not asked for. */
  discard(): void;
}

export interface YmodemOptions {
  /** Multiplies every wait. */
  timeoutX?: number;
  onProgress?: (done: number, total: number) => void;
}

/** What became of a packet: `again` it was not seen intact, `known` it was there already. */
type Answer = 'taken' | 'again' | 'known' | 'cancelled';

/** Throws HilError UPLOAD_NO_RECEIVER, UPLOAD_CANCELLED (the receiver has no room) or UPLOAD_STUCK; the receiver is told to stop then. */
export async function sendYmodem(
  port: YmodemPort,
  name: string,
  data: Uint8Array,
  options: YmodemOptions = {},
): Promise<void> {
  await new YmodemSender(port, options).send(name, data);
}

class YmodemSender {
  /** What the receiver wants as the next packet's number, modulo 256. */
  private number = 0;
  private readonly timeoutX: number;

  constructor(
    private readonly port: YmodemPort,
    private readonly options: YmodemOptions,
  ) {
    this.timeoutX = options.timeoutX ?? 1;
  }

  async send(name: string, data: Uint8Array): Promise<void> {
    if (name.length === 0 || name.length > LONGEST_NAME || !/^[!-~]+$/.test(name)) {
      throw new HilError('UPLOAD_NAME', `'${name}' is no name for YMODEM: 1 to ${LONGEST_NAME} plain characters.`, 2);
    }
    if ((await this.wait([C], 10000)) === undefined) {
      throw new HilError('UPLOAD_NO_RECEIVER', 'The board does not ask for a file: `.flash -w` was not understood.', 4);
    }
    await this.packet(textOf(`${name}\0${data.length} `), HEADER, 0, 30000);
    for (let at = 0; at < data.length; at += PACKET) {
      await this.packet(data.subarray(at, at + PACKET), PACKET, SUB, 5000);
      this.options.onProgress?.(Math.min(at + PACKET, data.length), data.length);
    }
    await this.endOfFile();
    await this.endOfSession();
  }

  /** One packet until it is known to have arrived. */
  private async packet(content: Uint8Array, size: number, fill: number, timeoutMs: number): Promise<void> {
    let sentBefore = false;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await this.say(framed(this.number, content, size, fill));
      const answer = await this.answer(timeoutMs, sentBefore);
      if (answer === 'cancelled')
        throw await this.failed('UPLOAD_CANCELLED', 'The board has broken the transfer off: is the script too large?');
      if (answer === 'again') {
        sentBefore = true;
        continue;
      }
      // Of one that came twice the second was counted, too.
      this.number = (this.number + (answer === 'known' ? 2 : 1)) & 0xff;
      return;
    }
    throw await this.failed('UPLOAD_STUCK', `The board did not take a packet, ${ATTEMPTS} times.`);
  }

  /**
   * One `C` may be an old one that was on its way, or the one that follows a header's ACK; two are a request to repeat. A NAK
   * for a packet that was never sent before means that the counts differ, which only a new transfer can mend.
   */
  private async answer(timeoutMs: number, sentBefore: boolean): Promise<Answer> {
    let got = await this.wait(ANSWERS, timeoutMs);
    if (got === C) got = await this.wait(ANSWERS, timeoutMs);
    if (got === ACK) return 'taken';
    if (got === CA) return 'cancelled';
    if (got !== NAK) return 'again';
    if (sentBefore) return 'known';
    throw await this.failed('UPLOAD_STUCK', 'The board counts packets differently.');
  }

  private async endOfFile(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await this.say(Uint8Array.of(EOT));
      // The receiver answers every EOT with ACK, also a second one.
      if ((await this.wait([ACK], 3000)) === ACK) {
        this.number = 0;
        return;
      }
    }
    throw await this.failed('UPLOAD_STUCK', 'The board did not acknowledge the end of the file.');
  }

  /**
   * An empty header. Not again if it is answered by silence: the receiver may be gone, and what it would have eaten would be
   * typed into the REPL. `C` shows that it is still there.
   */
  private async endOfSession(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await this.say(framed(0, new Uint8Array(0), HEADER, 0));
      let got = await this.wait([ACK, C], 3000);
      if (got === C) got = await this.wait([ACK, C], 3000);
      if (got !== C) return;
    }
    throw await this.failed('UPLOAD_STUCK', 'The board did not end the transfer.');
  }

  private async say(bytes: Uint8Array): Promise<void> {
    this.port.discard();
    await this.port.write(bytes);
  }

  private wait(wanted: readonly number[], timeoutMs: number): Promise<number | undefined> {
    return this.port.next(wanted, timeoutMs * this.timeoutX);
  }

  /** Leaves a receiver that listens to the REPL again: the rest of a packet is noise to it, then it reads an `a`. */
  private async failed(code: string, message: string): Promise<HilError> {
    await this.port.write(Uint8Array.of(ABORT));
    return new HilError(code, message, 4);
  }
}

/** A packet: kind, number, its complement, data, CRC-16. */
export function framed(number: number, content: Uint8Array, size: number, fill: number): Uint8Array {
  const packet = new Uint8Array(3 + size + 2).fill(fill);
  packet[0] = size === PACKET ? STX : SOH;
  packet[1] = number;
  packet[2] = 0xff - number;
  packet.set(content, 3);
  const crc = crc16(packet.subarray(3, 3 + size));
  packet[3 + size] = crc >> 8;
  packet[3 + size + 1] = crc;
  return packet;
}

/** CRC-16/XMODEM: polynomial 0x1021, from 0. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
  }
  return crc;
}

function textOf(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0));
}
