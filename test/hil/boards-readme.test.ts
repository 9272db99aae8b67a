/** What people read of a board (boards/README.md) is what programs read (hil/boards.json). */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { kinds } from '../../hil/map/kinds.js';

const NAMES = { sck: 'SCLK', miso: 'MISO', mosi: 'MOSI', cs: 'SCSn', rst: 'RSTn', int: 'INTn' } as const;

describe('hil: descriptions of boards', () => {
  const text = readFileSync('boards/README.md', 'utf8');
  const described = Object.entries(kinds()).filter(([, kind]) => kind.w5500);

  it('seven boards, as far as a kind may have two engines', () => {
    assert.deepEqual(
      described.flatMap(([name, { engines }]) => Object.keys(engines).map(engine => `${name}/${engine}`)),
      [
        'w5500-evb-pico/espruino',
        'w5500-evb-pico/kaluma',
        'espruino-pico/espruino',
        'espruino-wifi/espruino',
        'stm32f4discovery/espruino',
        'esp32/espruino',
        'nrf52840dk/espruino',
      ],
    );
  });

  for (const [name, kind] of described) {
    it(`${name}: a table with these pins, a drawing with each signal, a route`, () => {
      const sections = text.split(/^(?=## )/m).filter(section => matches(section, kind));
      assert.ok(sections.length > 0, `no section of boards/README.md has the pins of ${name}`);
      assert.match(sections[0], /^ {4,}.*[┌└│]/m);
      assert.match(text, new RegExp(`^\\| \`${name}\` \\|`, 'm'));
      assert.ok(kind.finger, 'no way into the bootloader');
      for (const { root, flash } of Object.values(kind.engines)) {
        if (root) assert.ok(existsSync(root), root);
        if (flash?.type === 'uf2') assert.ok(kind.uf2);
      }
    });
  }

  function matches(section: string, kind: (typeof described)[number][1]): boolean {
    return Object.entries(kind.w5500!).every(([signal, pin]) => {
      const row = new RegExp(`^\\| ${NAMES[signal as keyof typeof NAMES]} \\|(.*)\\|$`, 'm').exec(section);
      return row?.[1].split(/[^A-Z0-9]+/i).includes(pin);
    });
  }
});
