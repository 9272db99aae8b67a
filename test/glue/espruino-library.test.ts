/**
 * firmware-glue/espruino in a desktop build of Espruino, made as its README says in a copy of the tree that ESPRUINO_SOURCE names; the copy stays in
 * build/ for the next time. The first build takes some minutes.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { runNative } from '../engines/engine-runs.js';
import { skip } from '../skip.js';

const TREE = resolve('build/glue/espruino');
const BOARD = join(TREE, 'boards/LINUX.py');
const LIMIT_MS = 20 * 60 * 1000;

/** The lines of the README, as they stand there. */
function makefileLines(): string {
  const readme = readFileSync('firmware-glue/espruino/README.md', 'utf8');
  const lines = readme.split('\n').filter(line => /^ {7}'.*',$/.test(line));
  assert.equal(lines.length, 3, 'the lines of the README for a board file');
  return lines.join('\n');
}

function copyTree(source: string): void {
  rmSync(TREE, { recursive: true, force: true });
  cpSync(source, TREE, {
    recursive: true,
    verbatimSymlinks: true,
    filter: path => !['.git', 'obj', 'gen', 'bin'].includes(basename(path)) || resolve(path, '..') !== resolve(source),
  });
  for (const name of ['gen', 'obj', 'bin']) mkdirSync(join(TREE, name), { recursive: true });
  // Its scripts ask git for the commit.
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x', ...args], { cwd: TREE });
  git('init', '-q');
  git('commit', '-q', '--allow-empty', '-m', 'copy');
  symlinkSync(resolve('firmware-glue'), join(TREE, 'libs/ringlet'));
  const board = readFileSync(BOARD, 'utf8');
  const edited = board.replace("     'LINUX=1',\n", `     'LINUX=1',\n${makefileLines()}\n`);
  assert.notEqual(edited, board, 'boards/LINUX.py is not what it was');
  writeFileSync(BOARD, edited);
}

describe('Espruino with the library built in', function () {
  this.timeout(LIMIT_MS);

  it('gives the known answers of all primitives', async function () {
    const source = process.env['ESPRUINO_SOURCE'];
    if (!source) skip(this, 'ESPRUINO_SOURCE does not name a source tree of Espruino');
    for (const tool of ['make', 'cc', 'python3', 'git']) {
      if (spawnSync(tool, ['--version']).error) skip(this, `no ${tool}`);
    }
    assert.ok(existsSync(join(source, 'Makefile')), `ESPRUINO_SOURCE: no Makefile in ${source}`);
    if (!existsSync(BOARD) || !readFileSync(BOARD, 'utf8').includes(makefileLines())) copyTree(source);
    const make = spawnSync('make', ['BOARD=LINUX', 'RELEASE=1'], { cwd: TREE, encoding: 'utf8', timeout: LIMIT_MS });
    assert.equal(make.status, 0, make.stderr.slice(-3000));
    const output = await runNative(join(TREE, 'bin/espruino'), readFileSync('dist/glue-espruino.min.js', 'latin1'));
    const count = /(\d+) passed, (\d+) failed/.exec(output);
    assert.deepEqual(output.match(/^FAIL.*/gm) ?? [], []);
    assert.ok(count && Number(count[1]) > 0 && count[2] === '0', 'the script did not end:\n' + output.slice(-2000));
  });
});
