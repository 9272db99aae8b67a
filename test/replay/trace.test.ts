/** Errors of real connections through driver and simulated chip: their traces say what happened, and a replay ends the same. */
import assert from 'node:assert/strict';
import { describeTrace, findTrace, type Trace } from '../../tools/replay/trace.js';
import { dependsOnContent, replayTrace } from '../../tools/replay/trace-replay.js';
import { closeChipRigs } from '../socket/chip-rig.js';
import { failures } from './failures.js';

interface Expected {
  code: string;
  /** Lines that the description has, in this order. */
  says: RegExp[];
  check?: (trace: Trace) => void;
}

const events = (trace: Trace, kind: string) => trace.events.filter(event => event.kind === kind);
const received = (trace: Trace) => events(trace, 'r').reduce((sum, { a }) => sum + a, 0);

const HANDSHAKE = [
  /message {3}→ ClientHello/,
  /chip +Sn_SR ESTABLISHED, Sn_IR CON,/,
  /socket +handshaking/,
  /message {3}← ServerHello, 122 bytes/,
  /message {3}← Certificate, \d+ bytes/,
  /message {3}← Finished/,
  /message {3}→ Finished/,
  /socket +open/,
  /record +→ application_data, 35 bytes/,
];

const EXPECTED: Record<string, Expected> = {
  'FIN between two records': {
    code: 'ERR_TLS_TRUNCATED',
    says: [...HANDSHAKE, /← application_data, 31 bytes, 14 of content/, /CLOSE_WAIT/, /peer has closed/, /failed/],
    check: trace => assert.equal(trace.held, 0),
  },
  'FIN in the middle of a record': {
    code: 'ERR_TLS_TRUNCATED',
    says: [
      ...HANDSHAKE,
      /CLOSE_WAIT/,
      /peer has closed/,
      /failed; last header: application_data, 3017 bytes; \d+ bytes/,
    ],
    check: trace => {
      const opened = events(trace, 'i').reduce((sum, { b }) => sum + 5 + b, 0);
      assert.ok(trace.held > 0 && trace.held === received(trace) - opened);
    },
  },
  'FIN after 200 KB': {
    code: 'ERR_TLS_TRUNCATED',
    says: [/\d+ events before these were not kept/, /← application_data, 16401 bytes/, /peer has closed/, /failed/],
    check: trace => assert.ok(trace.received > 200000 && trace.lost > 100 && trace.events.length === 48),
  },
  'a flipped bit': {
    code: 'ERR_TLS_BAD_RECORD_MAC',
    says: [...HANDSHAKE, /failed; last header: application_data, 3017 bytes; 3022 bytes in the ring/, /→ alert/],
  },
  'RST by the peer': { code: 'ERR_NET_RESET', says: [...HANDSHAKE, /Sn_SR CLOSED/] },
  'RST behind a whole record': {
    code: 'ERR_NET_RESET',
    says: [...HANDSHAKE, /← application_data, 31 bytes, 14 of content/, /Sn_SR CLOSED/],
  },
  'a fatal alert': {
    code: 'ERR_TLS_ALERT_RECEIVED',
    says: [
      /ClientHello/,
      /transport ← 7 bytes, 7 in all/,
      /record +← alert, 2 bytes in plaintext/,
      /← handshake_failure/,
    ],
  },
  'not a TLS server': {
    code: 'ERR_TLS_UNEXPECTED_MESSAGE',
    says: [/transport ← 28 bytes/, /last header: record type 72, 20527 bytes; 28 bytes in the ring/, /→ alert/],
  },
  'a record larger than the ring': {
    code: 'ERR_TLS_RECORD_TOO_LARGE',
    says: [...HANDSHAKE, /last header: application_data, 16401 bytes/],
    check: trace => assert.equal(trace.ring, 4096),
  },
  'a chip that loses its settings': {
    code: 'ERR_CHIP_RESET',
    says: [...HANDSHAKE, /Sn_SR CLOSED, Sn_IR 0, Sn_RX_RSR 0/],
  },
  'a server that says nothing': {
    code: 'ERR_TLS_HANDSHAKE_TIMEOUT',
    says: [/ClientHello/, /handshaking/, /transport → \d+ bytes/, /Sn_IR SEND_OK/],
    check: trace => assert.equal(received(trace), 0),
  },
  'nobody listens': { code: 'ERR_NET_REFUSED', says: [/ClientHello/, /Sn_SR CLOSED/] },
  'an issuer that is not trusted': {
    code: 'ERR_CERT_UNKNOWN_ISSUER',
    says: [/← Certificate/, /failed/, /→ alert/],
  },
};

describe('replay: traces of failed connections', function () {
  this.timeout(20000);
  afterEach(closeChipRigs);

  it('every failure has its expectation', () => assert.deepEqual(Object.keys(failures), Object.keys(EXPECTED)));

  for (const [name, fail] of Object.entries(failures)) {
    it(name, async () => {
      const expected = EXPECTED[name]!;
      const { error } = await fail();
      assert.equal(error.code, expected.code);
      assert.ok(error.trace);
      assert.match(error.trace, /^T1 ERR_\w+( \d+){4}( \d*[a-zA-Z]\d+,\d+,\d+)+$/);
      const trace = findTrace(error.trace)!;
      assert.equal(trace.code, expected.code);
      if (trace.lost === 0) assert.equal(received(trace), trace.received);
      let rest = describeTrace(trace);
      for (const line of expected.says) {
        const at = rest.search(line);
        assert.ok(at >= 0, `${line} in its place of\n${describeTrace(trace)}`);
        rest = rest.slice(at);
      }
      expected.check?.(trace);

      const replay = await replayTrace(trace);
      assert.equal(replay.code, expected.code);
      assert.ok(replay.same);
      assert.equal(replay.records[0], replay.records[1], 'records where they were');
      assert.equal(replay.cuts[0], replay.cuts[1], 'cuts where they were');
    });
  }

  it('a trace that says something else ends otherwise, and the replay says so', async () => {
    const { error } = await failures['RST behind a whole record']!();
    const replay = await replayTrace(findTrace(error.trace!.replace('ERR_NET_RESET', 'ERR_TLS_BAD_RECORD_MAC'))!);
    assert.equal(replay.same, false);
    assert.equal(replay.code, 'nothing');
  });

  it('what depends on the content of messages is not replayed', () => {
    assert.ok(dependsOnContent('ERR_CERT_NAME_MISMATCH') && dependsOnContent('ERR_TLS_DECODE_ERROR'));
    assert.ok(!dependsOnContent('ERR_TLS_TRUNCATED') && !dependsOnContent('ERR_CERT_UNKNOWN_ISSUER'));
  });
});
