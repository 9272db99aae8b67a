/** hil/link and hil/session/lock.ts: what is not there, or taken, is said in a sentence of its own, with exit code 3. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HilError } from '../../hil/errors.js';
import { type Link, openLink } from '../../hil/link/link.js';
import { type BoardDescription, runBoard } from '../../hil/run/run-board.js';
import { lockBoard, lockOwner } from '../../hil/session/lock.js';
import { skip } from '../skip.js';
import { childrenLeft, SIM, scriptOf } from './sim-board.js';

async function refused(promise: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(promise, (error: HilError) => {
    assert.equal(error.code, code);
    assert.equal(error.exitCode, 3);
    assert.match(error.message, message);
    return true;
  });
}

/** What a link says until it has said `text`. */
function heard(link: Link, text: string): Promise<string> {
  return new Promise(resolve => {
    let all = '';
    link.on('data', bytes => {
      all += bytes.toString('latin1');
      if (all.includes(text)) resolve(all);
    });
  });
}

const closed = (link: Link) => new Promise<void>(resolve => link.close(() => resolve()));

const BOARD = 'build/hil/sim/node-board.js';
/** A board on a pseudo-terminal, by what Python has: prints the terminal's name first. */
const PTY = `import pty,os,subprocess,sys,tty
m,s=pty.openpty()
tty.setraw(s)
print(os.ttyname(s),flush=True)
subprocess.run(sys.argv[1:],stdin=m,stdout=m)`;

