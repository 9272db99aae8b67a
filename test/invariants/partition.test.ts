/** L3 3a on the engine alone: however the server's bytes are cut up, the same events, the same bytes. */
import assert from 'node:assert/strict';
import { CLOSE_NOTIFY } from '../../src/tls/client.js';
import { fullFlight } from '../peers/flights.js';
import { type PlayOptions, play, type Recording, type Replay, record } from './recorded.js';
import { cutAt, everything, everythingData, forSeeds, modes, randomPieces } from './scripts.js';

for (const { name, ring, memory } of modes) {
  describe(`any partition of what the server sends, ${name}`, function () {
    this.timeout(120000);
    // What is read twice costs more: fewer there.
    const share = memory ? 20 : 1;
    let recording: Recording;
    let whole: Replay;

    before(async () => {
      recording = await record({ flight: fullFlight(), afterFinished: everything(), ring, memory });
      whole = recording.undisturbed;
    });

    function same(pieces: Iterable<Uint8Array>, options: PlayOptions = {}): void {
      const played = play(recording, pieces, { fin: true, ...options });
      assert.equal(played.end, whole.end);
      assert.deepEqual(played.received, whole.received);
      assert.deepEqual(played.sent, whole.sent);
      assert.ok(played.data.equals(whole.data), 'other bytes');
      assert.ok(played.wire.equals(whole.wire), 'other bytes on the wire');
    }

    it('3a: all in one', () => {
      assert.equal(whole.end, CLOSE_NOTIFY);
      assert.ok(whole.data.equals(everythingData));
      assert.deepEqual(
        whole.received.map(event => event.replace(/session of \d+/, 'session')),
        ['2 at 0', '8 at 0', '13 at 0', '11 at 0', '15 at 0', '20 at 0'].concat([
          '4 at 0',
          'session at 0',
          '24 at 1401',
          '4 at 17785',
          'session at 17785',
        ]),
      );
      // ClientHello, Certificate, Finished, and the KeyUpdate that was asked for.
      assert.deepEqual(whole.sent, [1, 11, 20, 24]);
    });

    it('3a: byte by byte', () => {
      same(Array.from({ length: recording.fromServer.length }, (_, i) => recording.fromServer.subarray(i, i + 1)));
    });

    it('3a: every cut, and every two cuts, of the first 64 bytes', () => {
      for (let first = 1; first <= 64; first++) {
        same(cutAt(recording.fromServer, first));
        for (let second = first + 1; second <= 64; second += share) same(cutAt(recording.fromServer, first, second));
      }
    });

    it('3a: every cut of the first 64 bytes of each record, of its last 32, and at every 512', () => {
      let at = 0;
      let cuts = 0;
      for (const { bytes } of recording.records) {
        for (let cut = 0; cut < bytes.length; cut++) {
          if (cut > 64 && cut < bytes.length - 32 && cut % 512 > 1) continue;
          same(cutAt(recording.fromServer, at + cut));
          cuts++;
        }
        at += bytes.length;
      }
      assert.equal(at, recording.fromServer.length);
      console.log(`        ${cuts} cuts in ${recording.records.length} records`);
    });

    it(`3a: ${10000 / share} random partitions`, async () => {
      await forSeeds(10000 / share, random => same(randomPieces(recording.fromServer, random)));
    });

    it(`3a: ${1000 / share} random partitions, read in pieces of any size, sent in pieces of any size`, async () => {
      await forSeeds(1000 / share, random => {
        const readSize = 1 + Math.floor(random() ** 3 * 3000);
        // The answer to a KeyUpdate is only owed while the transport takes nothing, so it takes something each time.
        same(randomPieces(recording.fromServer, random), {
          readSize,
          accept: () => 1 + Math.floor(random() ** 2 * 200),
        });
      });
    });
  });
}
