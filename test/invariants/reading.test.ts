/** L3: "nothing yet", "the end" and "cut off" are three things, and what has arrived is delivered before any of them. */
import assert from 'node:assert/strict';
import { CLOSE_NOTIFY } from '../../src/tls/client.js';
import { NO_DATA_YET } from '../../src/transport.js';
import { applicationData, closeNotify } from '../peers/steps.js';
import { closeChipRigs } from '../socket/chip-rig.js';
import { chipStage } from './chip.js';
import { piped } from './memory-wire.js';
import { Player, play, type Recording, record } from './recorded.js';
import { everything, everythingData, forSeeds, pattern, randomPieces } from './scripts.js';

/** A handshake, and the records behind it one by one. */
interface Parts {
  recording: Recording;
  handshake: Buffer;
  records: Buffer[];
}

async function parts(...contents: (Buffer | 'close_notify')[]): Promise<Parts> {
  const afterFinished = contents.map(content => (content === 'close_notify' ? closeNotify : applicationData(content)));
  const recording = await record({ afterFinished });
  const { records, fromServer } = recording;
  const bytes = records.slice(records.length - contents.length).map(sent => sent.bytes);
  const handshake = fromServer.subarray(0, fromServer.length - Buffer.concat(bytes).length);
  return { recording, handshake, records: bytes };
}

const A = pattern(700);
const B = pattern(900);

