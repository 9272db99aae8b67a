/** The last step of the ladder: a board that nothing else reaches is without power for a moment. Its hub is a script named uhubctl. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { BoardDescription } from '../../hil/run/run-board.js';
import { Session } from '../../hil/session/session.js';
import { skip } from '../skip.js';

describe('hil: power as the last step', function () {
  this.timeout(30000);
  const path = process.env['PATH'];
  let folder: string;
  let server: Server;
  let description: BoardDescription;
  let dead: boolean;
  const boards: ChildProcess[] = [];

  before(function () {
    if (process.platform === 'win32') skip(this, 'the hub is a shell script');
  });

  /** A pure-Node board behind TCP that hears nothing once it is dead, until the hub has been there. */
  beforeEach(async () => {
    dead = false;
    folder = mkdtempSync(join(tmpdir(), 'hil-power-'));
    server = createServer(socket => {
      const board = spawn(process.execPath, ['build/hil/sim/node-board.js'], {
        env: { ...process.env, HIL_FOLDER: folder },
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      boards.push(board);
      board.stdout.pipe(socket);
      board.stdin.on('error', () => undefined);
      socket.on('error', () => undefined);
      socket.on('data', bytes => {
        if (!dead || existsSync(join(folder, 'cycled'))) board.stdin.write(bytes);
      });
      socket.on('close', () => board.kill('SIGKILL'));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    description = {
      id: 'b',
      engine: 'node',
      console: { type: 'tcp', host: '127.0.0.1', port },
      limits: { timeoutX: 0.3 },
      power: { type: 'uhubctl', hub: '1-1', port: 2 },
    };
    process.env['PATH'] = `${folder}${delimiter}${path}`;
  });
  afterEach(async () => {
    process.env['PATH'] = path;
    for (const board of boards.splice(0)) board.kill('SIGKILL');
    await new Promise(resolve => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  function hub(script: string): void {
    writeFileSync(join(folder, 'uhubctl'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'uhubctl'), 0o755);
  }

  it('brings a board back that is deaf on a new connection, too', async () => {
    hub(`echo "$@" > ${folder}/cycled`);
    const session = await Session.open(description);
    try {
      dead = true;
      assert.equal(await session.recover(), true);
      assert.deepEqual(session.steps, [
        'open the port again',
        'uhubctl -l 1-1 -p 2 -a cycle -d 2',
        'open the port again',
      ]);
      assert.equal(await session.engine.evaluate('1+1'), '2');
    } finally {
      await session.close();
    }
  });

  it('a hub that cannot switch, and a board without one: the ladder ends', async () => {
    hub('exit 1');
    for (const power of [description.power, undefined]) {
      dead = false;
      const session = await Session.open({ ...description, power });
      try {
        dead = true;
        assert.equal(await session.recover(), false);
        assert.equal(
          session.steps.some(step => step.startsWith('uhubctl')),
          power !== undefined,
        );
      } finally {
        await session.close();
      }
    }
  });
});
