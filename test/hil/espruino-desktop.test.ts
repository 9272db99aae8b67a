/** The real Espruino, built for the desktop, as a board: ESPRUINO names it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { startFixtures } from '../../hil/fixtures/index.js';
import { runBoard } from '../../hil/run/run-board.js';
import { skip } from '../skip.js';
import { builtIn, type DesktopBoard, openBoard, running, until } from './desktop-boards.js';

const SMOKE = ['self/text', 'chip/probe', 'net/dhcp', 'tcp/echo-odd', 'tls/page'];

describe('espruino on a desktop', function () {
  this.timeout(10 * 60 * 1000);
  const binary = process.env['ESPRUINO'];
  let others: number[] = [];
  let board: DesktopBoard;
  const fresh = () => running(binary!).filter(pid => !others.includes(pid));

  before(function () {
    if (!binary) skip(this, 'ESPRUINO does not name an Espruino binary');
  });
  beforeEach(async () => {
    others = running(binary!);
    board = await openBoard('sim-espruino');
  });
  afterEach(async () => {
    await board.session.close();
    await until(() => fresh().length === 0, 'the firmware is gone');
  });

  it('answers who it is, what an expression is, and what is wrong with one', async () => {
    const { engine, identity } = board.session;
    assert.match(identity.version, /^2v\d+/);
    assert.equal(identity.board, 'LINUX');
    assert.deepEqual(board.steps, []);
    assert.equal(await engine.evaluate('[1,"a\\n",2*3]'), '[1,"a\\n",6]');
    await assert.rejects(engine.evaluate('nobody.here'), /"nobody" is not defined/);
    await assert.rejects(engine.evaluate('x=7;x+1'), { code: 'EVAL_FAILED' });
  });

  it('keeps every byte of a file, over a power cycle as well', async () => {
    const bytes = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7) & 0xff));
    await board.session.engine.upload('odd', bytes);
    await board.session.reopen();
    const { engine } = board.session as unknown as { engine: { read(name: string): Promise<Uint8Array> } };
    assert.deepEqual(Buffer.from(await engine.read('odd')), bytes);
    assert.deepEqual(board.steps, ['power']);
  });

  it('says when Storage is full', async () => {
    await assert.rejects(board.session.engine.upload('big', Buffer.alloc(300000, 'a')), { code: 'UPLOAD_NO_ROOM' });
  });

  it('a script is replaced while its functions are in use', async () => {
    const { engine } = board.session;
    for (const word of ['first', 'second, which is longer']) {
      await engine.upload('hil', Buffer.from(`var hil=(function(){return{x:function(){print("the ${word}")}}})()`));
      await engine.start('hil');
      await engine.command('hil.x()');
      await until(() => board.text().includes(`the ${word}`), word);
    }
    assert.doesNotMatch(board.text(), /Uncaught/);
  });

  it('boot code is run by every start, until it is wiped', async () => {
    const { session } = board;
    await session.engine.evaluate('E.setBootCode("booted=1",true)');
    await session.engine.reset();
    assert.equal(await session.engine.evaluate('global.booted'), '1');
    assert.deepEqual(await session.engine.wipe(), ['.bootrst']);
    await session.engine.reset();
    assert.equal(await session.engine.evaluate('typeof booted'), '"undefined"');
  });

  it('Ctrl-C gets it out of an endless loop', async () => {
    await board.session.engine.command('for(;;);');
    assert.equal(await board.session.recover(), true);
    assert.ok(board.steps.includes('Ctrl-C'), board.steps.join());
    assert.equal(await board.session.engine.evaluate('1+1'), '2');
  });

  it('a firmware that ends closes the link, and comes back with its power', async () => {
    let gone = false;
    board.session.onGone = () => {
      gone = true;
    };
    await board.session.engine.command('\x04');
    await until(() => gone, 'the link is closed');
    assert.equal(await board.session.recover(), true);
    assert.equal(await board.session.engine.evaluate('1+1'), '2');
  });

  it('a firmware that waits for a chip which has half a frame is killed', async () => {
    await board.session.engine.evaluate('E.openFile("mosi","w").write("\\x80\\x09\\0")');
    const asked = board.session.engine.evaluate('E.openFile("miso","r").read(1)');
    await assert.rejects(asked, { code: 'LINK_CLOSED' });
    assert.match(board.text(), /half an SPI frame/);
  });

  it('the firmware does not outlive its board, even if that is killed', async () => {
    assert.equal(fresh().length, 1);
    const [wrapper] = running(process.execPath).filter(pid => parentOf(fresh()[0]!) === pid);
    process.kill(wrapper!, 'SIGKILL');
    await until(() => fresh().length === 0, 'the firmware is gone');
  });

  it(`runs ${SMOKE.join(', ')}`, async () => {
    const fixtures = await startFixtures(['tcp', 'tls', 'dns', 'time'], { address: '127.0.0.1' });
    try {
      const { values, env } = fixtures;
      const select = (name: string) => SMOKE.includes(name);
      const result = await runBoard({ ...builtIn('sim-espruino'), id: 'cases' }, { fixtures: values, env, select });
      assert.equal(result.error, undefined);
      assert.deepEqual(result.planned, SMOKE);
      assert.deepEqual(
        result.results.filter(({ verdict }) => verdict !== 'pass'),
        [],
      );
    } finally {
      await fixtures.stop();
    }
  });
});

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
