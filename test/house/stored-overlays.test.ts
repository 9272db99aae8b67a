/** Kaluma's bundle finds the code that it does not keep in memory in the flash it was started from. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { authority } from '../peers/identities.js';

interface Ringlet {
  pemToDer(pem: string): Uint8Array[];
  trustAnchor(der: Uint8Array): { subject: Uint8Array };
}

const BUNDLE = readFileSync('dist/kaluma-w5500-evb-pico.min.js', 'utf8').replace(/\n\/\/# source.*\s*$/, '');

/** As on the board: sectors 4 to 131 of flash have the program, and a zero behind it. Answers the global `ringlet`. */
function started(program: string): Ringlet {
  const stored = Buffer.concat([Buffer.from(program, 'latin1'), Buffer.alloc(128 * 4096 - program.length, 0)]);
  class Flash {
    constructor(
      private readonly base: number,
      readonly count: number,
    ) {}
    read(block: number, into: Uint8Array, offset: number): void {
      const at = (this.base - 4 + block) * 4096 + offset;
      into.set(stored.subarray(at, at + into.length));
    }
  }
  const require = (name: string): unknown => (name === 'flash' ? { Flash } : undefined);
  return new Function('require', 'OUTPUT', 'millis', 'micros', `'use strict'; ${program}; return ringlet;`)(
    require,
    1,
    () => 0,
    () => 0,
  ) as Ringlet;
}

describe('house: overlays that Kaluma keeps in flash', () => {
  const readsCertificate = async (ringlet: Ringlet) => {
    const { pem } = await authority();
    const [der] = ringlet.pemToDer(pem);
    assert.ok(ringlet.trustAnchor(der!).subject.length > 10);
  };

  it('are text in front of it, a quarter of the bundle and more', () => {
    const comment = BUNDLE.indexOf('*/');
    assert.ok(comment > BUNDLE.length / 4, `${comment} of ${BUNDLE.length} bytes`);
    assert.ok(!BUNDLE.slice(comment).includes('the handshake was tampered with'));
  });

  it('are compiled when they are used', () => readsCertificate(started(BUNDLE)));

  it('are found behind an application, however long, that quotes what they begin with', async () => {
    const mark = BUNDLE.slice(0, 18);
    for (const length of [1, 4000, 4090, 9000])
      await readsCertificate(started(`var app="${mark}";/*${'x'.repeat(length)}*/${BUNDLE}`));
  });

  it('ERR_BOARD_NO_CODE: the comment is gone, or it is that of another build', () => {
    const without = BUNDLE.slice(BUNDLE.indexOf('*/') + 2);
    const other = BUNDLE.replace(/^(\/\*ringlet )./, (_, begin: string) => `${begin}g`);
    for (const program of [without, other])
      assert.throws(() => started(program).pemToDer(''), { code: 'ERR_BOARD_NO_CODE', message: /keep it/ });
  });
});
