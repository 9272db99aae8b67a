/**
 * What tools/packer.mjs packs for Espruino: the machine code unpacks the same, on the emulated core and on this machine; and whatever the packed bytes are, it
 * comes to an end and touches nothing else.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Entry, type NativeCode } from '../../src/crypto/native/native-code.js';
import { SeededRandom } from '../crypto/symmetric-providers.js';
import { skip } from '../skip.js';
import { HostCode, missingHost } from './host-code.js';
import { ThumbCore } from './thumb-core.js';

const { pack, unpack } = (await import(new URL('../../../tools/packer.mjs', import.meta.url).href)) as {
  pack(dictionary: Uint8Array, texts: Uint8Array[]): Buffer;
  unpack(dictionary: Uint8Array, packed: Uint8Array, text: number, length: number): Buffer;
};

const TREACHEROUS = [0, 3, 4, 10, 13, 17, 19];
const STACK_LIMIT = 1024;
const LINES = readFileSync(new URL('../../../README.md', import.meta.url)).subarray(0, 12000);

/** As it lies in flash: the packed string behind its dictionary. Answers what the machine code does, and the text. */
function unpackNatively(
  code: NativeCode,
  dictionary: Uint8Array,
  packed: Uint8Array,
  text: number,
  length: number,
): [number, Buffer] {
  const flash = Uint8Array.from([...dictionary, ...packed]);
  // Espruino's arrays of fewer bytes are not in one piece.
  const into = new Uint8Array(Math.max(length, 24));
  const answer = code.call(
    Entry.UNPACK,
    code.addressOf(into),
    length,
    code.addressOf(flash) + dictionary.length,
    packed.length | (text << 16),
  );
  return [answer, Buffer.from(into.subarray(0, length))];
}

/** Text, noise, and runs. */
function textsOf(random: SeededRandom): Uint8Array[] {
  return Array.from({ length: 1 + random.below(6) }, () => {
    const length = 1 + random.below(900);
    const kind = random.below(4);
    const from = random.below(LINES.length - length);
    if (kind === 0) return random.bytes(length).map(byte => byte | 0x80);
    if (kind === 1) return new Uint8Array(length).fill(random.below(256));
    return Uint8Array.from(LINES.subarray(from, from + length));
  });
}

describe('native: packed texts', () => {
  const emulated = new ThumbCore();
  let host: HostCode | undefined;

  before(() => {
    if (!missingHost()) host = new HostCode();
  });
  after(() => host?.stop());

  const each = (count: number, body: (random: SeededRandom) => void) => {
    const random = new SeededRandom();
    for (let i = 0; i < count; i++) body(random);
  };

  const roundTrip = (code: () => NativeCode, count: number) =>
    each(count, random => {
      const dictionary = LINES.subarray(0, random.below(3) * random.below(5000));
      const texts = textsOf(random);
      const packed = pack(dictionary, texts);
      assert.ok(!packed.some(byte => TREACHEROUS.includes(byte)));
      for (const [i, text] of texts.entries()) {
        assert.deepEqual(unpack(dictionary, packed, i, text.length), Buffer.from(text));
        assert.deepEqual(unpackNatively(code(), dictionary, packed, i, text.length), [1, Buffer.from(text)]);
      }
    });

  it('come out as they went in, on the emulated core, with little stack', function () {
    this.timeout(120000);
    roundTrip(() => emulated, 10);
    const { stackBytes } = emulated.costs[Entry.UNPACK]!;
    assert.ok(stackBytes < STACK_LIMIT, `${stackBytes} bytes of stack`);
  });

  it('come out as they went in, on this machine', function () {
    if (!host) skip(this, missingHost()!);
    this.timeout(120000);
    roundTrip(() => host!, 30);
  });

  const damaged = (code: () => NativeCode, count: number) =>
    each(count, random => {
      const dictionary = LINES.subarray(0, random.below(300));
      const good = pack(dictionary, textsOf(random));
      for (let n = 0; n < 20; n++) {
        const packed = Buffer.from(good);
        // The dictionary's length stays right.
        for (let i = random.below(40); i >= 0; i--) packed[3 + random.below(packed.length - 3)] = random.below(256);
        const cut = random.below(2) ? packed.length : random.below(packed.length);
        unpackNatively(code(), dictionary, packed.subarray(0, cut), random.below(4), random.below(2000));
      }
    });

  it('that are damaged, or cut off, do no harm on the emulated core', function () {
    this.timeout(120000);
    damaged(() => emulated, 5);
  });

  it('that are damaged, or cut off, do no harm on this machine', function () {
    if (!host) skip(this, missingHost()!);
    this.timeout(120000);
    damaged(() => host!, 40);
  });

  it('that are none, or that the string does not have, are refused', () => {
    const packed = pack(new Uint8Array(0), [LINES.subarray(0, 100)]);
    assert.equal(unpackNatively(emulated, new Uint8Array(0), packed, 1, 100)[0], 0);
    assert.equal(unpackNatively(emulated, new Uint8Array(0), packed.subarray(0, 5), 0, 100)[0], 0);
  });

  it('are less than half of what text has been', () => {
    const [dictionary, text] = [LINES.subarray(0, 10000), LINES.subarray(10000)];
    const { length } = pack(dictionary, [text]);
    assert.ok(length < 0.7 * text.length, `${length} of ${text.length}`);
  });
});
