/** Rows of the table "What the application sees when…" that take more than one connection, or another start. */
import assert from 'node:assert/strict';
import { parseInjection } from '../../boards/sim/injections.js';
import { judge } from './checks.js';
import { runScenario } from './connection.js';
import { calmScenario } from './scenario.js';
import { World } from './world.js';

describe('what the application sees, in many places', () => {
  it('a bit of a register is written wrongly: an error at the latest when the send timeout is over, or nothing', () => {
    for (let at = 0; at < 240; at += 5) {
      const scenario = calmScenario();
      scenario.client.upload = 20000;
      scenario.injections = [parseInjection(`flip-written=${at}@t60`)];
      const outcome = runScenario(scenario);
      assert.deepEqual(judge(scenario, outcome), [], `bit ${at}`);
      if (outcome.result === 'end') assert.ok(outcome.complete && outcome.uploadComplete, `bit ${at}`);
      else assert.ok(outcome.closedAt < 62000 || outcome.result === 'idle', `bit ${at}: ${outcome.closedAt} ms`);
    }
  });

  it('MISO stuck, and the application does not read: the chip is asked once a second, and nobody is in a hurry', () => {
    const scenario = calmScenario();
    scenario.frameMs = 0.01;
    scenario.client.upload = 0;
    scenario.injections = ['reader-stalls@t29+ever', 'miso-stuck=255@t100+ever'].map(parseInjection);
    const outcome = runScenario(scenario);
    assert.deepEqual(judge(scenario, outcome), []);
    const seconds = outcome.closedAt / 1000;
    assert.ok(outcome.frames < 500 * seconds, `${(outcome.frames / seconds).toFixed(0)} frames a second`);
  });

  for (const [kilobytes, ring, fragment] of [
    [16, 2048, 16384],
    [16, 1024, 15000],
    [2, 2048, 2600],
    [1, 2048, 2000],
  ] as const) {
    it(`records of ${fragment} bytes in ${kilobytes} KB of chip and a ring of ${ring}, with a sender of whole segments`, () => {
      const scenario = calmScenario();
      scenario.rx = [kilobytes];
      scenario.tx = [4];
      scenario.chip.wholeSegments = true;
      Object.assign(scenario.client, { ring, recordsInChip: true });
      Object.assign(scenario.server, { fragment, download: 60000 });
      const outcome = runScenario(scenario);
      assert.deepEqual(judge(scenario, outcome), []);
      assert.equal(outcome.result, 'end');
    });
  }

  it('a bit of any register is written wrongly while the chip is set up: noticed before the first connection', () => {
    const scenario = calmScenario();
    scenario.rx = [1, 2, 4, 8];
    for (let at = 0; at < 8 * 60; at++) {
      const world = new World(scenario);
      world.sim.faults.flips.push({ kind: 'register written', skip: at >> 3, mask: 1 << (at & 7) });
      try {
        world.network.start();
      } catch {
        world.network.start();
      }
      world.checkGivenBack();
      assert.deepEqual(world.failures, [], `byte ${at >> 3}, bit ${at & 7}`);
    }
  });

  it('the chip is reset at any frame of its being set up: that is noticed before the first connection', () => {
    const scenario = calmScenario();
    scenario.rx = [1, 2, 4, 8];
    const calm = new World(scenario);
    calm.network.start();
    const frames = calm.sim.chip.stats.frames;
    for (let frame = 0; frame < frames; frame++) {
      const world = new World(scenario);
      world.sim.chip.scheduleAfterSpiFrames(frame, () => world.sim.chip.brownOut());
      try {
        world.network.start();
      } catch {
        world.network.start();
      }
      world.checkGivenBack();
      assert.deepEqual(world.failures, [], `at frame ${frame}`);
      const sizes = world.sim.chip.sockets.map(socket => world.sim.chip.rxRam.size(socket.index) / 1024);
      assert.deepEqual(sizes, [1, 2, 4, 8, 0, 0, 0, 0], `at frame ${frame}`);
    }
  });

  for (const [rxSeed, txSeed] of [
    [0xffff, 0xffff],
    [0xfff0, 0xfe00],
    [0xfc00, 0xf801],
  ] as const) {
    it(`pointers wrap in mid-burst, and the ring with them (0x${rxSeed.toString(16)}, 0x${txSeed.toString(16)})`, () => {
      const scenario = calmScenario();
      Object.assign(scenario.chip, { rxSeed, txSeed });
      scenario.client.upload = 9000;
      const outcome = runScenario(scenario);
      assert.deepEqual(judge(scenario, outcome), []);
      assert.equal(outcome.result, 'end');
    });
  }
});
