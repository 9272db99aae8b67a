/** The YMODEM sender against a receiver that behaves as Kaluma's does, over a line that loses and spoils what the test says. */
import assert from 'node:assert/strict';
import { crc16, sendYmodem, type YmodemPort } from '../../hil/engines/ymodem.js';
import type { HilError } from '../../hil/errors.js';
import { type Faults, Receiver } from './ymodem-receiver.js';

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

  it('a header is waited for while flash is erased', () => send(3000, { eraseMs: 160 }));

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
