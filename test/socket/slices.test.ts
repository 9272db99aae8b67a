/**
 * Handshakes that take minutes, on the simulated chip in virtual time: a provider whose every unit of work takes 10 ms, four computations of a
 * minute each. Between slices the chip is polled, so that whatever arrives meanwhile is taken, and the lease is renewed.
 */
import assert from 'node:assert/strict';
import type { VirtualClock } from '../../boards/sim/clock.js';
import type { Progress } from '../../src/socket/events.js';
import { slices } from '../../src/socket/slices.js';
import { type ChipPlay, type ChipStage, chipStage } from '../invariants/chip.js';
import { type Recording, record } from '../invariants/recorded.js';
import { pattern } from '../invariants/scripts.js';
import { applicationData, closeNotify } from '../peers/steps.js';
import { type SlowProvider, slowProvider } from '../slow-provider.js';
import { type ChipRigOptions, closeChipRigs } from './chip-rig.js';

const UNIT_MS = 10;
const UNITS = 6000;
const SLICE_MS = 100;
const STEPS = ['key share', 'shared secret', 'certificates', 'CertificateVerify'];
const GREETING = pattern(500);

interface Slow {
  stage: ChipStage;
  slow: SlowProvider;
  play: ChipPlay;
  progress: Progress[];
  /** The longest time without a frame on the chip's bus, since the connection was begun. */
  silence(): number;
  /** Virtual time passes until the engine is at this step. */
  reach(step: number): Promise<void>;
}

