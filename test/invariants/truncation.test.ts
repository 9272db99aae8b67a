/** A cut at every byte: "truncated", and never a clean end. What was whole before the cut was delivered, and nothing else. */
import assert from 'node:assert/strict';
import { CLOSE_NOTIFY } from '../../src/tls/client.js';
import { fullFlight } from '../peers/flights.js';
import { applicationData, closeNotify } from '../peers/steps.js';
import { closeChipRigs } from '../socket/chip-rig.js';
import { chipModes, chipStage } from './chip.js';
import { Player, type Recording, record } from './recorded.js';
import { modes, pattern, shorter, shorterData } from './scripts.js';

/** How many bytes of plaintext are whole in the first `length` bytes of the server. */
function wholeBefore({ records }: Recording, length: number): number {
  let at = 0;
  let plaintext = 0;
  for (const { bytes, type, protection, content } of records) {
    at += bytes.length;
    if (at > length) break;
    if (protection === 'application' && type === 23) plaintext += content.length;
  }
  return plaintext;
}

describe('a cut at every byte', function () {
  this.timeout(60000);
  afterEach(closeChipRigs);

  for (const { name, ring, memory } of modes) {
    function assertTruncated(recording: Recording, data: Buffer, length: number): void {
      const player = new Player(recording);
      player.read();
      player.deliver(recording.fromServer.subarray(0, length));
      player.finish();
      assert.equal(player.end, 'ERR_TLS_TRUNCATED', `cut at ${length}`);
      player.assertOver();
      const played = player.replay();
      assert.ok(played.data.equals(data.subarray(0, wholeBefore(recording, length))), `cut at ${length}`);
      // No alert: the peer does not hear us any more, or does not care.
      assert.ok(played.wire.equals(recording.undisturbed.wire.subarray(0, played.wire.length)), `cut at ${length}`);
    }

    it(`engine, ${name}: handshake, tickets, key update, data, close_notify`, async () => {
      const recording = await record({ flight: fullFlight(), afterFinished: shorter(), ring, memory });
      for (let length = 0; length < recording.fromServer.length; length++) {
        assertTruncated(recording, shorterData, length);
      }
      assert.equal(recording.undisturbed.end, CLOSE_NOTIFY);
      console.log(`        ${recording.fromServer.length} lengths`);
    });

    it(`engine, ${name}: two records of 16384`, async () => {
      const data = Buffer.concat([pattern(16384, 1), pattern(16384, 2)]);
      const recording = await record({ afterFinished: [applicationData(data), closeNotify], ring, memory });
      const { fromServer, records } = recording;
      let cuts = 0;
      let start = 0;
      for (const { bytes } of records) {
        for (let cut = 0; cut < bytes.length; cut++) {
          const near = cut < 24 || cut > bytes.length - 24 || cut % 512 < 8 || cut % 97 === 0;
          if (start < fromServer.length - 2 * 16406 - 100 || !near) continue;
          assertTruncated(recording, data, start + cut);
          cuts++;
        }
        start += bytes.length;
      }
      console.log(`        ${cuts} lengths`);
    });
  }

  for (const { name, rig: options, ring, memory } of chipModes) {
    it(`chip, ${name}: every 11th byte, and around every end of a record`, async () => {
      const afterFinished = [...shorter().slice(0, -1), applicationData(pattern(5000)), closeNotify];
      const data = Buffer.concat([shorterData, pattern(5000)]);
      const recording = await record({ afterFinished, ring, memory });
      const { fromServer } = recording;
      const stage = chipStage(options);
      const ends: number[] = [];
      for (const { bytes } of recording.records) ends.push((ends[ends.length - 1] ?? 0) + bytes.length);
      let cuts = 0;
      for (let length = 0; length < fromServer.length; length++) {
        const step = length < fromServer.length - 5100 ? 11 : 211;
        if (length % step !== 0 && !ends.some(end => Math.abs(end - length) < 2)) continue;
        const play = await stage.connect(recording);
        play.segments.data(fromServer.subarray(0, length)).fin();
        await play.closed();
        assert.deepEqual(play.events.slice(-2), ['error ERR_TLS_TRUNCATED', 'close true'], `cut at ${length}`);
        assert.ok(!play.events.includes('end'));
        assert.ok(play.data.equals(data.subarray(0, wholeBefore(recording, length))), `cut at ${length}`);
        cuts++;
      }
      console.log(`        ${cuts} lengths`);
    });
  }
});
