/** hil/agent: one case at a time, answers that can be asked for again, nothing run twice. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { agent } from '../../hil/agent/agent.js';
import type { Case, CaseContext } from '../../hil/agent/case.js';
import { decodeFrame, encodeCommand, type Frame } from '../../hil/protocol/frame.js';
import { measureBundle } from '../../tools/size.js';
import { skip } from '../skip.js';

/** A board of which time passes when a test says so. */
class Desk {
  readonly lines: string[] = [];
  time = 0;
  private timers: Array<{ due: number; callback: () => void }> = [];
  private readonly hil;

  constructor(cases: Case[]) {
    this.hil = agent(cases, {
      write: line => this.lines.push(line),
      after: (ms, callback) => this.timers.push({ due: this.time + ms, callback }),
      now: () => this.time,
      free: () => 1234,
    });
  }

  /** Sends one command, answers the frames that it brought. */
  send(token: number, words: string, run = 'a1b2'): Frame[] {
    return this.line(encodeCommand(run, token, words));
  }

  line(line: string): Frame[] {
    const before = this.lines.length;
    new Function('hil', line)(this.hil);
    return this.frames(before);
  }

  pass(ms: number): Frame[] {
    const before = this.lines.length;
    this.time += ms;
    const due = this.timers.filter(timer => timer.due <= this.time);
    this.timers = this.timers.filter(timer => timer.due > this.time);
    for (const { callback } of due) callback();
    return this.frames(before);
  }

  frames(from = 0): Frame[] {
    return this.lines.slice(from).map(line => decodeFrame(line.slice('#hil '.length)) ?? assert.fail(line));
  }
}

function one(run: (t: CaseContext) => void, needs: string[] = []): Case {
  return { name: 'a/case', needs, timeoutMs: 1000, run };
}

const kinds = (frames: Frame[]) => frames.map(frame => frame.kind);

const MOST_BYTES = 1536;

