/** A file that cannot be read in one sitting is two files: 400 lines at most in src, boards and tools. */
import assert from 'node:assert/strict';
import { projectFiles, read } from './sources.js';

const LIMIT = 400;

/** path: the reason why it may be longer. */
const EXCEPTIONS: Record<string, string> = {};

const lines = (text: string): number => text.split('\n').length - 1;
const tooLong = (files: Array<[string, string]>): string[] =>
  files.filter(([path, text]) => lines(text) > LIMIT && !(path in EXCEPTIONS)).map(([path]) => path);

describe('house: file sizes', () => {
  const files = projectFiles().filter(path => /^(src|boards|tools|firmware-glue|hil)\/.*\.(ts|mjs|js)$/.test(path));

  it(`finds a file of ${LIMIT + 1} lines`, () => {
    assert.deepEqual(
      tooLong([
        ['a.ts', '\n'.repeat(LIMIT + 1)],
        ['b.ts', '\n'.repeat(LIMIT)],
      ]),
      ['a.ts'],
    );
  });

  it(`no file is longer than ${LIMIT} lines`, () => {
    assert.ok(files.length > 10, 'no sources found');
    assert.deepEqual(tooLong(files.map(path => [path, read(path)])), []);
  });

  it('every exception is still needed', () => {
    for (const path in EXCEPTIONS) assert.ok(lines(read(path)) > LIMIT, path + ' is short enough now');
  });
});
