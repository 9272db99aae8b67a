/**
 * Long computations in slices: whatever arrives while one is pending, and however it is cut up, the connection is the same as
 * when each is done at once, byte by byte and error by error; and while one is pending nothing blocks.
 */
import assert from 'node:assert/strict';
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { ByteRing } from '../../src/bytes/byte-ring.js';
import { done, finish } from '../../src/crypto/computation.js';
import type { RandomSource } from '../../src/platform.js';
import { CLOSE_NOTIFY, TlsClient } from '../../src/tls/client.js';
import { tls13 } from '../../src/tls/profiles.js';
import { NO_DATA_YET } from '../../src/transport.js';
import { fullFlight, insertedAfter } from '../peers/flights.js';
import { authority, SERVER_NAME_UNDER_TEST, server as serverIdentity } from '../peers/identities.js';
import { ScriptedServer } from '../peers/scripted-server.js';
import { applicationData, closeNotify, helloRetryRequest, serverFlight } from '../peers/steps.js';
import { trusting } from '../peers/trust.js';
import { type SlowProvider, slowProvider } from '../slow-provider.js';
import { damaged, tampered } from './damage.js';
import { Player, type PlayOptions, type Recording, type Replay, record, resealed } from './recorded.js';
import { cutAt, everything, everythingData, forSeeds, modes, pattern, randomPieces, shorter } from './scripts.js';

const UNITS = 7;
const STATES = ['key share', 'shared secret', 'certificates', 'CertificateVerify'];

/** Plays `pieces`, with `slice` units at a time; what the client is in the end and what its provider was asked for. */
function sliced(
  recording: Recording,
  pieces: Iterable<Uint8Array>,
  slice: () => number,
  options: PlayOptions = {},
): { player: Player; slow: SlowProvider; played: Replay } {
  const slow = slowProvider(recording.crypto, UNITS);
  const player = new Player({ ...recording, crypto: slow.provider }, { slice, ...options });
  player.read();
  for (const piece of pieces) if (!player.deliver(piece)) break;
  player.finish();
  return { player, slow, played: player.replay() };
}

function assertSame(played: Replay, whole: Replay): void {
  assert.equal(played.end, whole.end);
  assert.deepEqual(played.received, whole.received);
  assert.deepEqual(played.sent, whole.sent);
  assert.ok(played.data.equals(whole.data), 'other bytes');
  assert.ok(played.wire.equals(whole.wire), 'other bytes on the wire');
}

