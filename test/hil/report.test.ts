/** Reports of one made-up run: each reporter's text, and the XML read back by a parser that takes nothing but XML. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HilError } from '../../hil/errors.js';
import { asJson } from '../../hil/report/json.js';
import { asJunit } from '../../hil/report/junit.js';
import { RawLog, readRawLog } from '../../hil/report/raw-log.js';
import { countsOf, exitCodeOf, type Report, type Reporter, type ReporterOptions } from '../../hil/report/report.js';
import { spec } from '../../hil/report/spec.js';
import { tap } from '../../hil/report/tap.js';
import type { CaseResult, Verdict } from '../../hil/run/verdict.js';
import { parseXml, type XmlElement } from './xml.js';

const NASTY = 'a < b & "c" \'d\' ]]> \x00\x1b[31m\ud800 \u{1f600}\nsecond line';

const result = (name: string, verdict: Verdict, more: Partial<CaseResult> = {}): CaseResult => ({
  name,
  verdict,
  ms: 1500,
  metrics: {},
  retries: 0,
  ...more,
});

const REPORT: Report = {
  started: new Date('2026-11-21T12:00:00Z'),
  ms: 4321,
  interrupted: false,
  runs: [
    {
      board: 'pico-a',
      identity: { engine: 'espruino', version: '2v29' },
      script: { name: 'hil-espruino.tok', crc32: '1234abcd', bytes: 99 },
      planned: ['chip/probe', 'tls/page', 'tls/cut', 'tcp/echo', 'tcp/loss', 'self/skip', 'self/lost'],
      results: [
        result('chip/probe', 'pass', { boardMs: 41, metrics: { freeBytes: 8192, spiFrames: 4 } }),
        result('tls/page', 'fail', { message: NASTY }),
        result('tls/cut', 'crash', { retries: 1 }),
        result('tcp/echo', 'hang', { message: 'silent for 60 s' }),
        result('tcp/loss', 'link'),
        result('self/skip', 'skip', { message: 'needs loop:D2-D3 # really' }),
      ],
      error: new HilError('BOARD_RETIRED', 'Three failures in a row.', 4),
      steps: ['ctrl-c'],
    },
  ],
  unusable: [{ board: 'pico-b', error: new HilError('BOARD_ABSENT', 'It is not attached.', 3) }],
};

function written(make: (options: ReporterOptions) => Reporter): string {
  let text = '';
  const reporter = make({
    write: more => {
      text += more;
    },
    rerun: (board, name) => `again ${name} on ${board}`,
  });
  for (const [index, each] of REPORT.runs[0].results.entries()) reporter.result?.('pico-a', each, index + 1, 7);
  reporter.end(REPORT);
  return text;
}

describe('hil: reports', () => {
  it('counts every planned case once', () => {
    const counts = countsOf(REPORT.runs);
    assert.deepEqual(counts, { planned: 7, passed: 1, failed: 1, errors: 3, skipped: 1, missing: 1 });
    const { planned, ...parts } = counts;
    assert.equal(
      Object.values(parts).reduce((sum, part) => sum + part),
      planned,
    );
  });

  it('spec: a line per case, the reason, and the command that runs it again', () => {
    const lines = written(spec).split('\n');
    assert.equal(lines[0], 'ok 1 chip/probe  pico-a  41 ms  8 KB free  4 SPI frames');
    assert.match(lines[1], /^not ok 2 tls\/page {2}pico-a {2}1500 ms$/);
    assert.ok(lines.includes('    again: again tls/page on pico-a'));
    assert.ok(lines.includes('    hang: no answer in time; the board was there afterwards; silent for 60 s'));
    assert.ok(lines.includes('skip 6 self/skip  pico-a  needs loop:D2-D3 # really'));
    assert.ok(lines.includes('not run: self/lost  pico-a'));
    assert.ok(lines.includes('pico-b: It is not attached. (BOARD_ABSENT)'));
    assert.equal(
      lines.at(-2),
      '7 cases on 2 boards: 1 passed, 1 failed, 3 crashed, hung or lost, 1 skipped, 1 not run  4321 ms',
    );
  });

  it('tap: version 14, the plan is what was written, nothing unescaped in a description', () => {
    const text = written(tap);
    const points = [...text.matchAll(/^(not )?ok (\d+) - (.*)$/gm)];
    assert.deepEqual(
      points.map(point => Number(point[2])),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
    assert.match(text, /^TAP version 14\n/);
    assert.match(text, /\n1\.\.8\n$/);
    assert.deepEqual(
      points.filter(point => !point[1]).map(point => point[3]),
      ['pico-a chip/probe', 'pico-a self/skip # SKIP needs loop:D2-D3 # really'],
    );
    for (const block of text.matchAll(/^ {2}---\n([\s\S]*?)^ {2}\.\.\.\n/gm)) {
      for (const line of block[1].trimEnd().split('\n')) JSON.parse(line.replace(/^ {2}\w+: /, ''));
    }
  });

  it('json: what is known, and what is not', () => {
    const json = JSON.parse(JSON.stringify(asJson(REPORT)));
    assert.equal(json.exitCode, 1);
    assert.equal(json.started, '2026-11-21T12:00:00.000Z');
    assert.deepEqual(
      json.boards.map((board: { board: string }) => board.board),
      ['pico-a', 'pico-b'],
    );
    assert.deepEqual(json.boards[0].missing, ['self/lost']);
    assert.deepEqual(json.boards[0].results[1].message, NASTY);
    assert.deepEqual(json.boards[1].error, { code: 'BOARD_ABSENT', message: 'It is not attached.' });
  });

  it('junit: assertions are failures, everything else that went wrong is an error, and the numbers agree', () => {
    const root = parseXml(asJunit(REPORT));
    assert.equal(root.name, 'testsuites');
    assert.deepEqual(root.attributes, {
      name: 'hil',
      tests: '8',
      failures: '1',
      errors: '5',
      skipped: '1',
      time: '4.321',
    });
    const [a, b] = root.children;
    assert.deepEqual(
      [a.attributes['name'], a.attributes['tests'], b.attributes['name'], b.attributes['errors']],
      ['pico-a', '7', 'pico-b', '1'],
    );
    const cases = a.children.filter(({ name }) => name === 'testcase');
    const outcome = (testcase: XmlElement) =>
      testcase.children
        .filter(({ name }) => name !== 'properties')
        .map(({ name, attributes }) => `${name} ${attributes['type'] ?? ''}`);
    assert.deepEqual(
      Object.fromEntries(cases.map(testcase => [testcase.attributes['name'], outcome(testcase).join()])),
      {
        'chip/probe': '',
        'tls/page': 'failure fail',
        'tls/cut': 'error crash',
        'tcp/echo': 'error hang',
        'tcp/loss': 'error link',
        'self/skip': 'skipped ',
        'self/lost': 'error not run',
      },
    );
    for (const suite of root.children) {
      const all = suite.children.filter(({ name }) => name === 'testcase');
      const having = (name: string) =>
        String(all.filter(({ children }) => children.some(child => child.name === name)).length);
      const { tests, failures, errors, skipped } = suite.attributes;
      assert.deepEqual(
        [tests, failures, errors, skipped],
        [String(all.length), having('failure'), having('error'), having('skipped')],
      );
    }
    assert.equal(cases[5].children[0].attributes['message'], 'needs loop:D2-D3 # really');
    assert.deepEqual(
      cases[0].children[0].children.map(({ attributes }) => attributes),
      [
        { name: 'freeBytes', value: '8192' },
        { name: 'spiFrames', value: '4' },
        { name: 'board.ms', value: '41' },
      ],
    );
  });

  it('junit: what a board may print comes back, as far as XML can carry it', () => {
    const root = parseXml(asJunit(REPORT));
    const page = root.children[0].children.find(({ attributes }) => attributes['name'] === 'tls/page');
    assert.equal(
      page!.children[0].attributes['message'],
      'a < b & "c" \'d\' ]]> \ufffd\ufffd[31m\ufffd \u{1f600}\nsecond line',
    );
  });

  it('the exit code is not zero without a pass, nor with anything unknown', () => {
    const [run] = REPORT.runs;
    const made = (planned: string[], results: CaseResult[]): Report => ({
      ...REPORT,
      unusable: [],
      runs: [{ ...run, planned, results, error: undefined }],
    });
    assert.equal(exitCodeOf(made(['a'], [result('a', 'pass')])), 0);
    assert.equal(exitCodeOf(made(['a', 'b'], [result('a', 'pass')])), 4);
    assert.equal(exitCodeOf(made(['a', 'b'], [result('a', 'pass'), result('c', 'pass')])), 4);
    assert.equal(exitCodeOf(made([], [])), 5);
    assert.equal(exitCodeOf({ ...REPORT, runs: [], unusable: [] }), 5);
    assert.equal(exitCodeOf({ ...made(['a'], [result('a', 'pass')]), interrupted: true }), 130);
  });
});

describe('hil: raw log', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hil-log-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('gives back every byte, both ways', () => {
    const file = join(folder, 'x.raw.log');
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    const log = new RawLog(file);
    log.add('in', all);
    log.add('out', Buffer.from('x\r\n'));
    const lines = readRawLog(file);
    assert.deepEqual(
      lines.map(({ direction, bytes }) => [direction, [...bytes]]),
      [
        ['in', [...all]],
        ['out', [120, 13, 10]],
      ],
    );
    assert.ok(lines[0].seconds <= lines[1].seconds);
  });
});
