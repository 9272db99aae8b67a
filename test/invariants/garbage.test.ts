/**
 * Garbage of every kind: an error with a code that is one of TLS's or the certificates', the same for ever; never another
 * exception, a hang, or memory that grows. Nothing is delivered that did not authenticate.
 *
 *   on the wire     what anybody on the way can do: the bytes of a good server changed, cut out, doubled, moved, made up
 *   authentic       what only the server can do: its records sealed under the right keys, whatever they say
 */
import assert from 'node:assert/strict';
import { CLOSE_NOTIFY } from '../../src/tls/client.js';
import { fullFlight } from '../peers/flights.js';
import { closeNotify, keyUpdate } from '../peers/steps.js';
import { closeChipRigs } from '../socket/chip-rig.js';
import { chipModes, chipStage } from './chip.js';
import { below, damaged, noise, type Random, tampered } from './damage.js';
import { megabytes, memoryInUse } from './memory.js';
import { Player, type Recording, record, resealed } from './recorded.js';
import { everything, forSeeds, modes, randomPieces, shorter } from './scripts.js';

describe('garbage', function () {
  this.timeout(120000);
  afterEach(closeChipRigs);

  /** Plays it to its end; what must hold for whatever it is. */
  function assertSound(recording: Recording, bytes: Buffer, random: Random): Player {
    const player = new Player(recording);
    player.read();
    for (const piece of random() < 0.3 ? randomPieces(bytes, random) : [bytes]) if (!player.deliver(piece)) break;
    player.finish();
    assert.match(String(player.end), /^(ERR_(TLS|CERT)_[A-Z_]+|-3)$/);
    player.assertOver();
    const pieces = bytes.length + recording.fromServer.length;
    assert.ok(player.steps < 100 + 3 * pieces, `${player.steps} steps for ${bytes.length} bytes`);
    assert.ok(player.input.peak <= recording.ring);
    return player;
  }

  /** Runs `round` for many seeds, and sees to it that what is in use afterwards is no more than before. */
  async function withoutGrowth(rounds: number, round: (random: Random) => string): Promise<void> {
    const ends = new Map<string, number>();
    let before = 0;
    let count = 0;
    await forSeeds(rounds, async random => {
      const end = round(random);
      ends.set(end, (ends.get(end) ?? 0) + 1);
      if (++count === Math.floor(rounds / 3)) before = await memoryInUse();
    });
    const growth = (await memoryInUse()) - before;
    const list = [...ends].sort((a, b) => b[1] - a[1]).map(([end, n]) => `${end.replace('ERR_', '')} ${n}`);
    console.log(`        ${list.join(', ')}; memory ${megabytes(growth)} more`);
    // Every connection has more than 20 KB; of hundreds that were kept this would be left.
    assert.ok(growth < 4 * 2 ** 20, `${megabytes(growth)} more in use after ${rounds} connections`);
    assert.ok(ends.size >= 5, 'the garbage is too much of one kind');
  }

  for (const { name, ring, memory } of modes) {
    const rounds = memory ? 400 : 1500;
    let recording: Recording;

    before(async () => {
      recording = await record({ flight: fullFlight(), afterFinished: everything(), ring, memory });
    });

    it(`on the wire, ${rounds} times, ${name}: what is delivered is authentic, an end only at the end`, async () => {
      const { fromServer, records, undisturbed } = recording;
      await withoutGrowth(rounds, random => {
        let bytes = tampered(fromServer, records, random);
        if (random() < 0.2) bytes = tampered(bytes, records, random);
        const player = assertSound(recording, bytes, random);
        const { data, received } = player.replay();
        assert.ok(data.equals(undisturbed.data.subarray(0, data.length)), 'bytes that nobody sent');
        assert.deepEqual(received, undisturbed.received.slice(0, received.length));
        if (player.end === CLOSE_NOTIFY) assert.equal(data.length, undisturbed.data.length, 'an end before the end');
        return String(player.end);
      });
    });

    it(`authentic, ${rounds} times, ${name}`, async () => {
      const { records } = recording;
      await withoutGrowth(rounds, random => {
        const index = below(random, records.length);
        const second = random() < 0.2 ? below(random, records.length) : -1;
        const offered: Buffer[] = [];
        const bytes = resealed(records, (sent, i) => {
          const list = (i === index || i === second) && sent.secret ? damaged(sent, random) : [sent];
          for (const { type, content, protection } of list) {
            if (protection === 'application' && type === 23) offered.push(content);
          }
          return list;
        });
        const player = assertSound(recording, bytes, random);
        const { data } = player.replay();
        assert.ok(data.equals(Buffer.concat(offered).subarray(0, data.length)), 'bytes that nobody sent');
        return String(player.end);
      });
    });

    it(`from the first byte on, 300 times, ${name}`, async () => {
      await forSeeds(300, random => {
        const bytes = noise(random, 1 + below(random, 20000));
        // Most of it looks like a record, at least.
        if (random() < 0.8) bytes[0] = 20 + below(random, 4);
        if (random() < 0.6 && bytes.length > 2) bytes.set([3, 3], 1);
        if (random() < 0.4 && bytes.length > 6) bytes.set([22, 3, 3, bytes.length >> 9, 0, 2], 0);
        const player = assertSound(recording, bytes, random);
        assert.equal(player.dataLength, 0);
        assert.equal(player.client.handshakeComplete, false);
        assert.notEqual(player.end, CLOSE_NOTIFY);
      });
    });
  }

  it('resealed without a change it is the same, byte for byte', async () => {
    const { fromServer, records } = await record({ flight: fullFlight(), afterFinished: everything() });
    assert.ok(resealed(records, sent => [sent]).equals(fromServer));
  });

  for (const { name, rig: options, ring, memory } of chipModes) {
    it(`chip, 150 times, ${name}: a coded error, what is delivered is authentic, and nothing is left`, async () => {
      const recording = await record({ flight: fullFlight(), afterFinished: shorter(), ring, memory });
      const { fromServer, records, undisturbed } = recording;
      const stage = chipStage(options);
      const { rig } = stage;
      await forSeeds(150, async random => {
        const play = await stage.connect(recording);
        const bytes = tampered(fromServer, records, random);
        let pieces = randomPieces(bytes, random);
        while (pieces.length > 100) pieces = randomPieces(bytes, random);
        for (const piece of pieces) play.segments.data(piece);
        play.segments.fin();
        await play.closed();
        const { events, data } = play;
        assert.ok(data.equals(undisturbed.data.subarray(0, data.length)), 'bytes that nobody sent');
        if (events.includes('end')) assert.equal(data.length, undisturbed.data.length);
        else assert.match(events[events.length - 2]!, /^error ERR_(TLS|CERT)_/);
        await rig.until(() => rig.timers.size === 0);
        // DHCP has one while it renews; a connection none.
        assert.equal(rig.board.network.chip.inUse, 0);
      });
    });
  }

  it('many key updates, then silence: nothing but keys, and an end', async () => {
    const recording = await record({ afterFinished: [...Array(30).fill(keyUpdate(false)), closeNotify] });
    assert.equal(recording.undisturbed.end, CLOSE_NOTIFY);
    const flood = await record({ afterFinished: [...Array(40).fill(keyUpdate(false)), closeNotify] });
    assert.equal(flood.undisturbed.end, 'ERR_TLS_UNEXPECTED_MESSAGE');
  });
});
