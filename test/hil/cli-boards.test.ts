/** The command line against boards that are not there, taken, or silent, and against the pure-Node board, which is always there. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import type { Console } from '../../hil/link/link.js';
import { lockBoard } from '../../hil/session/lock.js';
import { skip } from '../skip.js';
import { runCli } from './run-cli.js';

describe('hil: boards that cannot be had', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hil-boards-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (console: Console, ...argv: string[]) => {
    const boards = [{ id: 'b', board: 'w5500-evb-pico', engine: 'espruino', console, limits: { timeoutX: 0.1 } }];
    writeFileSync(join(folder, 'hil.boards.json'), JSON.stringify({ version: 1, boards }));
    return runCli(argv, { cwd: folder });
  };

  async function listening(onConnection: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
    const server = createServer(onConnection).listen(0, '127.0.0.1');
    await new Promise(resolve => server.once('listening', resolve));
    return { server, port: (server.address() as AddressInfo).port };
  }

  it('a serial number that is not attached: exit 3, which number, and what to do', async () => {
    const { code, stderr } = await run({ type: 'serial', usbSerial: 'NOT-HERE-1' }, 'exec', '-b', 'b', '1+1');
    assert.equal(code, 3);
    assert.match(
      stderr,
      /^hil: The board with USB serial number NOT-HERE-1 is not there;.*Plug it in.*\(BOARD_ABSENT\)\n$/,
    );
  });

  it('a port that is not there: exit 3, which port', async () => {
    const { code, stderr } = await run({ type: 'serial', path: '/dev/ttyNONE9' }, 'reset', '-b', 'b');
    assert.equal(code, 3);
    assert.match(stderr, /^hil: \/dev\/ttyNONE9 is not there: plug the board in/);
  });

  it('an address where nobody listens: exit 3', async () => {
    const { server, port } = await listening(() => {});
    await new Promise(resolve => server.close(resolve));
    const { code, stderr } = await run({ type: 'tcp', host: '127.0.0.1', port }, 'exec', '-b', 'b', '1+1');
    assert.equal(code, 3);
    assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${port} is not there: ECONNREFUSED`));
  });

  it('a board that another run has: exit 3, and which process; free again afterwards', async () => {
    const { server, port } = await listening(socket => socket.on('error', () => {}));
    const console = { type: 'tcp', host: '127.0.0.1', port } as const;
    const unlock = lockBoard(`127.0.0.1:${port}`);
    try {
      const { code, stderr } = await run(console, 'exec', '-b', 'b', '1+1');
      assert.equal(code, 3);
      assert.match(
        stderr,
        new RegExp(`is in use by another run \\(process ${process.pid}, since .*\\(BOARD_LOCKED\\)`),
      );
      assert.match(
        (await run(console, 'list')).stdout,
        new RegExp(`locked by another run \\(process ${process.pid}\\)`),
      );
      assert.equal((await run(console, 'map', 'check')).code, 3);
    } finally {
      unlock();
    }
    assert.match((await run(console, 'list')).stdout, /unknown \(127\.0\.0\.1:/);
    server.close();
  });

  it('a console that never answers: exit 3, and that it is silent', async () => {
    const sockets = new Set<Socket>();
    const { server, port } = await listening(socket => sockets.add(socket.on('error', () => {}).resume()));
    try {
      const { code, stdout, stderr } = await run(
        { type: 'tcp', host: '127.0.0.1', port },
        'run',
        '-b',
        'b',
        '--script',
        existing(),
      );
      assert.equal(code, 3, stderr);
      assert.match(stdout, /^b: the board does not answer as an Espruino.*\(BOARD_SILENT\)$/m);
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
    assert.ok(sockets.size > 0);
  });

  /** Any file: no board will ever get it. */
  const existing = () => join(folder, 'hil.boards.json');

  it('a port that another program has open: exit 3, and who', async function () {
    if (spawnSync('socat', ['-V']).error) skip(this, 'no socat for a pseudo-terminal');
    const tty = join(folder, 'tty');
    const socat = spawn('socat', [`PTY,link=${tty},raw,echo=0`, `PTY,link=${tty}2,raw,echo=0`], { stdio: 'ignore' });
    try {
      while (!existsSync(tty)) await new Promise(resolve => setTimeout(resolve, 20));
      const port = new SerialPort({ path: tty, baudRate: 115200 });
      await new Promise(resolve => port.once('open', resolve));
      const { code, stderr } = await run({ type: 'serial', path: tty }, 'exec', '-b', 'b', '1+1');
      assert.equal(code, 3);
      assert.match(stderr, new RegExp(`is in use by process ${process.pid} \\(`));
      await new Promise<void>(resolve => port.close(() => resolve()));
    } finally {
      socat.kill();
    }
  });
});

describe('hil: the pure-Node board through the command line', () => {
  let folder: string;
  before(function () {
    if (!existsSync('dist/hil-node.min.js')) skip(this, 'no dist/hil-node.min.js; npm run build makes it');
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hil-node-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('run --sim: the cases of one group pass, exit 0, and the folder has everything', async () => {
    const { code, stdout, stderr } = await runCli(['run', 'chip', 'tls/page', '--sim', '--out', 'out'], {
      cwd: folder,
    });
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^ok 1 chip\/probe {2}sim-node {2}/);
    assert.match(stderr, /^sim-node: node v/);
    assert.match(stderr, /sim-node: uploading: \d+ bytes in/);
    const { counts, boards } = JSON.parse(readFileSync(join(folder, 'out/results.json'), 'utf8'));
    assert.equal(counts.passed, counts.planned);
    assert.match(boards[0].script.crc32, /^[0-9a-f]{8}$/);
    for (const file of [
      'junit.xml',
      'sim-node.raw.log',
      'sim-node/keys.log',
      'sim-node/fixtures.log',
      'sim-node/capture.pcapng',
    ]) {
      assert.ok(existsSync(join(folder, 'out', file)), file);
    }
    assert.match((await runCli(['log', 'out'], { cwd: folder })).stdout, /^sim-node +\d+\.\d{3} < .*#hil /m);
  });

  it('exec, upload and reset', async () => {
    const said = await runCli(['exec', '-b', 'sim-node', '6*7'], { cwd: folder });
    assert.deepEqual([said.code, said.stdout], [0, '42\n']);
    writeFileSync(join(folder, 'x.js'), 'var x = 1;');
    const uploaded = await runCli(['upload', '-b', 'sim-node', 'x.js'], { cwd: folder });
    assert.deepEqual([uploaded.code, uploaded.stdout], [0, 'sim-node: x.js, 10 bytes, CRC-32 19e78f9d\n']);
    const reset = await runCli(['reset', '-b', 'sim-node'], { cwd: folder });
    assert.match(reset.stdout, /^sim-node: node v.*, reset\n$/);
    assert.match(
      (await runCli(['recover', '-b', 'sim-node'], { cwd: folder })).stdout,
      /^sim-node: node v.* answers\n$/,
    );
    assert.match(
      (await runCli(['recover', '-b', 'sim-node', '--wipe'], { cwd: folder })).stdout,
      /^sim-node: node v.* answers\nsim-node: removed nothing\n$/,
    );
  });

  it('no case chosen: exit 5', async () => {
    const { code, stdout } = await runCli(['run', 'nothing/here', '--sim'], { cwd: folder });
    assert.equal(code, 5);
    assert.match(stdout, /None of the \d+ cases on the board was chosen/);
  });

  it('a bundle that is not built: exit 2, and what makes it', async () => {
    const { code, stdout } = await runCli(['run', '--sim', '--script', 'nope.js'], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stdout, /npm run build/);
  });
});
