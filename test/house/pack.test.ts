/** What Kaluma unpacks is what was packed: the packer against the code that runs on the board. */
import assert from 'node:assert/strict';
import fc from 'fast-check';

const { pack, commonText } = await import(new URL('../../../tools/pack.mjs', import.meta.url).href);
const { storedText } = await import(new URL('../../../tools/stored-text.mjs', import.meta.url).href);

const REFUSED = /[\0\r\xff]|\*\//;

/** `packed`, a text of `length`, behind what all share, as it is in flash; unpacked as the board does. */
function unpacked(packed: string, shared: string, length: number): string {
  const total = 31 + shared.length + packed.length + 2;
  const mark = `/*ringlet 01234567 ${String(shared.length).padStart(4, '0')} ${String(total).padStart(6, '0')} `;
  const flash = Buffer.concat([Buffer.from(`${mark}${shared}${packed}*/`, 'latin1'), Buffer.alloc(8192)]);
  class Flash {
    read(_: number, into: Uint8Array, offset: number): void {
      into.set(flash.subarray(offset, offset + into.length));
    }
  }
  const read = new Function('require', `return (${storedText})(${JSON.stringify(mark)})`)(() => ({ Flash }));
  return read(mark.length + shared.length, length) as string;
}

describe('house: packed text', () => {
  const words = fc.constantFrom('function', 'return ', '.length', '*', '/', '{', 'a', '\n', 'this.', '=0;');
  const text = fc.array(fc.oneof({ weight: 4, arbitrary: words }, fc.string({ unit: 'binary-ascii' })), {
    maxLength: 300,
  });
  const ascii = text.map(parts =>
    parts
      .join('')
      .replace(/[^\n -~]/g, '~')
      .replaceAll('*/', '* /'),
  );

  it('is what it was, whatever it shares with others', () => {
    fc.assert(
      fc.property(
        ascii,
        ascii.map(shared => shared.slice(0, 2048) || '~'),
        (wanted, shared) => {
          const packed = pack(wanted, shared);
          assert.ok(packed.length <= wanted.length);
          assert.doesNotMatch(packed, REFUSED);
          assert.equal(unpacked(packed, shared, wanted.length), wanted);
        },
      ),
    );
  });

  it('reaches 4,094 bytes back and 264 characters forth, at every distance and length that a byte can tell', () => {
    const noise = Array.from({ length: 4200 }, (_, i) =>
      String.fromCharCode(33 + ((i * i * 31 + i * 7 + (i >> 3)) % 94)),
    )
      .join('')
      .replaceAll('*/', '* ');
    for (let count = 3; count < 300; count += 7) {
      for (const distance of [count, 255 + count, 256 + count, 2048, 4094]) {
        const wanted = noise.slice(0, distance) + noise.slice(0, count);
        assert.equal(unpacked(pack(wanted, '~'), '~', wanted.length), wanted);
      }
    }
    assert.ok(pack(noise.slice(0, 264), noise.slice(0, 2050)).length === 3);
  });

  it('what texts share is what most of them have', () => {
    const common = 'for(let i=0;i<bytes[c];i++)';
    const texts = Array.from({ length: 20 }, (_, i) => `${i}${common}${i * i * 7919}`);
    assert.ok(commonText(texts, 48).includes(common.slice(0, 24)));
    assert.equal(commonText(['abcdefgh', 'ijklmnop'], 48), '');
  });
});
