/** The real JerryScript as a board, in the host of hil/sim/jerry-host.c: JERRY_SOURCE names its source tree. All cases run on it. */
import assert from 'node:assert/strict';
import { FIXTURE_NAMES, startFixtures } from '../../hil/fixtures/index.js';
import { runBoard } from '../../hil/run/run-board.js';
import { buildJerryHost, whyNoJerryHost } from '../../hil/sim/jerry-host.js';
import { skip } from '../skip.js';
import { builtIn, type DesktopBoard, openBoard, running, until } from './desktop-boards.js';

describe('jerry on a desktop', function () {
  this.timeout(10 * 60 * 1000);
  let program = '';
  let others: number[] = [];
  let board: DesktopBoard;
  const fresh = () => running(program).filter(pid => !others.includes(pid));

  before(function () {
    const why = whyNoJerryHost();
    if (why !== undefined) skip(this, why);
    program = buildJerryHost();
  });
  beforeEach(async () => {
    others = running(program);
    board = await openBoard('sim-jerry', { watchdogS: 1 });
  });
  afterEach(async () => {
    await board.session.close();
    await until(() => fresh().length === 0, 'the firmware is gone');
  });

  it('answers who it is, what an expression is, and what is wrong with one', async () => {
    const { engine, identity } = board.session;
    assert.deepEqual([identity.engine, identity.version, board.steps], ['jerry', '3.0.0', []]);
    assert.equal(await engine.evaluate('"a\\n\\u00fc\\u20ac" + 2 * 3'), 'a\n\u00fc\u20ac6');
    await assert.rejects(engine.evaluate('nobody.here'), { code: 'EVAL_FAILED', message: /nobody is not defined/ });
    await assert.rejects(engine.evaluate('1;2'), { code: 'EVAL_FAILED' });
  });

  it('stores any bytes, over a power cycle as well, and no more than it has room for', async () => {
    const bytes = Buffer.from(Array.from({ length: 20000 }, (_, i) => (i * 7) & 0xff));
    await board.session.engine.upload('odd', bytes);
    await board.session.reopen();
    const progress: number[] = [];
    await board.session.engine.upload('odd', bytes, done => progress.push(done));
    assert.deepEqual(progress, [20000]);
    await assert.rejects(board.session.engine.upload('big', Buffer.alloc(300000)), { message: /no room/ });
    for (const name of ['../x', '.x', 'a/b', '']) {
      await assert.rejects(board.session.engine.evaluate(`host.append(${JSON.stringify(name)},"YQ==",0)`), /no name/);
    }
  });

  it('the watchdog gets it out of an endless loop, and nothing of the script is left', async () => {
    const { engine } = board.session;
    await engine.upload('hil', Buffer.from('var hil={x:function(){for(;;);}}'));
    await engine.start('hil');
    assert.equal(await engine.evaluate('typeof hil'), 'object');
    await engine.command('hil.x()');
    await until(() => board.text().includes('watchdog:'), 'the watchdog');
    assert.equal(await engine.evaluate('typeof hil'), 'undefined');
  });

  it('starts again when memory is exhausted', async () => {
    await board.session.engine.command('var a=[];for(;;)a.push(new Array(20000).join("x")+a.length)');
    await until(() => board.text().includes('out of memory'), 'the fatal error');
    assert.equal(await board.session.engine.evaluate('typeof a'), 'undefined');
  });

  it('timers come in the order in which they are due, and can be taken back', async () => {
    await board.session.engine.command(
      'var s="";[30,10,20,10].forEach(function(ms,i){setTimeout(function(){s+=i},ms)});clearTimeout(setTimeout(function(){s+="!"},5))',
    );
    await new Promise(resolve => setTimeout(resolve, 300));
    assert.equal(await board.session.engine.evaluate('s'), '1320');
  });

  it('SPI and randomness do not write beside an array', async () => {
    const { engine } = board.session;
    const answer = (call: string) =>
      engine.evaluate(`(function(){var a=new Uint8Array(4),h=new Uint8Array(3);return ringletNative.${call}})()`);
    assert.equal(await answer('random(a,3,1)'), 'true');
    for (const call of ['random(a,3,2)', 'random(a,-1,1)', 'random({},0,1)']) {
      await assert.rejects(answer(call), /random takes an array, and an offset and a length within it/, call);
    }
    for (const call of ['read(h,a,0,5)', 'read(h,a,4,1)', 'write(h,a,-1,2)', 'write(h,{},0,1)', 'read(a,a,0,4)']) {
      await assert.rejects(answer(call), /a frame is a header of 3 bytes, an array, and an offset/, call);
    }
  });

  it('runs every case', async () => {
    const fixtures = await startFixtures(FIXTURE_NAMES, { address: '127.0.0.1' });
    try {
      const { values, env } = fixtures;
      const result = await runBoard({ ...builtIn('sim-jerry'), id: 'cases' }, { fixtures: values, env });
      assert.equal(result.error, undefined);
      assert.ok(result.planned.length > 20);
      assert.deepEqual(
        result.results.map(({ name }) => name),
        result.planned,
      );
      assert.deepEqual(
        result.results.filter(({ verdict }) => verdict !== 'pass'),
        [],
      );
    } finally {
      await fixtures.stop();
    }
  });
});
