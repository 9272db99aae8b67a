/** The runner as whoever installs ringlet has it: the files that package.json publishes, in node_modules, and nothing else of this clone. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { PACKAGES } from '../../hil/packages.js';
import { skip } from '../skip.js';

describe('hil: as a package', function () {
  this.timeout(60000);
  let folder: string;

  before(function () {
    if (!existsSync('dist/hil-node.min.js')) skip(this, 'no dist/hil-node.min.js; npm run build makes it');
    folder = mkdtempSync(join(tmpdir(), 'hil-package-'));
    const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { files: string[] };
    const installed = join(folder, 'node_modules/ringlet');
    for (const file of [...files, 'package.json']) {
      const wanted = file === 'dist' ? 'dist/hil-node.min.js' : file;
      mkdirSync(dirname(join(installed, wanted)), { recursive: true });
      cpSync(wanted, join(installed, wanted), { recursive: true });
    }
    for (const name of PACKAGES) {
      mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
      symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name), 'junction');
    }
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  const hil = (...argv: string[]) =>
    spawnSync(process.execPath, ['node_modules/ringlet/build/hil/main.js', ...argv], { cwd: folder, encoding: 'utf8' });

  it('runs cases on the pure-Node board', () => {
    const { status, stdout, stderr } = hil('run', 'self', 'chip/probe', 'tls/page', '-b', 'sim-node', '--out', 'out');
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^4 cases on 1 board: 4 passed/m);
  });

  it('says how to run a case again in the words that work there', () => {
    const { status, stdout } = hil('run', 'net/dns', '-b', 'sim-node', '--fixture', 'dns.address=192.0.2.1');
    assert.equal(status, 1);
    assert.match(stdout, /again: npx ringlet-hil run 'net\/dns' -b sim-node/);
  });

  it('map init names the schema where it is', () => {
    assert.equal(hil('map', 'init', '--no-probe').status, 0);
    const { $schema } = JSON.parse(readFileSync(join(folder, 'hil.boards.json'), 'utf8'));
    assert.equal($schema, './node_modules/ringlet/hil/map/hil.boards.schema.json');
    assert.ok(existsSync(join(folder, $schema)));
    assert.equal(hil('map', 'check').status, 0);
  });
});
