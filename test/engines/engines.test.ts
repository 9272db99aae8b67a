/**
 * The bundles of this folder inside real engines, minified by the same rules as a board's, and for Espruino tokenised. Which answers are checked is in the bundles.
 * An engine that is not named is skipped; one that is named and does not work fails.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { authority } from '../peers/identities.js';
import { skip } from '../skip.js';
import { ENGINES, LIMIT_MS, runNative } from './engine-runs.js';

const { pretokenise, withoutMap } = (await import(
  new URL('../../../tools/pretokenise.mjs', import.meta.url).href
)) as Record<'pretokenise' | 'withoutMap', (code: string) => string>;

const { unpacked } = (await import(new URL('../../../tools/packed-functions.mjs', import.meta.url).href)) as {
  unpacked(tokens: string): { texts: string[] };
};

const bundles = readdirSync('dist').filter(name => /^test-.*\.min\.js$/.test(name));

const quoted = (char: string): string => '\\x' + char.charCodeAt(0).toString(16).padStart(2, '0');

describe('engines', () => {
  it('there are bundles to run', () =>
    assert.deepEqual(bundles, [
      'test-bigint.min.js',
      'test-built-in.min.js',
      'test-partition.min.js',
      'test-public-key.min.js',
      'test-symmetric.min.js',
      'test-tls.min.js',
    ]));

  describe('a named engine that is broken fails', () => {
    it('a path where nothing is', () => assert.rejects(runNative('/nowhere/espruino', 'print(1)'), /does not exist/));
    it('a binary that prints nothing', () => assert.rejects(runNative('/bin/true', 'print(1)'), /printed nothing/));
    it('a binary that fails', () => assert.rejects(runNative('/bin/false', 'print(1)'), /printed nothing/));
    it('a file that is no program', () => assert.rejects(runNative('package.json', 'print(1)'), /EACCES/));
  });

  it('a script that wants more memory than QuickJS is given fails', function () {
    this.timeout(LIMIT_MS);
    return assert.rejects(
      ENGINES[2].run('var kept = []; for (;;) { kept.push(new Uint8Array(200)); for (var i = 0; i < 1000; i++); }'),
      /interrupted/,
    );
  });

  for (const { name, variable, partitions, run } of ENGINES) {
    describe(name, () => {
      before(function () {
        if (variable && !process.env[variable]) skip(this, `${variable} does not name a ${name} binary`);
      });

      it('computes and prints', async () => assert.match(await run('print("6*7="+6*7)'), /^6\*7=42\r?$/m));

      if (name === 'Espruino') {
        it("a board's bundle, tokenised, says in words what is wrong", async () => {
          const wrong = 'try{ringlet.connect({},{host:"a",port:0})}catch(e){print(e.code+": "+e.message)}';
          const output = await run(readFileSync('dist/espruino-psk.tok', 'latin1') + wrong);
          assert.match(output, /ERR_USAGE: port: 1 to 65535/);
        });
      }

      if (name === 'Espruino') {
        it('packed functions run: what they return is what their text does, and their variables are their own', async () => {
          const bundle = readFileSync('dist/espruino-w5500-evb-pico.tok', 'latin1');
          const { pem } = await authority();
          // No machine code runs here: this gives the texts instead.
          const texts = unpacked(bundle).texts.map(text => Array.from(text, quoted).join(''));
          const output = await run(
            `${bundle}var texts=["${texts.join('","')}"];_$=n=>texts[n];var der=ringlet.pemToDer(${JSON.stringify(pem + pem)}),a=der[0],b=der[1];` +
              'print(a.join()===b.join(),ringlet.trustAnchor(a).subject.length);' +
              'try{ringlet.trustAnchor(a.subarray(1))}catch(e){print(e.code)}try{ringlet.pemToDer("")}catch(e){print(e.message)}',
          );
          assert.match(output, /true \d{2,3}\r?\nERR_CERT_[A-Z]+\r?\nPEM: no CERTIFICATE block/, output);
        });
      }

      for (const bundle of bundles) {
        it(bundle, async function () {
          this.timeout(LIMIT_MS + 1000);
          const code = withoutMap(readFileSync('dist/' + bundle, 'latin1'));
          const output = await run(
            `var partitions=${partitions};\n` + (name === 'Espruino' ? pretokenise(code) : code),
          );
          const lines = output.split(/\r?\n/);
          const count = lines.map(line => /(\d+) passed, (\d+) failed/.exec(line)).find(found => found);
          assert.deepEqual(
            lines.filter(line => line.startsWith('FAIL')),
            [],
          );
          assert.ok(count, 'the script did not end:\n' + output.slice(-2000));
          assert.ok(Number(count[1]) > 0 && count[2] === '0', count[0]);
          console.log(`        ${count[1]} of ${count[1]} passed`);
        });
      }
    });
  }
});