describe('a handshake of minutes', function () {
  this.timeout(60000);
  let recording: Recording;
  let flight: Buffer;

  before(async () => {
    recording = await record({ afterFinished: [applicationData(GREETING), closeNotify] });
    const { records, fromServer } = recording;
    flight = fromServer.subarray(
      0,
      fromServer.length - Buffer.concat(records.slice(-2).map(sent => sent.bytes)).length,
    );
  });

  afterEach(closeChipRigs);

  function begin(options: ChipRigOptions = {}, handshakeTimeout?: number, unitMs = UNIT_MS): Slow {
    const stage = chipStage({ ...options, parts: { slices: slices(SLICE_MS), ...options.parts } });
    const { sim } = stage.rig;
    const clock = sim.clock as VirtualClock;
    const slow = slowProvider(recording.crypto, UNITS, units => clock.advance(units * unitMs));
    const progress: Progress[] = [];
    const play = stage.open({ ...recording, crypto: slow.provider }, { handshakeTimeout });
    play.socket.on('progress', told => progress.push(told));
    let last = clock.now();
    let longest = 0;
    sim.chip.onFrame = () => {
      longest = Math.max(longest, clock.now() - last);
      last = clock.now();
    };
    const reach = (step: number) =>
      stage.rig.until(() => {
        const { length } = progress;
        // Well inside of it.
        return length > 0 && progress[length - 1].done === step && progress[length - 1].units > UNITS / 3;
      }, 300000);
    return { stage, slow, play, progress, silence: () => longest, reach };
  }

  /** The server's answer, as soon as the ClientHello is there. */
  async function answer({ stage, play }: Slow, ...segments: Buffer[]): Promise<void> {
    await stage.rig.until(() => play.socket.bytesWritten > 0, 100000);
    for (const segment of segments) play.segments.data(segment);
  }

  it('finishes, tells how far it is, and asks the chip all the time; waits beyond the handshake timeout only for itself', async () => {
    const rig = begin({}, 20000);
    const { stage, play, progress, slow } = rig;
    const { clock, dhcp } = stage.rig.sim;
    await answer(rig, flight);
    await stage.rig.until(() => play.events.includes('secureConnect'), 300000);
    assert.ok(clock.now() > 240000, `${clock.now()} ms`);
    play.segments.data(recording.fromServer.subarray(flight.length)).fin();
    await play.closed();
    assert.deepEqual(play.events, ['connect', 'secureConnect', 'data', 'end', 'close false']);
    assert.ok(play.data.equals(GREETING));
    assert.ok(play.wire.equals(recording.undisturbed.wire));
    assert.deepEqual([...new Set(progress.map(told => told.step))], STEPS);
    progress.forEach((told, i) => {
      assert.equal(told.step, STEPS[told.done]);
      assert.equal(told.total, 4);
      const before = progress[i - 1];
      assert.ok(!before || told.done > before.done || told.units > before.units);
      // The last slice may have had less to do than was allowed.
      assert.ok(told.units < UNITS + (2 * SLICE_MS) / UNIT_MS);
    });
    // Doubled while below half: from 50 to 100 ms each once that is known.
    assert.ok(slow.largest <= SLICE_MS / UNIT_MS, `slices of ${slow.largest} units`);
    assert.ok(slow.slices < 4 * (UNITS / (SLICE_MS / UNIT_MS / 2)) + 10, `${slow.slices} slices`);
    assert.ok(rig.silence() < SLICE_MS + 20, `the chip was left alone for ${rig.silence()} ms`);
    assert.equal(dhcp.rejected.length, 0);
    assert.equal(stage.rig.timers.size, 0);
    console.log(`        ${Math.round(clock.now() / 1000)} s, ${slow.slices} slices, ${progress.length} times told`);
  });

  it('renews the lease meanwhile', async () => {
    const rig = begin({ leaseSeconds: 60 });
    await answer(rig, flight);
    await rig.stage.rig.until(() => rig.play.events.includes('secureConnect'), 300000);
    const { dhcp } = rig.stage.rig.sim;
    // DISCOVER, REQUEST, and a REQUEST every 30 s.
    assert.ok(dhcp.received.length >= 2 + 240 / 30 - 1, `${dhcp.received}`);
    assert.equal(rig.stage.rig.events.filter(event => event.type === 'lease').length, 1);
    rig.play.socket.destroy();
    await rig.play.closed();
  });

  it('takes what comes meanwhile into its ring, segment by segment', async () => {
    const rig = begin();
    const { stage, play } = rig;
    const hello = recording.records[0].bytes.length;
    await answer(rig, flight.subarray(0, hello));
    await rig.reach(1);
    for (let at = hello; at < flight.length; at += 200) {
      const before = play.socket.input.length;
      const segment = flight.subarray(at, at + 200);
      play.segments.data(segment);
      await stage.rig.until(() => play.socket.input.length === before + segment.length, 2 * SLICE_MS);
    }
    assert.equal(play.socket.tls.computing, 1);
    await stage.rig.until(() => play.events.includes('secureConnect'), 300000);
    play.segments.data(recording.fromServer.subarray(flight.length)).fin();
    await play.closed();
    assert.ok(play.data.equals(GREETING));
  });

  STEPS.forEach((name, step) => {
    describe(`in the middle of ${name}`, () => {
      async function middle(): Promise<Slow> {
        const rig = begin();
        if (step > 0) await answer(rig, flight);
        await rig.reach(step);
        assert.equal(rig.play.socket.tls.computing, step);
        return rig;
      }

      it('a reset is told at once, and nothing is computed any more', async () => {
        const { stage, play, slow } = await middle();
        play.segments.reset();
        const at = stage.rig.sim.clock.now();
        await play.closed(3000);
        const code = play.events[play.events.length - 2];
        assert.ok(['error ERR_NET_RESET', 'error ERR_NET_TIMEOUT'].includes(code), code);
        assert.ok(stage.rig.sim.clock.now() - at < 2000);
        const { slices } = slow;
        for (let i = 0; i < 1000; i++) stage.rig.advance();
        assert.equal(slow.slices, slices);
        assert.equal(slow.unwiped.size, 0);
        assert.equal(stage.rig.timers.size, 0);
      });

      it('FIN does not hide what came before it', async () => {
        const { stage, play, slow } = await middle();
        play.segments.fin();
        await play.closed(300000);
        assert.deepEqual(play.events, ['connect', 'error ERR_TLS_TRUNCATED', 'close true']);
        // All that had come was verified.
        assert.equal(slow.begun.length, step > 0 ? 4 : 1);
        assert.equal(stage.rig.timers.size, 0);
      });

      it('destroy ends it', async () => {
        const { stage, play, slow } = await middle();
        const { slices } = slow;
        play.socket.destroy();
        await play.closed(100);
        assert.deepEqual(play.events, ['connect', 'close false']);
        for (let i = 0; i < 1000; i++) stage.rig.advance();
        assert.equal(slow.slices, slices);
        assert.equal(slow.unwiped.size, 0);
        assert.equal(play.socket.tls.computing, -1);
        assert.equal(stage.rig.timers.size, 0);
      });

      it('destroy by a listener of progress ends it, too', async () => {
        const { stage, play, slow } = await middle();
        play.socket.on('progress', () => play.socket.destroy());
        await play.closed(1000);
        assert.deepEqual(play.events, ['connect', 'close false']);
        const { slices } = slow;
        for (let i = 0; i < 1000; i++) stage.rig.advance();
        assert.equal(slow.slices, slices);
        assert.equal(slow.unwiped.size, 0);
      });
    });
  });

  it('a server that does not answer is waited for as long as handshakeTimeout says, and no longer', async () => {
    const { stage, play, reach } = begin({}, 20000);
    await reach(0);
    await stage.rig.until(() => play.socket.bytesWritten > 0, 100000);
    const sent = stage.rig.sim.clock.now();
    assert.ok(sent > 60000);
    await play.closed(60000);
    assert.deepEqual(play.events, ['connect', 'error ERR_TLS_HANDSHAKE_TIMEOUT', 'close true']);
    const waited = stage.rig.sim.clock.now() - sent;
    // The time before the first slice counts as well.
    assert.ok(waited > 15000 && waited < 22000, `${waited} ms`);
  });

  it('a board without slices computes at once', async () => {
    const rig = begin({ parts: { slices: undefined } }, undefined, 1);
    const { stage, play, slow, progress } = rig;
    await answer(rig, flight);
    await stage.rig.until(() => play.events.includes('secureConnect'), 300000);
    assert.equal(slow.slices, 4);
    assert.deepEqual(progress, []);
    play.socket.destroy();
    await play.closed();
  });
});