describe('hil: the agent', () => {
  it(`takes no more than ${MOST_BYTES} bytes of a bundle`, function () {
    if (!existsSync('dist/hil-node.min.js')) skip(this, 'dist/hil-node.min.js is not built');
    const bytes = measureBundle('hil-node.min.js').files.get('hil/agent/agent.ts')!;
    console.log(`      the agent has ${bytes} bytes`);
    assert.ok(bytes > 500 && bytes <= MOST_BYTES, `${bytes} bytes`);
  });

  it('tells its cases one by one', () => {
    const desk = new Desk([one(t => t.pass()), one(t => t.pass(), ['tls', 'echo'])]);
    desk.send(1, 'begin');
    const [start, plan, done] = desk.send(2, 'plan 1');
    assert.deepEqual(start, { run: 'a1b2', number: 2, kind: 'start', payload: [2, 1234] });
    assert.deepEqual(plan, { run: 'a1b2', number: 3, kind: 'plan', payload: [2, 'a/case', 1000, 'tls echo'] });
    assert.deepEqual(done, { run: 'a1b2', number: 4, kind: 'done', payload: [2, 1, '', 0, 1234] });
  });

  it('runs a case with its fixture, and sends what it measured and said', () => {
    const desk = new Desk([
      one(t => {
        t.metric('port', t.fixture('tls').port as number);
        t.metric('nothing', 0 / 0);
        t.log(`anchor ${t.fixture('tls').ca}`);
        t.after(30, () => t.pass());
      }),
    ]);
    desk.send(1, 'begin');
    desk.send(2, `set tls ${JSON.stringify({ port: 443, ca: 'a "b" c' })}`);
    desk.send(3, `set tls ${JSON.stringify({ ca: ' d' })}`);
    const before = desk.send(4, 'run 0 1000');
    assert.deepEqual(
      before.map(frame => [frame.kind, ...frame.payload]),
      [
        ['start', 4, 1234],
        ['m', 'port', 443],
        ['m', 'nothing', null],
        ['log', 'anchor a "b" c d'],
      ],
    );
    assert.deepEqual(desk.pass(30)[0].payload, [4, 1, '', 30, 1234]);
  });

  it('a repeated command has its frames sent again, running or done, and is not run again', () => {
    let runs = 0;
    const desk = new Desk([
      one(t => {
        runs++;
        t.after(10, () => t.fail('no'));
      }),
    ]);
    desk.send(1, 'begin');
    const first = desk.send(2, 'run 0 1000');
    assert.deepEqual(desk.send(2, 'run 0 1000'), first);
    const [done] = desk.pass(10);
    assert.deepEqual(desk.send(2, 'run 0 1000'), [...first, done]);
    assert.deepEqual(kinds(desk.send(1, 'begin')), ['badcmd'], 'an older one is refused');
    assert.equal(runs, 1);
  });

  it('a damaged command, or one of another run, does nothing', () => {
    let runs = 0;
    const desk = new Desk([one(() => runs++)]);
    assert.deepEqual(kinds(desk.send(1, 'run 0 1000')), ['badcmd']);
    assert.equal(desk.frames()[0].run, '0000');
    desk.send(1, 'begin');
    const line = encodeCommand('a1b2', 2, 'run 0 1000');
    const text = line.slice('hil.x("'.length, -2);
    for (let at = 0; at < text.length; at++) {
      if (at === 8) continue; // the space between CRC and text
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
      assert.deepEqual(kinds(desk.line(`hil.x(${JSON.stringify(changed)})`)), ['badcmd'], changed);
    }
    assert.deepEqual(kinds(desk.line('hil.x("")')), ['badcmd']);
    assert.equal(runs, 0);
    assert.deepEqual(kinds(desk.send(2, 'run 0 1000')), ['start']);
    assert.equal(runs, 1);
  });

  it('a new run starts from nothing', () => {
    const desk = new Desk([one(t => t.fail(`fixture ${t.fixture('tls')}`))]);
    desk.send(1, 'begin');
    desk.send(2, 'set tls {"port":1}');
    assert.equal(desk.send(1, 'begin', 'ffff')[0].number, 0);
    assert.deepEqual(desk.send(2, 'run 0 1000', 'ffff').at(-1)!.payload.slice(1, 3), [0, 'fixture undefined']);
  });

  it('a case that does not end fails by itself; what it says later is not heard', () => {
    let late: CaseContext | undefined;
    const desk = new Desk([
      one(t => {
        late = t;
      }),
      one(() => undefined),
    ]);
    desk.send(1, 'begin');
    desk.send(2, 'run 0 500');
    assert.deepEqual(desk.pass(500)[0].payload.slice(0, 3), [2, 0, 'no result within 500 ms']);
    desk.send(3, 'run 1 500');
    late!.pass();
    late!.metric('late', 1);
    late!.log('late');
    assert.equal(desk.frames().at(-1)!.kind, 'start');
    assert.equal(desk.pass(500)[0].payload[0], 3, 'its own time is not that of the case before');
  });

  it('what a case throws, at once or in a timer, is an exception frame and a failure', () => {
    const desk = new Desk([
      one(() => {
        throw new Error('at once');
      }),
      one(t =>
        t.after(5, () => {
          throw 'later';
        }),
      ),
    ]);
    desk.send(1, 'begin');
    assert.deepEqual(
      desk.send(2, 'run 0 9').map(frame => frame.payload.slice(0, 3)),
      [[2, 1234], ['Error: at once'], [2, 0, 'Error: at once']],
    );
    desk.send(3, 'run 1 9');
    assert.deepEqual(
      desk.pass(5).map(frame => frame.payload.slice(0, 3)),
      [['later'], [3, 0, 'later']],
    );
    assert.deepEqual(kinds(desk.send(4, 'run 7 9')), ['start', 'x', 'done'], 'no such case');
  });

  it('the first word counts, and memory is bounded', () => {
    const desk = new Desk([
      one(t => {
        for (let i = 0; i < 1000; i++) t.log('#'.repeat(1000));
        t.pass();
        t.fail('second thoughts');
      }),
    ]);
    desk.send(1, 'begin');
    const frames = desk.send(2, 'run 0 9');
    assert.deepEqual(kinds(frames), ['start', ...Array(24).fill('log'), 'done']);
    assert.equal(frames.at(-1)!.payload[1], 1);
    assert.equal(frames[1].payload[0], '#'.repeat(120));
  });
});
