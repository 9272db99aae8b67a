/** hil/run: whatever a board or its line does, a verdict is what the board said in an answer that arrived whole. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { HilError } from '../../hil/errors.js';
import { runBoard } from '../../hil/run/run-board.js';
import { lines } from '../../hil/run/runner.js';
import { SEED } from '../seed.js';
import { childrenLeft, run, SIM, verdicts } from './sim-board.js';

const pass = (name: string) => `{name:'${name}',needs:[],timeoutMs:3000,run(t){t.pass()}}`;
const fail = (name: string) => `{name:'${name}',needs:[],timeoutMs:3000,run(t){t.fail('wrong: ${name}')}}`;
/** Says ten things, takes 60 ms. */
const talk = (name: string) =>
  `{name:'${name}',needs:[],timeoutMs:3000,run(t){for(let i=0;i<10;i++){t.metric('m'+i,i*i);t.log('line '+i)}t.after(60,()=>t.pass())}}`;
const never = (name: string) => `{name:'${name}',needs:[],timeoutMs:200,run(t){}}`;

/** The frame that begins the case at `index` of `count` when nothing went wrong before: begin and the plan are tokens 1 to count + 1. */
const startOf = (index: number, count: number) => ` start [${count + 2 + index},`;

describe('hil: a run on the pure-Node board', function () {
  this.timeout(120000);

  afterEach('no process is left', () => {
    assert.deepEqual(childrenLeft() ?? [], []);
  });

  it('upload, plan, cases, metrics, logs', async () => {
    const ran = await run(`[${pass('a')},${fail('b')},${talk('c')},${never('d')}]`);
    assert.equal(verdicts(ran), 'a:pass b:fail c:pass d:fail');
    const { result, events } = ran;
    assert.deepEqual(result.planned, ['a', 'b', 'c', 'd']);
    assert.equal(result.error, undefined);
    assert.deepEqual(result.steps, []);
    assert.equal(result.identity.engine, 'node');
    assert.equal(result.results[1].message, 'wrong: b');
    assert.equal(result.results[3].message, 'no result within 100 ms');
    const metrics: Record<string, number> = { freeBytes: 1000, freeBytesBefore: 1000 };
    for (let i = 0; i < 10; i++) metrics[`m${i}`] = i * i;
    assert.deepEqual(result.results[2].metrics, metrics);
    const logs = events.flatMap(event => (event.type === 'log' && event.name === 'c' ? event.text : []));
    assert.deepEqual(
      logs,
      Array.from({ length: 10 }, (_, i) => `line ${i}`),
    );
    assert.ok(result.results[2].boardMs! >= 50);
  });

  it('the bundle of the board itself', async function () {
    if (!existsSync('dist/hil-node.min.js')) this.skip();
    const ran = await runBoard(SIM, { timeoutX: 0.5, select: name => name.startsWith('self/') });
    assert.ok(ran.planned.length >= 2);
    assert.deepEqual(
      ran.results.map(one => one.verdict),
      ran.planned.map(() => 'pass'),
    );
  });

  it('a case without its fixture is skipped, with the reason; with it, it has long strings whole', async () => {
    const ca = Array.from({ length: 2000 }, (_, i) => String.fromCharCode(33 + (i % 90))).join('');
    const cases = `[{name:'a',needs:['w5500','tls'],timeoutMs:3000,run(t){var f=t.fixture('tls');
      t.metric('port',f.port);t.metric('length',f.ca.length);f.ca===${JSON.stringify(ca)}&&f.host==='x'?t.pass():t.fail('other')}},
      {name:'b',needs:['echo','loop:D2-D3'],timeoutMs:3000,run(t){t.pass()}}]`;
    const fixtures = { tls: { host: 'x', ca, port: 4433 } };
    const ran = await run(cases, {}, { fixtures, missing: { echo: 'no address' } });
    assert.equal(verdicts(ran), 'a:pass b:skip');
    assert.deepEqual(
      { ...ran.result.results[0].metrics, freeBytes: 0, freeBytesBefore: 0 },
      {
        port: 4433,
        length: 2000,
        freeBytes: 0,
        freeBytesBefore: 0,
      },
    );
    assert.equal(ran.result.results[1].message, 'needs echo (no address), loop:D2-D3');
  });

  it('a fixture as lines comes back the same', () => {
    const values = { a: 'x'.repeat(1000), b: 5, c: '', d: '"\\\n'.repeat(200), e: 'é'.repeat(300) };
    const back: Record<string, string | number> = {};
    for (const line of lines(values)) {
      assert.ok(JSON.stringify(line).length < 1700);
      for (const [key, value] of Object.entries(JSON.parse(line) as typeof back)) {
        back[key] = key in back ? (((back[key] as string) + value) as string) : value;
      }
    }
    assert.deepEqual(back, values);
  });

  it('a choice of cases; a choice of none is an error', async () => {
    const cases = `[${pass('a/1')},${fail('b/1')},${pass('a/2')}]`;
    assert.equal(verdicts(await run(cases, {}, { select: name => name.startsWith('a/') })), 'a/1:pass a/2:pass');
    const { result } = await run(cases, {}, { select: () => false });
    assert.equal(result.error?.code, 'NO_CASES');
    assert.equal(result.error?.exitCode, 5);
  });

  it('bail ends the run after the first failure', async () => {
    const ran = await run(`[${pass('a')},${fail('b')},${pass('c')}]`, {}, { bail: true });
    assert.equal(verdicts(ran), 'a:pass b:fail');
  });

  for (const rate of [0.0005, 0.002, 0.005]) {
    it(`${rate * 100} % of the bytes damaged both ways: everything is as without`, async () => {
      const cases = ['a', 'b', 'c', 'd'].flatMap(name => [
        talk(`${name}/talk`),
        fail(`${name}/fail`),
        pass(`${name}/pass`),
      ]);
      const ran = await run(`[${cases}]`, { noise: rate, seed: SEED });
      assert.equal(ran.result.error, undefined);
      assert.equal(ran.result.results.length, 12);
      for (const one of ran.result.results) {
        assert.equal(one.verdict, one.name.endsWith('/fail') ? 'fail' : 'pass', JSON.stringify(one));
        if (!one.name.endsWith('/talk')) continue;
        for (let i = 0; i < 10; i++) assert.equal(one.metrics[`m${i}`], i * i);
      }
      const logs = ran.events.filter(event => event.type === 'log' && /^line \d$/.test(event.text));
      assert.ok(logs.length >= 40);
      const repeats = ran.result.results.reduce((sum, one) => sum + one.retries, 0);
      console.log(
        `      ${Math.round(ran.ms)} ms, ${repeats} cases repeated, steps: ${ran.result.steps.join(', ') || 'none'}`,
      );
    });
  }

  it('killed in mid-case: crash, once more, and the retry is reported', async () => {
    const ran = await run(`[${pass('a')},${talk('b')},${pass('c')}]`, { dieAfter: startOf(1, 3) });
    assert.equal(verdicts(ran), 'a:pass b:pass c:pass');
    const [, b] = ran.result.results;
    assert.equal(b.retries, 1);
    assert.match(b.message!, /before that crash: the board went away, and came back/);
    assert.deepEqual(ran.result.steps, ['power']);
  });

  it('killed whenever a case runs: crash, and the others are run', async () => {
    const cases = `[${pass('a')},{name:'b',needs:[],timeoutMs:3000,run(t){t.log('fatal')}},${pass('c')}]`;
    const ran = await run(cases, { dieAfter: '"fatal"', times: 99 });
    assert.equal(verdicts(ran), 'a:pass b:crash c:pass');
    assert.equal(ran.result.results[1].retries, 1);
    assert.equal(ran.result.error, undefined);
    assert.equal(
      verdicts(await run(cases, { dieAfter: '"fatal"', times: 99 }, { retries: 0 })),
      'a:pass b:crash c:pass',
    );
  });

  it('restarted in mid-case with its console open: crash', async () => {
    const cases = `[${pass('a')},{name:'b',needs:[],timeoutMs:50000,run(t){t.log('fatal')}},${pass('c')}]`;
    const ran = await run(cases, { restartAfter: '"fatal"', times: 99 });
    assert.equal(verdicts(ran), 'a:pass b:crash c:pass');
    assert.equal(ran.result.results[1].message, 'the board has started again');
    assert.ok(ran.ms < 40000, `noticed after ${ran.ms} ms, not after the case's time`);
  });

  it('hanging: hang, power, and the others are run', async () => {
    const cases = `[${pass('a')},{name:'b',needs:[],timeoutMs:500,run(t){t.after(1,()=>{for(;;);})}},${pass('c')}]`;
    const ran = await run(cases, {}, { retries: 0 });
    assert.equal(verdicts(ran), 'a:pass b:hang c:pass');
    assert.match(ran.result.results[1].message!, /came back after power/);
    assert.deepEqual(ran.result.steps, ['power']);
  });

  it('a case that leaves its console alive and never ends fails by the clock of the board', async () => {
    const ran = await run(`[${never('a')},${pass('b')}]`);
    assert.equal(verdicts(ran), 'a:fail b:pass');
    assert.equal(ran.result.results[0].retries, 0);
  });

  it('storage that is too small: the upload is proved, so the run ends there', async () => {
    const { result } = await run(`[${pass('a')}]`, { storage: 2000 });
    assert.equal(result.error?.code, 'UPLOAD_NOT_STORED');
    assert.equal(result.error?.exitCode, 4);
    assert.match(result.error!.message, /room for 0 bytes more/);
    assert.deepEqual([result.planned, result.results], [[], []]);
  });

  it('fake frames change nothing: not a pass for what fails, and not for what never ends', async () => {
    const cases = `[${fail('a')},${talk('b')},{name:'c',needs:[],timeoutMs:600,run(t){}},{name:'d',needs:[],timeoutMs:3000,run(t){
      nodeBoard.print('#hil 1234 5 done [6,1,"",0,0]');t.log('#hil 1234 5 done [6,1,"",0,0] 00000000');t.after(50,()=>t.fail('really'))}}]`;
    const ran = await run(cases, { fakesEvery: 3 });
    assert.equal(verdicts(ran), 'a:fail b:pass c:fail d:fail');
    const texts = ran.events.flatMap(event => (event.type === 'log' ? event.text : []));
    assert.ok(texts.filter(text => text === 'PASS all tests passed').length > 50);
  });

  it('fake frames, noise and a crash together', async () => {
    const cases = `[${fail('a')},${talk('b')},{name:'c',needs:[],timeoutMs:3000,run(t){t.log('fatal')}},${fail('d')}]`;
    const ran = await run(cases, { fakesEvery: 20, noise: 0.002, seed: SEED, dieAfter: '"fatal"', times: 99 });
    assert.equal(verdicts(ran), 'a:fail b:pass c:crash d:fail');
  });

  it('three failures in a row retire the board, and the plan is not met', async () => {
    const fatal = (name: string) => `{name:'${name}',needs:[],timeoutMs:3000,run(t){t.log('fatal')}}`;
    const ran = await run(`[${fatal('a')},${fatal('b')},${pass('c')}]`, { dieAfter: '"fatal"', times: 99 });
    assert.equal(verdicts(ran), 'a:crash b:crash');
    assert.equal(ran.result.error?.code, 'BOARD_RETIRED');
    assert.deepEqual(ran.result.planned, ['a', 'b', 'c']);
  });

  it('a script that does not load, and one without an agent', async () => {
    const { result } = await run(`nonsense(`);
    assert.equal(result.error?.code, 'SCRIPT_FAILED');
    const none = await run(`[${pass('a')}]);hil=0;(0`);
    assert.ok(none.result.error, 'no agent');
    assert.equal(none.result.error.exitCode, 4);
  });

  it('a deaf board, one that cannot be started, a script that is not there: rejected', async () => {
    const rejected = async (promise: Promise<unknown>, code: string, exitCode: number) =>
      assert.rejects(promise, (error: HilError) => {
        assert.equal(error.code, code);
        assert.equal(error.exitCode, exitCode);
        return true;
      });
    await rejected(run('[]', { deaf: true }), 'BOARD_SILENT', 3);
    await rejected(
      runBoard({ ...SIM, console: { type: 'process', command: ['/no/such/firmware'] } }),
      'BOARD_ABSENT',
      3,
    );
    await rejected(runBoard(SIM, { script: '/no/such/script.js' }), 'SCRIPT_MISSING', 2);
  });

  it('an interrupted run ends soon, and says so', async () => {
    const abort = new AbortController();
    const cases = `[{name:'a',needs:[],timeoutMs:30000,run(t){}},${pass('b')}]`;
    const ran = await run(
      cases,
      {},
      {
        signal: abort.signal,
        onEvent: event => {
          if (event.type === 'start') setTimeout(() => abort.abort(), 100);
        },
      },
    );
    assert.equal(ran.result.error?.code, 'INTERRUPTED');
    assert.ok(ran.ms < 20000);
    const early = new AbortController();
    const longer = await run(
      cases,
      { noise: 0.01 },
      {
        signal: early.signal,
        onEvent: event => {
          if (event.type === 'upload') early.abort();
        },
      },
    );
    assert.equal(longer.result.error?.code, 'INTERRUPTED');
    assert.ok(longer.ms < 20000);
  });
});
