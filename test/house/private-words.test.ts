/** What is committed must mean something on every machine: no paths of one machine, no hosts of package registries. */
import assert from 'node:assert/strict';
import { projectFiles, read } from './sources.js';

// Assembled from pieces, so that this file does not find itself.
const FORBIDDEN: Array<[string, RegExp]> = [
  ['a path of one machine', new RegExp('(?<![\\w.])/(work|tmp/wt|tmp/engines|root|home/\\w+|Users/\\w+)' + '/')],
  ['a resolved URL in the lock file', new RegExp('"resol' + 'ved": "http')],
  ['the host of a package registry', new RegExp('registry\\.' + '(npmjs|yarnpkg|npmmirror)\\.|pypi\\.' + 'org')],
];

const BINARY = /\.(png|jpg|gz|bin|uf2|der|pcapng)$/;

function findings(path: string, text: string): string[] {
  return FORBIDDEN.filter(([, pattern]) => pattern.test(text)).map(
    ([what, pattern]) => `${path}: ${what}: ${pattern.exec(text)![0]}`,
  );
}

describe('house: private words', () => {
  const bad = [
    'see /wo' + 'rk/notes',
    '"resol' + 'ved": "https://x/y.tgz"',
    'registry.' + 'npmjs.org',
    'cd /ro' + 'ot/x',
  ];
  for (const text of bad) it(`finds ${text}`, () => assert.equal(findings('x', text).length, 1));

  const good = ['../framework/x.ts', 'the resolved address', 'net/wo' + 'rk/', 'src/ro' + 'ot/x'];
  for (const text of good) it(`lets pass ${text}`, () => assert.deepEqual(findings('x', text), []));

  it('nothing in the project contains one', () => {
    const files = projectFiles().filter(path => !BINARY.test(path));
    assert.deepEqual(
      files.flatMap(path => findings(path, read(path))),
      [],
    );
  });
});