describe('L3: what has arrived, and what has ended', function () {
  this.timeout(60000);
  afterEach(() => {
    closeChipRigs();
  });

  describe('engine', () => {
    it('3b: two whole records at once: both before "no data yet"', async () => {
      const { recording, handshake, records } = await parts(A, B);
      const { client, pump, wire } = piped(recording);
      const into = new Uint8Array(2000);
      wire.push(handshake);
      assert.equal(pump.run(into, 0, 2000), NO_DATA_YET);
      // One arrival; what follows are only reads.
      wire.push(Buffer.concat(records));
      assert.equal(pump.run(into, 0, 2000), A.length);
      assert.equal(client.read(into, A.length, 2000 - A.length), B.length);
      assert.ok(Buffer.concat([A, B]).equals(into.subarray(0, A.length + B.length)));
      assert.equal(pump.run(into, 0, 2000), NO_DATA_YET);
    });

    it('3c: a record, many reads in vain, a record: never an end', async () => {
      const { recording, handshake, records } = await parts(A, B);
      const player = new Player(recording);
      player.read();
      player.deliver(Buffer.concat([handshake, records[0]!]));
      assert.ok(player.replay().data.equals(A));
      for (let i = 0; i < 1000; i++) assert.equal(player.client.read(new Uint8Array(10), 0, 10), NO_DATA_YET);
      player.deliver(records[1]!);
      assert.equal(player.end, NO_DATA_YET);
      assert.ok(player.replay().data.equals(Buffer.concat([A, B])));
    });

    it('3d: [record, close_notify, FIN]: the data, then the end, for ever', async () => {
      const { recording } = await parts(A, 'close_notify');
      const player = new Player(recording);
      player.read();
      player.client.inputEnded();
      player.deliver(recording.fromServer);
      assert.ok(player.replay().data.equals(A));
      for (let i = 0; i < 3; i++) assert.equal(player.client.read(new Uint8Array(10), 0, 10), CLOSE_NOTIFY);
    });

    it('3d: [record, FIN]: the data, then truncated, for ever', async () => {
      const { recording } = await parts(A);
      const player = new Player(recording);
      player.read();
      player.deliver(recording.fromServer);
      player.finish();
      assert.equal(player.end, 'ERR_TLS_TRUNCATED');
      assert.ok(player.replay().data.equals(A));
      for (let i = 0; i < 3; i++) {
        assert.throws(() => player.client.read(new Uint8Array(10), 0, 10), { code: 'ERR_TLS_TRUNCATED' });
      }
    });

    it('3d: [half a record, FIN]: truncated, and no byte of that record, wherever it is cut', async () => {
      const { recording, handshake, records } = await parts(A, B);
      for (let cut = 0; cut < records[1]!.length; cut++) {
        const pieces = [handshake, records[0]!, records[1]!.subarray(0, cut)];
        const played = play(recording, [Buffer.concat(pieces)], { fin: true });
        assert.equal(played.end, 'ERR_TLS_TRUNCATED');
        assert.ok(played.data.equals(A), `cut at ${cut}`);
      }
    });

    it('3d: RST behind unread whole records: all of them, then the reset, for ever', async () => {
      const { recording, handshake, records } = await parts(A, B, A);
      const { pump, wire } = piped(recording);
      const into = new Uint8Array(2000);
      wire.push(Buffer.concat([handshake, ...records]));
      wire.reset();
      const got: Buffer[] = [];
      for (const { length } of [A, B, A]) {
        assert.equal(pump.run(into, 0, 2000), length);
        got.push(Buffer.from(into.subarray(0, length)));
      }
      assert.ok(Buffer.concat(got).equals(Buffer.concat([A, B, A])));
      for (let i = 0; i < 3; i++) assert.throws(() => pump.run(into, 0, 2000), { code: 'ERR_NET_RESET' });
    });

    it('3f: 2048 bytes of a record of 3000 are taken: the other 952 come by reading alone', async () => {
      const data = pattern(3000);
      const { recording } = await parts(data);
      const { client, pump, wire } = piped(recording);
      const into = new Uint8Array(3000);
      wire.push(recording.fromServer);
      assert.equal(pump.run(into, 0, 2048), 2048);
      assert.equal(client.read(into, 2048, 952), 952);
      assert.ok(data.equals(into));
      assert.equal(client.read(into, 0, 100), NO_DATA_YET);
    });
  });

  describe('chip', () => {
    it('3a: everything in one segment, byte by byte, and 300 random partitions, at random moments', async () => {
      const recording = await record({ afterFinished: everything() });
      const { undisturbed, fromServer } = recording;
      const stage = chipStage();
      const run = async (pieces: Buffer[], gap: () => number) => {
        const { rig } = stage;
        const play = await stage.connect(recording);
        const next = (at: number) => {
          if (at < pieces.length) play.segments.data(pieces[at]!);
          else play.segments.fin();
          if (at < pieces.length) rig.sim.clock.after(gap(), () => next(at + 1));
        };
        next(0);
        await play.closed();
        assert.deepEqual(play.events, ['connect', 'secureConnect', 'data', 'end', 'close false']);
        assert.deepEqual(play.received, undisturbed.received);
        assert.ok(play.data.equals(everythingData), 'other bytes');
        assert.ok(play.wire.equals(undisturbed.wire), 'other bytes on the wire');
      };
      await run([fromServer], () => 0);
      await run(
        Array.from({ length: fromServer.length }, (_, i) => fromServer.subarray(i, i + 1)),
        () => 0.05,
      );
      await forSeeds(300, async random => {
        let pieces = randomPieces(fromServer, random);
        // Some hundred milliseconds of the board's time at most.
        while (pieces.length > 150) pieces = randomPieces(fromServer, random);
        const slowest = Math.floor(random() * 4);
        await run(pieces, () => Math.floor(random() * (slowest + 1)));
      });
    });

    it('3b: two whole records in one segment: both before anything waits', async () => {
      const { recording, handshake, records } = await parts(A, B);
      const { rig, connect } = chipStage();
      const play = await connect(recording);
      play.segments.data(handshake);
      await rig.until(() => play.socket.authorized);
      const settled = rig.sim.clock.now() + 100;
      await rig.until(() => rig.sim.clock.now() > settled);
      const moments: number[] = [];
      play.socket.on('data', () => moments.push(rig.sim.clock.now()));
      play.segments.data(...records);
      await rig.until(() => play.data.length === A.length + B.length, 1000);
      assert.ok(play.data.equals(Buffer.concat([A, B])));
      assert.equal(moments[0], moments[moments.length - 1], 'delivered at different moments');
      play.socket.destroy();
    });

    it('3c: a record, five seconds, a record: never an end', async () => {
      const { recording, handshake, records } = await parts(A, B);
      const { rig, connect } = chipStage();
      const play = await connect(recording);
      play.segments.data(handshake, records[0]!);
      await rig.until(() => play.data.length === A.length);
      const later = rig.sim.clock.now() + 5000;
      await rig.until(() => rig.sim.clock.now() > later);
      assert.deepEqual(play.events, ['connect', 'secureConnect', 'data']);
      play.segments.data(records[1]!);
      await rig.until(() => play.data.length === A.length + B.length, 1000);
      assert.ok(play.data.equals(Buffer.concat([A, B])));
      assert.deepEqual(play.events, ['connect', 'secureConnect', 'data']);
      play.socket.destroy();
    });

    const endings: [string, (Buffer | 'close_notify')[], number, string[]][] = [
      ['[record, close_notify, FIN]: data, end', [A, 'close_notify'], 0, ['end', 'close false']],
      ['[record, FIN]: data, truncated', [A], 0, ['error ERR_TLS_TRUNCATED', 'close true']],
      ['[half a record, FIN]: truncated, no byte of it', [A, B], 1, ['error ERR_TLS_TRUNCATED', 'close true']],
      ['[half of close_notify, FIN]: truncated', [A, 'close_notify'], 1, ['error ERR_TLS_TRUNCATED', 'close true']],
    ];
    for (const [name, contents, missing, end] of endings) {
      it(`3d: ${name}, in one segment`, async () => {
        const { recording, handshake, records } = await parts(...contents);
        const { rig, connect } = chipStage();
        const last = Buffer.concat(records);
        const handshakeFirst = async (first: boolean) => {
          const play = await connect(recording);
          if (first) {
            play.segments.data(handshake);
            await rig.until(() => play.socket.authorized);
          }
          const segment = last.subarray(0, last.length - missing);
          play.segments.data(...(first ? [segment] : [handshake, segment])).fin();
          await play.closed();
          assert.deepEqual(play.events, ['connect', 'secureConnect', 'data', ...end]);
          assert.ok(play.data.equals(A));
        };
        await handshakeFirst(true);
        await handshakeFirst(false);
      });
    }

    it('3d: RST behind unread whole records: what the chip holds is delivered, then ERR_NET_RESET', async () => {
      const { recording, handshake, records } = await parts(A, B);
      const { rig, connect } = chipStage();
      const play = await connect(recording);
      play.segments.data(handshake);
      await rig.until(() => play.socket.authorized);
      play.segments.data(...records).reset();
      await play.closed();
      assert.deepEqual(play.events, ['connect', 'secureConnect', 'data', 'error ERR_NET_RESET', 'close true']);
      assert.ok(play.data.equals(Buffer.concat([A, B])));
    });

    it('3d: RST behind unread records of a paused socket: nothing until it goes on, then all, then ERR_NET_RESET', async () => {
      const { recording, handshake, records } = await parts(A, B, A, B);
      const { rig, connect } = chipStage();
      const play = await connect(recording);
      play.segments.data(handshake);
      await rig.until(() => play.socket.authorized);
      play.socket.pause();
      play.segments.data(records[0]!, records[1]!);
      await rig.until(() => play.socket.input.length > 0);
      // These two lie in the chip's memory or in the ring when RST comes.
      play.segments.data(records[2]!, records[3]!.subarray(0, 5)).reset();
      const later = rig.sim.clock.now() + 3000;
      await rig.until(() => rig.sim.clock.now() > later);
      assert.deepEqual(play.events, ['connect', 'secureConnect']);
      play.socket.resume();
      await play.closed();
      assert.deepEqual(play.events, ['connect', 'secureConnect', 'data', 'error ERR_NET_RESET', 'close true']);
      assert.ok(play.data.equals(Buffer.concat([A, B, A])));
    });

    it('3f: 2048 of 3000 bytes, then a pause: the other 952 come, though the network has nothing new', async () => {
      const data = pattern(3000);
      const { recording } = await parts(data);
      const { rig, connect } = chipStage();
      const buffer = new Uint8Array(2048);
      const lengths: number[] = [];
      const got: Buffer[] = [];
      const play = await connect(recording, {
        onread: {
          buffer,
          callback: (length, bytes) => {
            lengths.push(length);
            got.push(Buffer.from(bytes.subarray(0, length)));
            return false;
          },
        },
      });
      play.segments.data(recording.fromServer);
      await rig.until(() => lengths.length === 1);
      const later = rig.sim.clock.now() + 1000;
      await rig.until(() => rig.sim.clock.now() > later);
      assert.deepEqual(lengths, [2048]);
      assert.equal(play.socket.bytesRead, recording.fromServer.length, 'all of it has left the chip');
      play.socket.resume();
      await rig.until(() => lengths.length === 2);
      assert.deepEqual(lengths, [2048, 952]);
      assert.ok(Buffer.concat(got).equals(data));
      play.socket.destroy();
    });
  });
});
