/** The entries of a firmware are those of the blob, in the same order. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { read } from '../house/sources.js';

const words = (text: string) => text.trim().split(/\s+/);

describe('firmware glue', () => {
  it('has the entries of thumb/entries.txt, in their order', () => {
    const table = /#define ENTRIES\(X\)([\s\S]*?)\n\n/.exec(read('firmware-glue/core.c'));
    assert.ok(table, 'core.c has no table');
    const listed = [...table[1]!.matchAll(/X \((\w+)\)/g)].map(found => found[1]);
    assert.deepEqual(listed, words(read('firmware-glue/thumb/entries.txt')));
  });

  it('finds a function for each of them that the blob has', () => {
    const folder = 'firmware-glue/thumb';
    const sources = readdirSync(folder).filter(name => name.endsWith('.c'));
    const text = sources.map(name => read(`${folder}/${name}`)).join('\n');
    const blob = readFileSync(`${folder}/ringlet-thumb.bin`);
    const missing = words(read(`${folder}/entries.txt`)).filter((_, i) => blob.readUInt32LE(16 + 4 * i) === 0);
    const defined = [...text.matchAll(/^ENTRY\((\w+)\)/gm)].map(found => found[1]!);
    assert.deepEqual([...defined, ...missing].sort(), words(read(`${folder}/entries.txt`)).sort());
  });
});