describe('hil: links', function () {
  this.timeout(60000);

  it('absent: a port, a USB serial number, a program, a server', async () => {
    await refused(openLink({ type: 'serial', path: '/dev/no-such-port' }), 'BOARD_ABSENT', /no-such-port is not there/);
    await refused(
      openLink({ type: 'serial', usbSerial: 'E6000000000000FF' }),
      'BOARD_ABSENT',
      /E6000000000000FF is not/,
    );
    await refused(
      openLink({ type: 'process', command: ['/no/such/program'] }),
      'BOARD_ABSENT',
      /program is not there: .*ENOENT/,
    );
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise(resolve => server.close(resolve));
    await refused(openLink({ type: 'tcp', host: '127.0.0.1', port }), 'BOARD_ABSENT', /is not there: ECONNREFUSED/);
  });

  it('a program: its words, the last of them as well, then close', async () => {
    const link = await openLink({
      type: 'process',
      command: [process.execPath, '-e', 'process.stdout.write("x".repeat(2e5)+"end")'],
    });
    const [all] = await Promise.all([heard(link, 'end'), once(link, 'close')]);
    assert.equal(all.length, 200003);
    assert.equal(link.isOpen, false);
  });

  it('closing kills a program that ignores SIGTERM, and what it has started', async () => {
    const sleeper = 'process.on("SIGTERM",()=>{});setInterval(()=>{},1e3);console.log(process.pid+" ready")';
    const starter = `require("child_process").spawn(process.execPath,["-e",${JSON.stringify(sleeper)}],{stdio:"inherit"});${sleeper}`;
    const link = await openLink({ type: 'process', command: [process.execPath, '-e', starter] });
    const pids: number[] = [];
    await new Promise<void>(resolve => {
      let all = '';
      link.on('data', bytes => {
        all += bytes;
        pids.splice(0, 9, ...[...all.matchAll(/(\d+) ready/g)].map(match => Number(match[1])));
        if (pids.length === 2) resolve();
      });
    });
    await closed(link);
    // An orphan is a zombie until somebody reaps it.
    await new Promise(resolve => setTimeout(resolve, 200));
    for (const pid of pids) assert.ok(!alive(pid), `${pid} is alive`);
  });

  it('TCP: a board behind a server, cut off and there again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringlet-hil-test-'));
    const sockets: Socket[] = [];
    const server = createServer(socket => {
      sockets.push(socket);
      const board = spawn(process.execPath, [join(process.cwd(), BOARD)], {
        cwd: folder,
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      socket.pipe(board.stdin);
      board.stdout.pipe(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => board.kill('SIGKILL'));
    }).listen(0, '127.0.0.1');
    const script = join(folder, 'script.js');
    writeFileSync(
      script,
      scriptOf(
        `[{name:'a',needs:[],timeoutMs:3000,run(t){t.pass()}},{name:'b',needs:[],timeoutMs:5000,run(t){t.log('cut');t.after(1500,()=>t.pass())}}]`,
      ),
    );
    try {
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      let cuts = 0;
      const result = await runBoard(
        { id: 'lab', engine: 'node', console: { type: 'tcp', host: '127.0.0.1', port } },
        {
          script,
          timeoutX: 0.5,
          onEvent: event => {
            if (event.type === 'log' && event.text === 'cut' && cuts++ === 0) sockets.at(-1)!.destroy();
          },
        },
      );
      assert.equal(result.error, undefined);
      assert.deepEqual(
        result.results.map(one => [one.name, one.verdict, one.retries]),
        [
          ['a', 'pass', 0],
          ['b', 'pass', 1],
        ],
      );
      assert.deepEqual(result.steps, ['open the port again']);
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('a serial port: a run on it, and a second one at the same time', async function () {
    if (spawnSync('python3', ['-c', 'import pty']).status !== 0)
      skip(this, 'no python3, whose pty module makes the port');
    const folder = mkdtempSync(join(tmpdir(), 'ringlet-hil-test-'));
    const script = join(folder, 'script.js');
    writeFileSync(
      script,
      scriptOf(`[{name:'a',needs:[],timeoutMs:3000,run(t){t.log('here');t.after(300,()=>t.pass())}}]`),
    );
    const words = ['-c', PTY, process.execPath, join(process.cwd(), BOARD)];
    const python = spawn('python3', words, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    try {
      const path = String((await once(python.stdout, 'data'))[0]).trim();
      const board: BoardDescription = { id: 'pico', engine: 'node', console: { type: 'serial', path } };
      let second: Promise<void> | undefined;
      let third: Promise<void> | undefined;
      const result = await runBoard(board, {
        script,
        onEvent: event => {
          if (event.type !== 'log' || event.text !== 'here') return;
          second ??= refused(runBoard(board, { script }), 'BOARD_LOCKED', /in use by another run \(process/);
          third ??= refused(openLink(board.console), 'BOARD_LOCKED', /in use by process \d+ \(/);
        },
      });
      await Promise.all([second, third]);
      assert.equal(result.error, undefined);
      assert.equal(result.results[0].verdict, 'pass');
      assert.deepEqual(result.steps, []);
    } finally {
      process.kill(-python.pid!, 'SIGKILL');
      rmSync(folder, { recursive: true });
    }
  });

  for (const [how, code] of [
    ['ends by itself', 'setTimeout(()=>process.exit(0),1500)'],
    ['is terminated', 'setTimeout(()=>process.kill(process.pid,"SIGTERM"),1500)'],
    ['is killed', 'setTimeout(()=>process.kill(process.pid,"SIGKILL"),1500)'],
  ]) {
    it(`no board outlives a runner that ${how} in mid-case`, async function () {
      if (childrenLeft() === undefined) skip(this, 'no /proc here');
      const folder = mkdtempSync(join(tmpdir(), 'ringlet-hil-test-'));
      const script = join(folder, 'script.js');
      writeFileSync(script, scriptOf(`[{name:'a',needs:[],timeoutMs:60000,run(t){t.log('running')}}]`));
      const mark = `HIL_TEST_MARK=${Math.random()}`;
      const program = `
        import { runBoard } from './build/hil/run/run-board.js';
        runBoard(${JSON.stringify(SIM)}, { script: ${JSON.stringify(script)}, onEvent: event => {
          if (event.type === 'log' && event.text === 'running') { console.log('running'); ${code} }
        }});`;
      const runner = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        env: { ...process.env, HIL_TEST_MARK: mark.split('=')[1], TMPDIR: folder },
        encoding: 'latin1',
      });
      assert.match(runner.stdout, /running/, runner.stderr);
      for (let i = 0; i < 50 && marked(mark).length > 0; i++) await new Promise(resolve => setTimeout(resolve, 100));
      assert.deepEqual(marked(mark), []);
      rmSync(folder, { recursive: true });
    });
  }
});

describe('hil: locks', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringlet-hil-test-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('one run per board, until it lets go', () => {
    const unlock = lockBoard('/dev/ttyACM0', folder);
    assert.throws(
      () => lockBoard('/dev/ttyACM0', folder),
      (error: HilError) =>
        error.code === 'BOARD_LOCKED' && error.exitCode === 3 && error.message.includes(`process ${process.pid}`),
    );
    assert.equal(lockOwner('/dev/ttyACM0', folder), process.pid);
    lockBoard('/dev/ttyACM1', folder)();
    unlock();
    assert.equal(lockOwner('/dev/ttyACM0', folder), undefined);
    lockBoard('/dev/ttyACM0', folder)();
  });

  it('the lock of a process that is no more, or whose number is another’s now, is taken over', () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    for (const owner of [{ pid: dead, started: '1' }, { pid: process.pid, started: '1' }, 'not JSON']) {
      writeFileSync(
        join(folder, 'b.lock'),
        typeof owner === 'string' ? owner : JSON.stringify({ ...owner, since: '' }),
      );
      lockBoard('b', folder)();
    }
  });
});

function alive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

/** Processes with that in their environment. */
function marked(mark: string): string[] {
  return spawnSync('sh', ['-c', `grep -lza '${mark}' /proc/[0-9]*/environ 2>/dev/null`], { encoding: 'latin1' })
    .stdout.split('\n')
    .filter(Boolean);
}
