/**
 * The bundles of this folder inside real engines: minified by the same rules as a board's, run by a desktop build of Espruino
 * or JerryScript that ESPRUINO or JERRY names. Which answers are checked is in the bundles.
 * Espruino takes about a minute of processor time for all public-key algorithms, half of it for P-384 and RSA-PSS.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { skip } from '../skip.js';

const ENGINES = [
  { name: 'Espruino', variable: 'ESPRUINO' },
  { name: 'JerryScript', variable: 'JERRY' },
];
const LIMIT_MS = 10 * 60 * 1000;
const bundles = readdirSync('dist').filter(name => /^test-.*\.min\.js$/.test(name));

/** What the engine prints; how it ends says little, since Espruino ends with 0 whatever happens. */
function run(binary: string, script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(binary, [script], { timeout: LIMIT_MS, encoding: 'latin1' }, (error, stdout, stderr) => {
      if (error && stdout === '') reject(new Error(`${binary} did not run: ${error.message}`));
      else resolve(stdout + stderr);
    });
    child.stdin?.end();
  });
}

describe('engines', () => {
  it('there are bundles to run', () =>
    assert.deepEqual(bundles, ['test-public-key.min.js', 'test-symmetric.min.js', 'test-tls.min.js']));

  for (const { name, variable } of ENGINES) {
    describe(name, () => {
      const binary = process.env[variable];
      before(function () {
        if (!binary) skip(this, `${variable} does not name a ${name} binary`);
      });
      for (const bundle of bundles) {
        it(bundle, async function () {
          this.timeout(LIMIT_MS + 1000);
          const output = await run(binary!, 'dist/' + bundle);
          const lines = output.split(/\r?\n/);
          const count = lines.map(line => /(\d+) passed, (\d+) failed/.exec(line)).find(found => found);
          assert.deepEqual(
            lines.filter(line => line.startsWith('FAIL')),
            [],
          );
          assert.ok(count, 'the script did not end:\n' + output.slice(-2000));
          assert.ok(Number(count[1]) > 0 && count[2] === '0', count[0]);
        });
      }
    });
  }
});