describe('L3: computations in slices', function () {
  this.timeout(120000);

  for (const { name, ring, memory } of modes) {
    describe(`engine, ${name}`, () => {
      const share = memory ? 10 : 1;
      let recording: Recording;

      before(async () => {
        recording = await record({ flight: fullFlight(), afterFinished: everything(), ring, memory });
      });

      it('a unit at a time, byte by byte', () => {
        const bytes = recording.fromServer;
        const pieces = Array.from({ length: bytes.length }, (_, i) => bytes.subarray(i, i + 1));
        let turn = 0;
        const { slow, played } = sliced(recording, pieces, () => turn++ % 2);
        assertSame(played, recording.undisturbed);
        assert.deepEqual(slow.begun, ['generate', 'agree', 'verify', 'verify']);
        assert.equal(slow.slices, 4 * UNITS);
        assert.equal(slow.unwiped.size, 0);
      });

      it('a cut at every byte of the handshake: what is behind it comes while the computation is pending', () => {
        const { fromServer, records } = recording;
        const handshake = fromServer.length - Buffer.concat(records.slice(6).map(({ bytes }) => bytes)).length;
        for (let cut = 1; cut < handshake; cut += share) {
          let turn = 0;
          // Three rounds of reading with nothing computed after each slice.
          const { played } = sliced(recording, cutAt(fromServer, cut, cut + 1), () => (turn++ % 4 ? 0 : UNITS - 1));
          assertSame(played, recording.undisturbed);
        }
        console.log(`        ${handshake} bytes`);
      });

      it(`${600 / share} random partitions with random slices`, async () => {
        await forSeeds(600 / share, random => {
          const often = random();
          const slice = () => (random() < often ? 1 + Math.floor(random() * UNITS * 2) : random() < 0.01 ? 1 : 0);
          const { played } = sliced(recording, randomPieces(recording.fromServer, random), slice);
          assertSame(played, recording.undisturbed);
          assert.ok(played.data.equals(everythingData));
        });
      });

      it('a cut off at every byte: truncated, as when everything is done at once', async () => {
        const short = await record({ flight: fullFlight(), afterFinished: shorter(), ring, memory });
        for (let length = 0; length < short.fromServer.length; length += 3) {
          const bytes = short.fromServer.subarray(0, length);
          const atOnce = sliced(short, [bytes], () => 1000);
          const { player, played } = sliced(short, cutAt(bytes, length >> 1), () => 2);
          assert.equal(played.end, 'ERR_TLS_TRUNCATED');
          assertSame(played, atOnce.played);
          player.assertOver();
        }
      });

      it(`${300 / share} servers that go wrong: the same error and the same alert`, async () => {
        const ends = new Map<string, number>();
        const short = await record({ flight: fullFlight(), afterFinished: shorter(), ring, memory });
        await forSeeds(300 / share, random => {
          let victim = Math.floor(random() * short.records.length);
          const bytes =
            random() < 0.4
              ? tampered(short.fromServer, short.records, random)
              : resealed(short.records, sent => (victim-- ? [sent] : damaged(sent, random)));
          const atOnce = new Player(short);
          atOnce.read();
          atOnce.deliver(bytes);
          atOnce.finish();
          const { player, played } = sliced(short, [bytes], () => 3);
          const whole = atOnce.replay();
          assertSame(played, whole);
          if (player.end !== CLOSE_NOTIFY) player.assertOver();
          ends.set(String(whole.end), (ends.get(String(whole.end)) ?? 0) + 1);
        });
        console.log(`        ${[...ends].map(([end, n]) => `${end.replace('ERR_', '')} ${n}`).join(', ')}`);
      });
    });
  }

  describe('in each state', () => {
    let recording: Recording;
    let slow: SlowProvider;
    let slice = 0;

    before(async () => {
      recording = await record({ flight: fullFlight(), afterFinished: shorter() });
    });

    /** A client that is at the computation number `state`, half done. */
    function pendingIn(state: number): Player {
      slow = slowProvider(recording.crypto, UNITS);
      slice = 0;
      const player = new Player({ ...recording, crypto: slow.provider }, { slice: () => slice });
      player.read();
      for (let turn = 0; turn < state * 2; turn++) {
        player.client.compute(UNITS);
        player.read();
        if (turn === 0) player.deliver(recording.fromServer);
        if (player.client.computing === state) break;
      }
      assert.equal(player.client.computing, state);
      player.client.compute(3);
      assert.equal(player.client.computing, state);
      return player;
    }

    STATES.forEach((name, state) => {
      describe(name, () => {
        it('"no data yet", nothing is sent, and what comes is kept', () => {
          const player = pendingIn(state);
          const { client, input } = player;
          const lies = input.length;
          const into = new Uint8Array(10);
          const begun = slow.begun.length;
          for (let i = 0; i < 100; i++) assert.equal(client.read(into, 0, 10), NO_DATA_YET);
          assert.equal(client.write(into, 0, 10), 0);
          assert.equal(client.writable, 0);
          assert.equal(client.output.length, 0);
          assert.equal(client.handshakeComplete, false);
          assert.equal(input.length, lies);
          assert.equal(slow.begun.length, begun);
          // The rest has the same end as ever.
          if (state === 0) {
            client.compute(UNITS);
            player.deliver(recording.fromServer);
          }
          while (client.computing >= 0) {
            client.compute(1);
            player.read();
          }
          player.finish();
          assertSame(player.replay(), recording.undisturbed);
        });

        it('cancel: an alert, the error for ever, nothing is computed any more and the key is wiped', () => {
          const player = pendingIn(state);
          const { client } = player;
          const { slices } = slow;
          client.cancel();
          assert.equal(client.computing, -1);
          // user_canceled and close_notify: 7 bytes each, or 24 under keys.
          // Two alerts, and before the first protected one the change_cipher_spec of middlebox compatibility.
          assert.equal(client.output.length, state < 2 ? 14 : 6 + 48);
          client.outputSent(client.output.length);
          for (let i = 0; i < 3; i++) {
            client.compute(1000);
            assert.throws(() => client.read(new Uint8Array(1), 0, 1), { code: 'ERR_USAGE' });
          }
          assert.equal(slow.slices, slices);
          assert.equal(slow.unwiped.size, 0);
          assert.equal(client.output.length, 0);
        });

        it('closeWrite: said once the handshake is done', () => {
          const player = pendingIn(state);
          const { client } = player;
          client.closeWrite();
          assert.equal(client.output.length, 0);
          if (state === 0) {
            client.compute(UNITS);
            player.deliver(recording.fromServer);
          }
          while (client.computing >= 0) {
            client.compute(2);
            player.read();
          }
          player.finish();
          const { end, data, received } = player.replay();
          assert.equal(end, CLOSE_NOTIFY);
          assert.ok(data.equals(recording.undisturbed.data));
          assert.deepEqual(received, recording.undisturbed.received);
        });

        it('the end of the transport is told when what came before it has been read', () => {
          const player = pendingIn(state);
          const { client } = player;
          client.inputEnded();
          assert.equal(client.read(new Uint8Array(1), 0, 1), NO_DATA_YET);
          assert.equal(client.error, undefined);
          slice = 2;
          player.finish();
          assert.equal(player.end, state === 0 ? 'ERR_TLS_TRUNCATED' : CLOSE_NOTIFY);
        });
      });
    });
  });

  it('a key share is asked for again by a HelloRetryRequest', async () => {
    const slow = slowProvider(nodeCryptoProvider, UNITS);
    const input = new ByteRing(16645);
    const server = new ScriptedServer({
      identity: await serverIdentity('p256'),
      group: 'secp256r1',
      flights: [[helloRetryRequest({ group: true })], serverFlight()],
      afterFinished: [applicationData(pattern(100)), closeNotify],
    });
    const client = new TlsClient({
      profile: tls13,
      serverName: SERVER_NAME_UNDER_TEST,
      crypto: slow.provider,
      random: nodeRandom,
      unixTime: () => Date.now() / 1000,
      trust: trusting(await authority()),
      input,
      sliced: true,
    });
    const into = new Uint8Array(1000);
    const states: number[] = [];
    let data = Buffer.alloc(0);
    let answer = 0;
    while (answer !== CLOSE_NOTIFY) {
      answer = client.read(into, 0, 1000);
      if (answer > 0) data = Buffer.concat([data, into.subarray(0, answer)]);
      if (client.output.length > 0) {
        const bytes = Buffer.alloc(client.output.length);
        client.output.copy(0, bytes, 0, bytes.length);
        client.outputSent(bytes.length);
        server.receive(bytes);
        const sent = server.take();
        assert.equal(input.write(sent, 0, sent.length), sent.length);
      }
      if (client.computing >= 0 && states[states.length - 1] !== client.computing) states.push(client.computing);
      client.compute(1);
    }
    assert.deepEqual(states, [0, 1, 2, 3]);
    assert.deepEqual(slow.begun, ['generate', 'generate', 'agree', 'verify', 'verify']);
    assert.ok(data.equals(pattern(100)));
    assert.equal(client.group, 'secp256r1');
    assert.equal(slow.unwiped.size, 0);
  });

  it('an alert behind Certificate is read when the path is verified', async () => {
    const recording = await record({ flight: insertedAfter(fullFlight(), 'Certificate', closeNotify) });
    const { played } = sliced(recording, [recording.fromServer], () => 1);
    assert.equal(played.end, 'ERR_TLS_ALERT_RECEIVED');
    assertSame(played, recording.undisturbed);
  });

  for (const [what, code, crypto] of [
    ['key share', 'ERR_TLS_ILLEGAL_PARAMETER', { agree: undefined }],
    ['signature on a certificate', 'ERR_CERT_BAD_SIGNATURE', { verify: [false] }],
    ['CertificateVerify', 'ERR_TLS_BAD_CERTIFICATE_VERIFY', { verify: [true, false] }],
  ] as [string, string, { agree?: undefined; verify?: boolean[] }][]) {
    it(`a wrong ${what} is refused at the end of its computation, with its alert, and the key is wiped`, async () => {
      const recording = await record();
      const verdicts = crypto.verify?.slice();
      const lying = {
        ...recording.crypto,
        groups: recording.crypto.groups.map(group => ({
          ...group,
          generate: (random: RandomSource) => {
            const share = finish(group.generate(random));
            return done('agree' in crypto ? { ...share, agree: () => done(undefined) } : share);
          },
        })),
        signatures: recording.crypto.signatures.map(verifier => ({
          ...verifier,
          verify: (...parameters: Parameters<typeof verifier.verify>) =>
            verdicts ? done(verdicts.shift()!) : verifier.verify(...parameters),
        })),
      };
      const { played, player, slow } = sliced({ ...recording, crypto: lying }, [recording.fromServer], () => 1);
      assert.equal(played.end, code);
      player.assertOver();
      assert.equal(player.client.computing, -1);
      assert.equal(slow.unwiped.size, 0);
    });
  }
});
