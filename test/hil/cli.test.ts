/** The command line: usage, selection, exit codes, interruption, what goes to which stream. In child processes where that matters, otherwise in this one. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BoardEntry } from '../../hil/map/board-map.js';
import { type CliOptions, callCli, runCli } from './run-cli.js';
import type { Script, ScriptedBoard } from './scripted-cli.js';

const board = (id: string, more: Partial<BoardEntry> = {}): BoardEntry => ({
  id,
  board: 'w5500-evb-pico',
  engine: 'espruino',
  console: { type: 'serial', usbSerial: 'E66' + id },
  ...more,
});

describe('hil: command line', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hil-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const map = (...boards: BoardEntry[]) =>
    writeFileSync(join(folder, 'hil.boards.json'), JSON.stringify({ version: 1, boards }));
  const child = (argv: string[], options: CliOptions = {}) => runCli(argv, { cwd: folder, script: {}, ...options });
  const run = (argv: string[], { script }: { script?: Script } = {}) => callCli(argv, folder, script);

  const usage: Array<[string, string[], RegExp]> = [
    ['no command', [], /^usage: hil COMMAND/],
    [
      'a command that does not exist',
      ['frobnicate'],
      /no command 'frobnicate'; there are list, map, flash, upload, run, repl, exec, reset, recover, log/,
    ],
    ['an inherited property', ['toString'], /no command 'toString'/],
    ['an option that does not exist', ['list', '--frob'], /Unknown option '--frob'\. \(USAGE\)\nusage: hil list/],
    ['an option without its value', ['run', '--grep'], /'--grep <value>' argument missing/],
    ['an argument too many', ['list', 'x'], /'x' is one argument too many/],
    ['an argument too few', ['exec', '-b', 'x'], /the expression is missing/],
    ['map without a verb', ['map'], /init or check is missing/],
    ['map with another', ['map', 'show'], /'show' is neither init nor check/],
    [
      'a number that is none',
      ['run', '--sim', '--jobs', 'many'],
      /--jobs takes a whole number from 1 to 64, not 'many'/,
    ],
    ['an empty number', ['run', '--sim', '--retries='], /--retries takes a whole number/],
    ['half a case', ['run', '--sim', '--retries', '0.5'], /--retries takes a whole number from 0 to 100, not '0\.5'/],
    ['a shard of none', ['run', '--sim', '--shard', '3/2'], /--shard takes i\/n/],
    ['a wrong expression', ['run', '--sim', '--grep', '('], /--grep: Invalid regular expression/],
    [
      'a reporter that does not exist',
      ['run', '--sim', '--reporter', 'dots'],
      /no reporter is called 'dots'; there are spec, tap, json, junit/,
    ],
    [
      'two reporters on stdout',
      ['run', '--sim', '--reporter', 'tap', '--reporter', 'json'],
      /stdout takes one reporter; give json or tap a file/,
    ],
    ['a fixture of no form', ['run', '--sim', '--fixture', '=3'], /--fixture takes NAME/],
    ['a board that is not there', ['run', '-b', 'nope'], /No board is called 'nope'; there are sim-node/],
    ['no board at all', ['run'], /plug one in and run 'map init', or choose --sim/],
    ['a map that is not there', ['list', '--map', 'nope.json'], /There is no map nope\.json/],
    [
      'firmware that is not there',
      ['flash', '-b', 'sim-node', 'nope.uf2'],
      /no route of ours to flash it|there is no file nope\.uf2/,
    ],
    ['--wipe of what --no-upload would run', ['run', '--sim', '--wipe', '--no-upload'], /--wipe removes/],
    ['a run that left no folder', ['log', 'nope'], /There is no folder nope/],
  ];
  for (const [what, argv, message] of usage) {
    it(`exit 2, and a sentence, for ${what}`, async () => {
      const { code, stdout, stderr } = await run(argv);
      assert.match(stderr, message);
      assert.equal(code, 2);
      assert.equal(stdout, '');
    });
  }

  it('a kind without pins gets no bundle of another kind', async () => {
    map(board('a', { board: 'esp32' }));
    const { code, stderr } = await run(['run', '--dry-run']);
    assert.equal(code, 2);
    assert.match(stderr, /'a': there are no pins for esp32 with espruino .*\(SCRIPT_NONE\)/);
    assert.equal((await run(['run', '--dry-run', '--script', 'own.js'])).code, 5);
    map(board('a', { board: 'esp32', script: 'own' }));
    assert.match((await run(['run', '--dry-run'])).stdout, /^a: esp32 with espruino, dist\/hil-own\.min\.js/);
  });

  it('so it is in a process of its own, too', async () => {
    const { code, stdout, stderr } = await child(['list', '--frob']);
    assert.deepEqual(
      [code, stdout, stderr],
      [2, '', "hil: Unknown option '--frob'. (USAGE)\nusage: hil list [--json]\n"],
    );
  });

  it('exit 2 names the place of a mistake in the map', async () => {
    writeFileSync(
      join(folder, 'hil.boards.json'),
      '{"version":1,"boards":[{"id":"a","board":"x","engine":"espruino","console":{"type":"tcp","host":"h"}}]}',
    );
    const { code, stderr } = await run(['list']);
    assert.equal(code, 2);
    assert.match(stderr, /hil\.boards\.json: boards\[0\]\.console\.port \(board 'a'\): is missing\. \(MAP_INVALID\)/);
  });

  it('--help of every command goes to stdout, with exit 0', async () => {
    for (const name of ['list', 'map', 'flash', 'upload', 'run', 'repl', 'exec', 'reset', 'recover', 'log']) {
      const { code, stdout } = await run([name, '--help']);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^usage: hil ${name}`));
    }
  });

  const absent = { code: 'absent', message: 'It is not attached.', exitCode: 3 } as const;
  const flood = { code: 'FIXTURE', message: 'No server.', exitCode: 4 } as const;
  const codes: Array<[string, number, Record<string, ScriptedBoard>]> = [
    ['every case passed', 0, { a: {}, b: {} }],
    ['one was skipped, the others passed', 0, { a: { verdicts: { 'self/a': 'skip' } }, b: {} }],
    ['an assertion failed', 1, { a: { verdicts: { 'self/a': 'fail' } }, b: {} }],
    ['a board crashed', 1, { a: { verdicts: { 'self/a': 'crash' } }, b: {} }],
    ['a board hung', 1, { a: {}, b: { verdicts: { 'tls/page': 'hang' } } }],
    ['a link was lost', 4, { a: {}, b: { verdicts: { 'tls/page': 'link' } } }],
    [
      'an assertion failed and a link was lost',
      1,
      { a: { verdicts: { 'self/a': 'fail' } }, b: { verdicts: { 'self/a': 'link' } } },
    ],
    ['a planned case has no result', 4, { a: {}, b: { verdicts: { 'tls/page': 'missing' } } }],
    ['a run ended early without a failure', 4, { a: { error: flood, verdicts: { 'tls/page': 'missing' } }, b: {} }],
    ['a board is absent', 3, { a: {}, b: { throws: absent } }],
    [
      'a board is absent and a case failed elsewhere',
      1,
      { a: { verdicts: { 'self/a': 'fail' } }, b: { throws: absent } },
    ],
    [
      'everything was skipped',
      5,
      { a: { plan: ['x'], verdicts: { x: 'skip' } }, b: { plan: ['x'], verdicts: { x: 'skip' } } },
    ],
    ['no case was planned', 5, { a: { plan: [] }, b: { plan: [] } }],
  ];
  for (const [what, wanted, boards] of codes) {
    it(`exit ${wanted} when ${what}`, async () => {
      map(board('a', { tags: ['t'] }), board('b', { tags: ['t'] }));
      const { code, stdout, stderr } = await run(['run', '-t', 't'], { script: { boards } });
      assert.equal(code, wanted, stdout + stderr);
    });
  }

  for (const [wanted, verdict] of [
    [0, 'pass'],
    [1, 'fail'],
    [4, 'missing'],
    [5, 'skip'],
  ] as const) {
    it(`a process exits with ${wanted} when its only case is: ${verdict}`, async () => {
      map(board('a'));
      const { code, stdout } = await child(['run'], {
        script: { boards: { a: { plan: ['x'], verdicts: { x: verdict } } } },
      });
      assert.equal(code, wanted, stdout);
    });
  }

  it('exit 5 for a dry run, which says what would run', async () => {
    const { code, stdout } = await run(['run', '--sim', '--dry-run']);
    assert.equal(code, 5);
    assert.match(stdout, /^sim-node: node with node, /);
  });

  it('results on stdout, device text on stderr without what drives a terminal', async () => {
    map(board('a'));
    const { stdout, stderr } = await child(['run'], { script: { boards: { a: { verdicts: { 'self/b': 'fail' } } } } });
    assert.match(
      stdout,
      /^ok 1 self\/a {2}a {2}12 ms {2}8 KB free\nnot ok 2 self\/b {2}a {2}12 ms {2}8 KB free\n {4}why self\/b <fail>\n {4}again: npm run hil -- run 'self\/b' -b a\nok 3/,
    );
    assert.match(stdout, /\n3 cases on 1 board: 2 passed, 1 failed {2}\d+ ms\n$/);
    assert.match(stderr, /^a: uploading: 10 bytes in 0\.0 s\na \| device text\\x07\n$/);
  });

  it('cases by group, by wildcard, by expression, and in shards that cover all of them once', async () => {
    map(board('a'));
    const names = async (...argv: string[]) => {
      const { stdout } = await run(['run', ...argv]);
      return [...stdout.matchAll(/^ok \d+ (\S+)/gm)].map(match => match[1]);
    };
    assert.deepEqual(await names('self'), ['self/a', 'self/b']);
    assert.deepEqual(await names('*/a', 'tls/p?ge'), ['self/a', 'tls/page']);
    assert.deepEqual(await names('self/*', '--grep', 'b$'), ['self/b']);
    const shards = [...(await names('--shard', '1/2')), ...(await names('--shard', '2/2'))];
    assert.deepEqual(shards.sort(), ['self/a', 'self/b', 'tls/page']);
  });

  it('nothing matched: exit 5', async () => {
    map(board('a'));
    assert.equal((await run(['run', 'nothing/*'])).code, 5);
  });

  it('--out leaves results, JUnit and a raw log, which `log` reads', async () => {
    map(board('a'));
    await run(['run', '--out', 'out', '--reporter', 'tap=out/x.tap']);
    const results = JSON.parse(readFileSync(join(folder, 'out/results.json'), 'utf8'));
    assert.equal(results.exitCode, 0);
    assert.equal(results.boards[0].results.length, 3);
    assert.match(readFileSync(join(folder, 'out/junit.xml'), 'utf8'), /<testsuite name="a" tests="3"/);
    assert.match(readFileSync(join(folder, 'out/x.tap'), 'utf8'), /^TAP version 14\n[\s\S]*\n1\.\.3\n$/);
    const shown = await run(['log', 'out']);
    assert.match(shown.stdout, /3 passed, 0 failed, .*exit code 0\n\na {5}0\.\d{3} < hello\n/);
    assert.equal((await run(['log', 'out', '--raw'])).stdout, 'hello\r\n\xc3\xbf');
    assert.equal((await run(['log', 'out', '-b', 'other'])).code, 2);
  });

  it('Ctrl-C: exit 130, with the results so far', async () => {
    map(board('a'));
    const { code, stdout } = await child(['run', '--out', 'out'], {
      script: { boards: { a: { stopsAfter: 1 } } },
      onStart: (started, said) => {
        const timer = setInterval(() => {
          if (!said().includes('waiting')) return;
          clearInterval(timer);
          started.kill('SIGINT');
        }, 20);
        started.once('close', () => clearInterval(timer));
      },
    });
    assert.equal(code, 130);
    assert.match(
      stdout,
      /ok 1 self\/a[\s\S]*not run: self\/b[\s\S]*3 cases on 1 board: 1 passed, 2 not run.*interrupted\n$/,
    );
    assert.ok(existsSync(join(folder, 'out/results.json')));
  });

  it('list shows the map, what is attached beside it, and who is absent', async () => {
    map(board('a'), board('b'));
    const ports = [
      { path: '/dev/none0', usbSerial: 'E66a', vendorId: '2e8a', productId: '000a' },
      { path: '/dev/none1', usbSerial: 'XYZ', vendorId: '10c4', productId: 'ea60' },
    ];
    const { code, stdout } = await run(['list'], { script: { ports } });
    assert.equal(code, 0);
    assert.match(stdout, /^a +w5500-evb-pico +espruino +\/dev\/none0 +E66a +free$/m);
    assert.match(stdout, /^b +w5500-evb-pico +espruino +- +E66b +absent$/m);
    assert.match(stdout, /^- +esp32 +- +\/dev\/none1 +XYZ +free not in the map/m);
    assert.match(stdout, /^sim-node .* simulated$/m);
    const rows = JSON.parse((await run(['list', '--json'], { script: { ports } })).stdout);
    assert.deepEqual(
      rows.map((row: { board?: string }) => row.board),
      ['a', 'b', 'sim-node', undefined],
    );
  });

  it('list works where udevadm is missing', async () => {
    const { code, stdout } = await runCli(['list'], { cwd: folder, env: { PATH: folder } });
    assert.equal(code, 0);
    assert.match(stdout, /^BOARD +KIND/);
  });

  it('map init writes a map, a second time adds nothing; map check holds it against what is attached', async () => {
    const ports = [{ path: '/dev/none0', usbSerial: 'E66a', vendorId: '2e8a', productId: '000a' }];
    const first = await run(['map', 'init', '--no-probe'], { script: { ports } });
    assert.equal(first.code, 0);
    assert.match(first.stdout, /^w5500-evb-pico-a: w5500-evb-pico with espruino\n {4}it did not answer/);
    const written = readFileSync(join(folder, 'hil.boards.json'), 'utf8');
    const second = await run(['map', 'init', '--no-probe'], { script: { ports } });
    assert.match(second.stdout, /0 boards added, 1 in all/);
    assert.equal(readFileSync(join(folder, 'hil.boards.json'), 'utf8'), written);
    assert.equal((await run(['map', 'check', '--no-probe'], { script: { ports } })).code, 0);
    const gone = await run(['map', 'check', '--no-probe']);
    assert.equal(gone.code, 3);
    assert.match(gone.stdout, /^not ok w5500-evb-pico-a {2}it is not attached\n$/);
  });

  it('map check refuses an engine the board cannot run', async () => {
    map(board('a', { board: 'esp32', engine: 'kaluma' }));
    const { code, stdout } = await run(['map', 'check', '--no-probe']);
    assert.equal(code, 2);
    assert.match(stdout, /esp32 is not known to run kaluma, only espruino/);
  });
});
