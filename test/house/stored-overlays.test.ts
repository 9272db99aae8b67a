/** Kaluma's bundle finds the code that it does not keep in memory in the flash it was started from. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { authority } from '../peers/identities.js';

interface Ringlet {
  pemToDer(pem: string): Uint8Array[];
  trustAnchor(der: Uint8Array): { subject: Uint8Array };
}

const FORMS: Record<string, string> = {
  text: readFileSync('dist/kaluma-w5500-evb-pico.min.js', 'latin1').replace(/\n\/\/# source.*\s*$/, ''),
  packed: readFileSync('dist/kaluma-w5500-evb-pico.packed.js', 'latin1'),
};

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

  for (const [form, bundle] of Object.entries(FORMS)) {
    it(`${form}: are in front of it, most of the bundle`, () => {
      const comment = bundle.indexOf('*/');
      assert.ok(comment > bundle.length / 2, `${comment} of ${bundle.length} bytes`);
      assert.equal(bundle.slice(comment).includes('the handshake was tampered with'), false);
    });

    it(`${form}: are compiled when they are used`, () => readsCertificate(started(bundle)));

    it(`${form}: are found behind an application, however long, that quotes what they begin with`, async () => {
      const mark = bundle.slice(0, 30);
      for (const length of [1, 4000, 4090, 9000])
        await readsCertificate(started(`var app="${mark}";/*${'x'.repeat(length)}*/${bundle}`));
    });

    it(`${form}: ERR_BOARD_NO_CODE: the comment is gone, that of another build, or not as long as it was`, () => {
      const without = bundle.slice(bundle.indexOf('*/') + 2);
      const other = bundle.replace(/^(\/\*ringlet )./, (_, begin: string) => `${begin}g`);
      const longer = bundle.replace('*/', '.*/');
      for (const program of [without, other, longer])
        assert.throws(() => started(program).pemToDer(''), { code: 'ERR_BOARD_NO_CODE', message: /keep it/ });
    });
  }

  it('packed: no byte is one that flash or a console cannot show, or more than half of the text', () => {
    assert.doesNotMatch(FORMS['packed']!, /[\0\r\xff]/);
    assert.ok(FORMS['packed']!.length < FORMS['text']!.length * 0.6);
  });
});
