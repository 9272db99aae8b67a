/** What a person is told to install is what the program imports: all that can be reached from hil/main.js, without and with emulated boards. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { EMULATOR, notInstalled, PACKAGES } from '../../hil/packages.js';

const IMPORT = /(?:^|[\s;,([])(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;

function packagesFrom(file: string, seen = new Set<string>(), found = new Set<string>()): Set<string> {
  if (seen.has(file)) return found;
  seen.add(file);
  const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  for (const [, name] of code.matchAll(IMPORT)) {
    if (name.startsWith('.')) packagesFrom(posix.join(posix.dirname(file), name), seen, found);
    else if (!name.startsWith('node:') && !builtinModules.includes(name)) found.add(packageOf(name));
  }
  return found;
}

const packageOf = (name: string) => name.split('/', name.startsWith('@') ? 2 : 1).join('/');

describe('hil: packages it wants', () => {
  const programs = ['main', 'sim/node-board', 'sim/espruino-desktop', 'sim/jerry-desktop', 'sim/pico-worker'];
  const found = new Set<string>();
  for (const name of programs) packagesFrom(`build/hil/${name}.js`, new Set(), found);

  it('are those that are imported', () => {
    assert.deepEqual([...found].sort(), [...PACKAGES, ...EMULATOR].sort());
    for (const name of found) assert.ok(existsSync(`node_modules/${name}`), name);
  });

  it('are told all at once', () => {
    const told = notInstalled("Cannot find package 'crc-32' imported from /x/y.js")!;
    assert.match(told, /^The package crc-32 is not installed\./);
    for (const name of PACKAGES) assert.ok(told.includes(` ${name}`), name);
    assert.match(
      notInstalled("Cannot find package 'rp2040js' imported from /x/y.js")!,
      /npm install --save-dev rp2040js\.$/,
    );
    assert.equal(notInstalled('Cannot read properties of undefined'), undefined);
  });
});
