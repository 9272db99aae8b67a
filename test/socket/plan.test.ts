/** TlsSockets on a chip whose memory is all one socket's (DESIGN.md, "Socket memory"): what an application sees. */
import assert from 'node:assert/strict';
import { VirtualClock } from '../../boards/sim/clock.js';
import type { SimBoardOptions } from '../../boards/sim/index.js';
import { ONE_SOCKET } from '../../src/w5500/buffer-plans.js';
import { type ChipRig, closeChipRigs, makeChipRig } from './chip-rig.js';
import { type Story, serve, story, type TestServer } from './harness.js';

const PAGE = Buffer.alloc(100000, 'not one byte lost; ');

describe('TlsSocket with one socket of 16 KB and a ring of 2 KB', function () {
  this.timeout(60000);

  let servers: TestServer[] = [];
  afterEach(async () => {
    closeChipRigs();
    for (const server of servers) await server.stop();
    servers = [];
  });

  async function open(options: SimBoardOptions, onConnection: Parameters<typeof serve>[0]): Promise<ChipRig> {
    const rig = makeChipRig({
      clock: new VirtualClock(),
      ring: 2048,
      parts: { buffers: ONE_SOCKET, recordsInChip: true },
      ...options,
    });
    const server = await serve(onConnection);
    servers.push(server);
    rig.publish(server.port);
    return rig;
  }

  it('time, then a page in records of 16 KB, twice', async () => {
    const rig = await open({}, secure => secure.end(PAGE));
    for (let round = 0; round < 2; round++) {
      let time: number | undefined;
      rig.board.network.queryTime('10.0.0.1', (_, seconds) => {
        time = seconds;
      });
      await rig.until(() => time !== undefined);
      let told: Story | undefined;
      void story(await rig.connect()).then(result => {
        told = result;
      });
      await rig.until(() => told !== undefined);
      assert.ok(told!.received.equals(PAGE));
      assert.deepEqual(told!.events.slice(-2), ['end', 'close false']);
      await rig.until(() => rig.timers.size === 0);
      assert.equal(rig.board.network.chip.inUse, 0);
    }
  });

  it('time and connection asked for together', async () => {
    const rig = await open({}, secure => secure.end(PAGE));
    let time: number | undefined;
    const socket = await rig.connect();
    rig.board.network.queryTime('10.0.0.1', (_, seconds) => {
      time = seconds;
    });
    let told: Story | undefined;
    void story(socket).then(result => {
      told = result;
    });
    await rig.until(() => told !== undefined);
    assert.ok(told!.received.equals(PAGE));
    assert.ok(time! > 0);
  });

  it('a second connection is refused with a sentence that says what to change, and the first one goes on', async () => {
    let go: () => void = () => undefined;
    const rig = await open({}, secure => {
      go = () => secure.end(PAGE);
    });
    const first = await rig.connect();
    let secured = false;
    first.on('secureConnect', () => {
      secured = true;
    });
    let told: Story | undefined;
    void story(first).then(result => {
      told = result;
    });
    await rig.until(() => secured);
    let failure: (Error & { code?: string }) | undefined;
    (await rig.connect()).on('error', error => {
      failure = error;
    });
    await rig.until(() => failure !== undefined, 100);
    assert.equal(failure!.code, 'ERR_NET_NO_SOCKET');
    assert.match(failure!.message, /^1 socket.*in use: close one, or plan buffers for more/);
    go();
    await rig.until(() => told !== undefined);
    assert.ok(told!.received.equals(PAGE));
  });

  it('a connection that outlives its lease: what came before, then ERR_NET_NO_LEASE; the next one has a new lease', async () => {
    const rig = await open({ leaseSeconds: 20 }, secure => secure.write('before'));
    for (let round = 0; round < 2; round++) {
      let told: Story | undefined;
      const socket = await rig.connect();
      let code: string | undefined;
      socket.on('error', error => {
        code = error.code;
      });
      void story(socket).then(result => {
        told = result;
      });
      await rig.until(() => told !== undefined, 25000);
      assert.equal(told!.received.toString(), 'before');
      assert.equal(code, 'ERR_NET_NO_LEASE');
      assert.ok(told!.events.includes('close true'));
    }
    assert.deepEqual(rig.sim.dhcp.received, [1, 3, 1, 3]);
  });
});
