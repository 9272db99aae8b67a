/** L3 3e: data and FIN that land between any two register reads, and 16-bit registers torn in two. */
import assert from 'node:assert/strict';
import { applicationData, closeNotify } from '../peers/steps.js';
import { type ChipRig, closeChipRigs } from '../socket/chip-rig.js';
import { closeRigs, makeRig, receiveAll, serve } from '../w5500/harness.js';
import { type ChipPlay, chipStage, type Segments } from './chip.js';
import { type Recording, record } from './recorded.js';
import { pattern } from './scripts.js';

/** The status burst: Sn_MR to Sn_RX_WR. */
const BURST = Array.from({ length: 0x2c }, (_, address) => address);
const RX_RSR = 0x26;
const WHOLE = ['connect', 'secureConnect', 'data', 'end', 'close false'];

describe('L3: between two register reads', function () {
  this.timeout(60000);
  let recording: Recording;
  const page = pattern(5000);

  before(async () => {
    recording = await record({
      afterFinished: [applicationData(page.subarray(0, 2500)), applicationData(page.subarray(2500)), closeNotify],
    });
  });

  afterEach(() => {
    closeChipRigs();
    closeRigs();
  });

  /** Whatever `arrive` does happens right before the byte at `address` is sampled in the next status burst. */
  function beforeRead(rig: ChipRig, address: number, arrive: () => void): void {
    rig.sim.faults.beforeSocketRead = (_socket, at) => {
      if (at !== address) return;
      rig.sim.faults.beforeSocketRead = undefined;
      arrive();
    };
  }

  it('3e: driver: data and FIN behind the reading of each register of the burst', async () => {
    for (const at of BURST) {
      const rig = makeRig({ faults: { deliverAfterReadOf: at } });
      const address = await serve(rig, 80, socket => socket.end(page));
      rig.network.start();
      const transport = await rig.connected(address, 80);
      assert.ok(page.equals(await receiveAll(rig, transport)), `register 0x${at.toString(16)}`);
      transport.abort();
    }
  });

  it('3e: TlsSocket: the last record, close_notify and FIN, all behind the reading of each register', async () => {
    const stage = chipStage();
    const { fromServer, undisturbed } = recording;
    const first = fromServer.length - 700;
    for (const address of BURST) {
      const play = await stage.connect(recording);
      play.segments.data(fromServer.subarray(0, first));
      await stage.rig.until(() => play.socket.bytesRead === first);
      beforeRead(stage.rig, address, () => play.segments.data(fromServer.subarray(first)).fin());
      await play.closed();
      assert.deepEqual(play.events, WHOLE, `register 0x${address.toString(16)}`);
      assert.ok(play.data.equals(page));
      assert.ok(play.wire.equals(undisturbed.wire));
    }
  });

  it('3e: TlsSocket: data before one register, FIN before a later one, every pair around Sn_SR and Sn_RX_RSR', async () => {
    const stage = chipStage();
    const { fromServer } = recording;
    const first = fromServer.length - 700;
    const watched = [0x01, 0x02, 0x03, 0x04, 0x20, 0x25, 0x26, 0x27, 0x28, 0x2a, 0x2b];
    for (const data of watched) {
      for (const fin of watched) {
        if (fin < data) continue;
        const play = await stage.connect(recording);
        play.segments.data(fromServer.subarray(0, first));
        await stage.rig.until(() => play.socket.bytesRead === first);
        beforeRead(stage.rig, data, () => {
          play.segments.data(fromServer.subarray(first));
          if (fin === data) play.segments.fin();
          else beforeRead(stage.rig, fin, () => play.segments.fin());
        });
        await play.closed();
        assert.deepEqual(play.events, WHOLE, `data before 0x${data.toString(16)}, FIN before 0x${fin.toString(16)}`);
        assert.ok(play.data.equals(page));
      }
    }
  });

  for (const [before, after] of [
    [0x00ff, 0x0100],
    [0x01ff, 0x0200],
  ] as const) {
    const hex = (value: number) => `0x${value.toString(16).padStart(4, '0')}`;

    for (const fin of [false, true]) {
      it(`3e: Sn_RX_RSR torn at ${hex(before)} → ${hex(after)}${fin ? ', and FIN' : ''}: no byte lost, no false end`, async () => {
        const { fromServer } = recording;
        const stage = chipStage();
        for (const end of fin ? BURST : [0]) {
          const play = await stage.connect(recording);
          const { rig } = stage;
          const first = fromServer.length - after;
          play.segments.data(fromServer.subarray(0, first));
          await rig.until(() => play.socket.bytesRead === first);
          const seen = tear(rig, play.segments, fromServer.subarray(first), before);
          if (fin) finBefore(rig, play, end);
          await rig.until(() => play.socket.bytesRead === fromServer.length);
          assert.equal(seen.torn, (before & 0xff00) | (after & 0xff), 'the value that was read');
          if (!fin) play.segments.fin();
          await play.closed();
          assert.deepEqual(play.events, WHOLE, `FIN before register 0x${end.toString(16)}`);
          assert.ok(play.data.equals(page));
        }
      });
    }

    it(`3e: Sn_RX_RSR torn at ${hex(before)} → ${hex(after)}, then silence: everything is there, and no end is made up`, async () => {
      const endless = await record({ afterFinished: [applicationData(page)] });
      const { rig, connect } = chipStage();
      const play = await connect(endless);
      const { fromServer } = endless;
      const first = fromServer.length - after;
      play.segments.data(fromServer.subarray(0, first));
      await rig.until(() => play.socket.bytesRead === first);
      tear(rig, play.segments, fromServer.subarray(first), before);
      const later = rig.sim.clock.now() + 1000;
      await rig.until(() => rig.sim.clock.now() > later);
      assert.ok(play.data.equals(page));
      assert.deepEqual(play.events, ['connect', 'secureConnect', 'data']);
      play.socket.destroy();
    });
  }

  /** `before` bytes arrive as the high byte of Sn_RX_RSR is sampled, the rest between it and the low one. */
  function tear(rig: ChipRig, segments: Segments, bytes: Buffer, before: number): { torn: number } {
    const seen = { torn: -1 };
    let high = -1;
    rig.sim.faults.beforeSocketRead = (_socket, at) => {
      if (at === RX_RSR && high < 0) {
        segments.data(bytes.subarray(0, before));
        high = before & 0xff00;
      } else if (at === RX_RSR + 1 && seen.torn < 0) {
        segments.data(bytes.subarray(before));
        seen.torn = high | (bytes.length & 0xff);
      }
    };
    return seen;
  }

  /** FIN at `address` of the burst that follows the torn one, or of the torn one if that register comes later in it. */
  function finBefore(rig: ChipRig, play: ChipPlay, address: number): void {
    const inner = rig.sim.faults.beforeSocketRead!;
    let torn = false;
    rig.sim.faults.beforeSocketRead = (socket, at) => {
      inner(socket, at);
      if (torn && at === address) {
        rig.sim.faults.beforeSocketRead = undefined;
        play.segments.fin();
      } else if (at === RX_RSR + 1) torn = true;
    };
  }
});
