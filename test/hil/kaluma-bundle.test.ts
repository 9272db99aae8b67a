/**
 * The runner's bundle for Kaluma, minified, with its overlays out of the flash it lies in, under Node: that the passes over it have left whole what its cases need. What memory that
 * takes on the board only real firmware shows (firmware.test.ts).
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import * as vm from 'node:vm';
import { createSimBoard, type SimBoard } from '../../boards/sim/index.js';
import { type Fixtures, startFixtures } from '../../hil/fixtures/index.js';
import { publishFixtures } from '../../hil/fixtures/lan.js';
import { FrameDecoder } from '../../hil/protocol/decoder.js';
import { Conversation } from '../../hil/run/conversation.js';
import { bundleFor, readScript } from '../../hil/run/run-board.js';
import { lines } from '../../hil/run/runner.js';
import { seedFile } from '../../hil/session/provision.js';
import { kalumaGlobals } from '../../tools/fetch/sandboxes.js';

const SMOKE = ['self/timers', 'self/text', 'chip/probe', 'net/dhcp', 'tcp/echo-odd', 'tls/page'];

describe('hil: the bundle for Kaluma', () => {
  let fixtures: Fixtures;
  let sim: SimBoard;
  let published: ReturnType<typeof publishFixtures>;
  let conversation: Conversation;

  before(async () => {
    fixtures = await startFixtures(['tcp', 'tls'], { address: '127.0.0.1' });
    sim = createSimBoard();
    published = publishFixtures(sim, fixtures.env);
    const program = readScript(bundleFor({ engine: 'kaluma' })).bytes.toString('latin1');
    const decoder = new FrameDecoder({ frame: frame => conversation.frame(frame), text: () => undefined });
    const globals = kalumaGlobals(sim, program, new Map([['/ringlet.seed', seedFile(randomBytes(32))]]));
    const context = vm.createContext({
      ...globals,
      setTimeout: (callback: () => void, ms: number) => setTimeout(callback, ms),
      clearTimeout: (id: NodeJS.Timeout) => clearTimeout(id),
      console: { log: (line: string) => decoder.push(`${line}\r\n`) },
      process: { ...(globals['process'] as object), memoryUsage: () => ({ heapTotal: 184312, heapUsed: 100000 }) },
    });
    vm.runInContext(`'use strict';${program}`, context);
    conversation = new Conversation({
      timeoutX: 1,
      send: async line => void vm.runInContext(line, context),
      onLog: () => undefined,
    });
    assert.ok((await conversation.ask('begin')).ok);
  });
  after(async () => {
    published.close();
    sim.close();
    await fixtures.stop();
  });

  for (const [i, name] of SMOKE.entries()) {
    it(name, async function () {
      this.timeout(60000);
      const { frames } = await conversation.ask(`plan ${i}`);
      const [count, found, , needs] = frames.find(({ kind }) => kind === 'plan')!.payload as [
        number,
        string,
        number,
        string,
      ];
      assert.deepEqual([count, found], [SMOKE.length, name]);
      for (const need of needs.split(' ').filter(Boolean))
        for (const json of lines(fixtures.values[need]!)) await conversation.ask(`set ${need} ${json}`);
      const { ok, message } = await conversation.ask(`run ${i} 50000`, 50000);
      assert.deepEqual([ok, message], [true, '']);
      assert.deepEqual(sim.chip.violations, []);
    });
  }
});
