/** The YMODEM sender against a receiver that behaves as Kaluma's does, over a line that loses and spoils what the test says. */
import assert from 'node:assert/strict';
import { crc16, sendYmodem, type YmodemPort } from '../../hil/engines/ymodem.js';
import type { HilError } from '../../hil/errors.js';

const [SOH, STX, EOT, ACK, NAK, CA, C] = [0x01, 0x02, 0x04, 0x06, 0x15, 0x18, 0x43];
/** Kaluma's second, shortened. */
const SECOND = 20;

interface Faults {
  /** What becomes of the nth packet to the receiver, from 0. */
  toBoard?(n: number, bytes: Uint8Array): Uint8Array | undefined;
  /** False loses the nth answer; requests by `C` are not counted. */
  toHost?(n: number, byte: number): boolean;
  /** Bytes that the program area holds. */
  room?: number;
  eraseMs?: number;
}

/** Counts every intact packet, answers a bad CRC and a silent second by `C`, a wrong number by NAK, and never gives up. */
class Receiver implements YmodemPort {
  stored: number[] = [];
  name = '';
  size = -1;
  sessions = 0;
  aborted = false;
  /** What arrived after the session had ended: it would have been typed into the REPL. */
  typed = 0;
  private answers: number[] = [];
  private expected = 0;
  private packets = 0;
  private answered = 0;
  private ticking: NodeJS.Timeout;
  private busy = false;

  constructor(private readonly faults: Faults = {}) {
    this.ticking = setInterval(() => {
      if (!this.busy && this.sessions === 0 && !this.aborted) this.answers.push(C);
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
      this.answers.push(C);
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
    this.answers.push(C);
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
    if (!lost) this.answers.push(...bytes);
  }
}

async function send(length: number, faults: Faults = {}): Promise<Receiver> {
  const receiver = new Receiver(faults);
  const script = Uint8Array.from({ length }, (_, i) => 32 + ((i * 7) % 90));
  try {
    await sendYmodem(receiver, 'usercode', script);
    assert.deepEqual(Uint8Array.from(receiver.stored), script);
    assert.equal(receiver.size, length);
    assert.equal(receiver.name, 'usercode');
    assert.equal(receiver.typed, 0, 'nothing reaches the REPL');
  } finally {
    receiver.close();
  }
  return receiver;
}

const refusal = (code: string) => (error: HilError) => error.code === code;

describe('hil: YMODEM', () => {
  it('CRC-16/XMODEM has its check value', () => {
    assert.equal(crc16(Buffer.from('123456789')), 0x31c3);
  });

  for (const length of [1, 1023, 1024, 1025, 300 * 1024 + 5]) {
    it(`${length} bytes arrive`, () => send(length));
  }

  it('a header is waited for while flash is erased', () => send(3000, { eraseMs: 8 * SECOND }));

  it('spoiled packets are sent again, the header and the end too', async () => {
    for (const which of [0, 1, 2, 4, 5]) {
      await send(3000, {
        toBoard: (n, bytes) =>
          n === which ? bytes.map((byte, i) => (i === 9 || bytes.length === 1 ? byte ^ 8 : byte)) : bytes,
      });
    }
  });

  it('lost packets are sent again', async () => {
    for (let which = 0; which < 6; which++)
      await send(3000, { toBoard: (n, bytes) => (n === which ? undefined : bytes) });
  });

  it('after a lost acknowledgement the receiver counts one more, and no byte is there twice', async () => {
    for (let which = 0; which < 5; which++) await send(4000, { toHost: n => n !== which });
  });

  it('a lost acknowledgement of the last packet of all sends nothing into the REPL', () =>
    send(100, { toHost: n => n !== 3 }));

  it('no receiver', async () => {
    const silent: YmodemPort = { write: async () => undefined, next: async () => undefined, discard: () => undefined };
    await assert.rejects(sendYmodem(silent, 'usercode', new Uint8Array(9)), refusal('UPLOAD_NO_RECEIVER'));
  });

  it('a receiver without room ends it', async () => {
    await assert.rejects(send(9000, { room: 3000 }), refusal('UPLOAD_CANCELLED'));
  });

  it('a receiver that hears nothing is left with an abort', async () => {
    const receiver = new Receiver({
      toBoard: (_n, bytes) => (bytes.length === 1 && bytes[0] === 0x61 ? bytes : undefined),
    });
    await assert.rejects(sendYmodem(receiver, 'usercode', new Uint8Array(9)), refusal('UPLOAD_STUCK'));
    receiver.close();
    assert.equal(receiver.aborted, true);
  });

  it('a name that would be copied over the receiver’s stack is refused', async () => {
    const receiver = new Receiver();
    await assert.rejects(sendYmodem(receiver, 'n'.repeat(64), new Uint8Array(9)), refusal('UPLOAD_NAME'));
    receiver.close();
  });
});
