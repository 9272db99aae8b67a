/** The flight recorder by itself: its line, its bounds, and that no secret can come into it. */
import assert from 'node:assert/strict';
import { type FlightRecorder, flightRecorder } from '../../src/socket/flight-recorder.js';
import { findTrace } from '../../tools/replay/trace.js';

const RECEIVED = 'r'.charCodeAt(0);
const RECORD = 'i'.charCodeAt(0);

/** A recorder whose clock the test moves. */
function recorderAt(): { recorder: FlightRecorder; time: { now(): number; ms: number } } {
  const time = { ms: 1000, now: () => time.ms };
  return { recorder: flightRecorder(time), time };
}

describe('socket: flight recorder', () => {
  it('writes time since the event before, letter, numbers', () => {
    const { recorder, time } = recorderAt();
    recorder.note(RECEIVED, 1460);
    time.ms += 12.5;
    recorder.note(RECORD, 22, 122, 118);
    time.ms += 1e6;
    recorder.note(RECEIVED, 65535);
    assert.equal(recorder.line('head'), 'head 0 1000r1460,0,0 12i22,122,118 65535r65535,0,0');
  });

  it('keeps the last 48 events, counts the others, and its memory does not grow', () => {
    const { recorder } = recorderAt();
    const arrays = () => Object.values(recorder).filter(value => typeof value === 'object');
    const before = arrays();
    for (let i = 1; i <= 100000; i++) recorder.note(RECEIVED, i % 50000);
    const trace = findTrace(recorder.line('T1 ERR_X 1 2 3'))!;
    assert.equal(trace.lost, 100000 - 48);
    assert.deepEqual(
      trace.events.map(({ a }) => a),
      Array.from({ length: 48 }, (_, i) => (100000 - 47 + i) % 50000),
    );
    assert.deepEqual(arrays(), before);
    const bytes = arrays().reduce((sum, value) => sum + ((value as Uint16Array).byteLength ?? 0), 0);
    assert.equal(bytes, 480);
    assert.ok(recorder.line('').length < 48 * 26);
  });

  it('allocates nothing for an event', () => {
    const { recorder } = recorderAt();
    const { Uint16Array: Original } = globalThis;
    let made = 0;
    globalThis.Uint16Array = new Proxy(Original, {
      construct(target, args) {
        made++;
        return new target(...(args as [number]));
      },
    });
    try {
      for (let i = 0; i < 1000; i++) recorder.note(RECORD, 23, i, i);
    } finally {
      globalThis.Uint16Array = Original;
    }
    assert.equal(made, 0);
  });

  it('a trace is found in the midst of other text, and nothing is taken for one that is none', () => {
    const found = findTrace('12:00 fetch failed (T1 ERR_NET_RESET 4096 0 711 3 r711,0,0 259c0,0,2048) retrying');
    assert.deepEqual(found, {
      code: 'ERR_NET_RESET',
      ring: 4096,
      held: 0,
      received: 711,
      lost: 3,
      events: [
        { kind: 'r', at: 0, a: 711, b: 0, c: 0 },
        { kind: 'c', at: 259, a: 0, b: 0, c: 2048 },
      ],
    });
    for (const text of ['', 'T1', 'T1 ERR_X 1 2 3', 'XT1 ERR_X 1 2 3 4', 'T1 ERR_X 1 2 y 4 r1,2,3']) {
      assert.equal(findTrace(text), undefined, text);
    }
  });
});
