/** How BoGo's runner is obtained: with a `go` that is a script, so without a network and without Go. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { cachedRunner, type Environment, findGo, MODULE, obtainRunner, VERSION } from '../../tools/bogo/obtain.js';

const LIMITS = { answer: 20000, download: 20000, build: 20000 };

describe('BoGo: obtaining the runner', () => {
  let folder = '';
  let environment: Environment = {};
  const log: string[] = [];
  const obtain = (limits = LIMITS): ReturnType<typeof obtainRunner> =>
    obtainRunner(line => log.push(line), environment, limits);
  const calls = (): string[] => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
  const leftovers = (): string[] => readdirSync(join(folder, 'cache', 'ringlet', 'bogo'));

  /** Writes its arguments down; `script` sees them too. */
  function installGo(script: string): void {
    const file = join(folder, 'bin', 'go');
    writeFileSync(file, `#!/bin/sh\necho "$@" >> "${join(folder, 'calls')}"\n${script}\n`);
    chmodSync(file, 0o755);
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringlet-obtain-'));
    mkdirSync(join(folder, 'bin'));
    environment = {
      PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter),
      XDG_CACHE_HOME: join(folder, 'cache'),
    };
    log.length = 0;
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('asks for the pinned version, builds its ssl/test/runner, and keeps nothing else', async () => {
    installGo('case "$1" in test) cat go.mod > "$4";; esac');
    const { runner } = await obtain();
    assert.deepEqual(calls(), [
      `list -m ${MODULE}@${VERSION}`,
      `get -t ${MODULE}/ssl/test/runner@${VERSION}`,
      `test -c -o runner.test ${MODULE}/ssl/test/runner`,
    ]);
    assert.equal(log.length, 3);
    assert.ok(runner);
    assert.ok(runner.startsWith(join(folder, 'cache', 'ringlet', 'bogo')));
    assert.match(readFileSync(runner, 'utf8'), /^module ringlet\/bogo\n/, 'a module of its own');
    assert.equal(leftovers().length, 1);
  });

  it('what was built once is used again, without go', async () => {
    assert.equal(cachedRunner(environment), undefined);
    installGo('case "$1" in test) : > "$4";; esac');
    const { runner } = await obtain();
    installGo('exit 1');
    assert.deepEqual(await obtain(), { runner });
    assert.equal(cachedRunner(environment), runner);
    assert.equal(calls().length, 3);
  });

  it('where the module is not to be had it says so with the words of go, at once', async () => {
    installGo(
      `echo 'go: downloading x v1' >&2; echo 'go: ${MODULE}: reading https://proxy: 403 Forbidden' >&2; exit 1`,
    );
    assert.deepEqual(await obtain(), { reason: `go list: go: ${MODULE}: reading https://proxy: 403 Forbidden` });
    assert.equal(calls().length, 1);
    assert.deepEqual(leftovers(), []);
  });

  it('a build that fails leaves no runner behind', async () => {
    installGo('case "$1" in test) : > "$4"; echo "no space left" >&2; exit 2;; esac');
    assert.deepEqual(await obtain(), { reason: 'go test: no space left' });
    assert.equal(cachedRunner(environment), undefined);
    assert.deepEqual(leftovers(), []);
    installGo('');
    assert.deepEqual(await obtain(), { reason: 'go test -c has built nothing' });
  });

  it('every step is bounded in time', async () => {
    installGo('exec sleep 30');
    const began = Date.now();
    assert.deepEqual(await obtain({ ...LIMITS, answer: 300 }), { reason: 'go list: no answer within 0.3 s' });
    assert.ok(Date.now() - began < 10000);
    assert.deepEqual(leftovers(), []);
  });

  it('without a folder that can be written to it says so', async () => {
    installGo('');
    writeFileSync(join(folder, 'file'), '');
    environment.XDG_CACHE_HOME = join(folder, 'file');
    assert.match((await obtain()).reason ?? '', /cannot be made/);
    assert.ok(!existsSync(join(folder, 'calls')));
  });

  it('go is looked for in PATH first', () => {
    installGo('');
    assert.equal(findGo(environment), join(folder, 'bin', 'go'));
    const elsewhere = findGo({ PATH: '' });
    assert.ok(elsewhere === undefined || elsewhere === '/usr/local/go/bin/go');
  });
});
