/** `npm run pico` without firmware: what it says, and how it ends. With firmware: test/hil/firmware.test.ts. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { Rows } from '../../tools/pico/rows.js';

function pico(argv: string[], env: Record<string, string> = {}) {
  const { PATH } = process.env;
  return spawnSync(process.execPath, ['build/tools/pico/main.js', ...argv], {
    encoding: 'utf8',
    env: { PATH, ...env },
    timeout: 30000,
  });
}

describe('npm run pico', function () {
  this.timeout(60000);

  it('without an image says which variable names it and where it comes from, exit 3', () => {
    for (const [engine, variable] of [
      ['espruino', 'ESPRUINO_RP2040'],
      ['kaluma', 'KALUMA_RP2040'],
    ] as const) {
      const { status, stderr } = pico(['--engine', engine]);
      assert.equal(status, 3);
      assert.match(stderr, new RegExp(`${variable} \\(or --image\\)[\\s\\S]*\\.uf2`));
      const { status: without, stderr: about } = pico(['--engine', engine], { [variable]: '/nowhere.bin' });
      assert.equal(without, 3);
      assert.match(about, /RP2040_BOOTROM[\s\S]*rp2040js/);
    }
  });

  it('an image that cannot be read, exit 3', () => {
    const { status, stderr } = pico(['--engine', 'kaluma', '--image', '/nowhere.bin', '--bootrom', '/nowhere.rom']);
    assert.equal(status, 3);
    assert.match(stderr, /\/nowhere\.bin cannot be read/);
  });

  it('no engine, no such suite, group or option: exit 2 and the usage', () => {
    const wrong = [
      [],
      ['--engine', 'duktape'],
      ['--engine', 'kaluma', '--suite', 'x'],
      ['--engine', 'kaluma', '--group', 'x'],
      ['-x'],
    ];
    for (const argv of wrong) {
      const { status, stderr } = pico(argv);
      assert.equal(status, 2, argv.join(' '));
      assert.match(stderr, /Usage: npm run pico/);
    }
  });

  it('reads rows in whatever pieces they come, with prompts before them', () => {
    const rows = new Rows();
    const told: string[] = [];
    const { log } = console;
    console.log = (line: string) => void told.push(line);
    try {
      rows.say(1000, 'loaded');
      for (const piece of [
        '>\x1b[J@20',
        '.5,900,be',
        'gin\r\n>\x1b[J@30.5,,10400 bytes, and their end\r\n',
        'noise\r\n@31.5,800,closed\r\n',
      ]) {
        rows.heard(piece);
      }
    } finally {
      console.log = log;
    }
    assert.equal(rows.received, 10400);
    assert.deepEqual(
      told.map(line => line.trim().split(/ +/).slice(0, 3).join(' ')),
      ['1000.0 1000.0 loaded', '1000.0 0.0 900', '1010.0 10.0 10400', 'board: noise', '1011.0 1.0 800'],
    );
  });
});
