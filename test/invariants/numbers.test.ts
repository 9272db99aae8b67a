/** Every numbered scenario that belongs here begins a test's title, and DESIGN.md says where. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

const NUMBERS = ['1a', '1b', '1c', '2a', '2b', '2c', '3a', '3b', '3c', '3d', '3e', '3f', '5e'];

describe('the numbered scenarios', () => {
  const folder = 'test/invariants/';
  const titles = readdirSync(folder).flatMap(name =>
    [...readFileSync(folder + name, 'utf8').matchAll(/\bit\(\s*['`]([^'`]*)/g)].map(match => match[1]!),
  );

  for (const number of NUMBERS) {
    it(`${number} is somewhere`, () => {
      const begins = titles.some(title => (title.split(':')[0] ?? '').split(', ').includes(number));
      assert.ok(begins, `no title begins with ${number}`);
      assert.ok(readFileSync('DESIGN.md', 'utf8').includes(`\n| ${number} |`), `DESIGN.md does not list ${number}`);
    });
  }
});
