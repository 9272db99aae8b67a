/** L2, and 5e: what the transport takes in pieces is the exact concatenation of records, each sealed once, none behind a failure. */
import assert from 'node:assert/strict';
import { server as serverIdentity } from '../peers/identities.js';
import { recordsOf } from '../peers/records.js';
import type { ServerOptions } from '../peers/scripted-server.js';
import { ScriptedServer } from '../peers/scripted-server.js';
import { keyUpdate, serverFlight } from '../peers/steps.js';
import { closeChipRigs } from '../socket/chip-rig.js';
import { closeRigs, makeRig, sendAll, serve } from '../w5500/harness.js';
import { type ChipPlay, chipStage, limitTransmitSpace, watchSends } from './chip.js';
import { type Piped, piped } from './memory-wire.js';
import { type Recording, record, rememberingProvider } from './recorded.js';
import { forSeeds, pattern } from './scripts.js';
import { type SealedUnderKey, watchedProvider } from './watched-aead.js';

/** ClientHello, then change_cipher_spec: what leaves unprotected. */
const CHANGE_CIPHER_SPEC = 6;

/** Everything behind change_cipher_spec is what was sealed, in order; under each key the nonces count up from 0. */
function assertSealedOnce(wire: Buffer, keys: SealedUnderKey[]): void {
  const sealed = keys.flat();
  const records = recordsOf(wire);
  const [hello, changeCipherSpec, ...protectedRecords] = records;
  assert.deepEqual([hello![0], changeCipherSpec![0], changeCipherSpec!.length], [22, 20, CHANGE_CIPHER_SPEC]);
  assert.equal(protectedRecords.length, sealed.length, 'records on the wire, and records sealed');
  sealed.forEach(({ bytes }, i) => {
    assert.ok(bytes.equals(protectedRecords[i]!), `record ${i} is another on the wire`);
  });
  for (const records of keys) {
    const first = records[0]!.nonce;
    records.forEach(({ nonce }, i) => {
      const sequence = nonce.readUIntBE(6, 6) ^ first.readUIntBE(6, 6);
      assert.equal(sequence, i, 'a sequence number for each record');
      assert.ok(nonce.subarray(0, 6).equals(first.subarray(0, 6)));
    });
  }
}

describe('L2: short writes', function () {
  this.timeout(60000);
  let options: ServerOptions;
  let recording: Recording;

  before(async () => {
    options = { identity: await serverIdentity('ed25519'), flights: [serverFlight()] };
    recording = await record();
  });

  afterEach(() => {
    closeChipRigs();
    closeRigs();
  });

  /** An open connection to a scripted server, everything that is sealed written down. */
  function connected(outputSize = 2048): Piped & { server: ScriptedServer; keys: SealedUnderKey[] } {
    const { crypto, keys } = watchedProvider(recording.crypto);
    const made = piped({ ...recording, crypto }, { outputSize });
    const server = new ScriptedServer(options);
    made.wire.onTaken = bytes => {
      server.receive(bytes);
      made.wire.push(server.take());
    };
    made.pump.run(new Uint8Array(1), 0, 1);
    assert.ok(made.client.handshakeComplete);
    return { ...made, server, keys };
  }

  describe('engine', () => {
    const into = new Uint8Array(100);
    const distributions: [string, (random: () => number) => number][] = [
      ['0 to 65535', random => Math.floor(random() * 65536)],
      ['0 half of the time, mostly small', random => (random() < 0.5 ? 0 : Math.floor(random() ** 6 * 65536))],
    ];
    for (const outputSize of [2048, 70000]) {
      for (const [name, accept] of distributions) {
        it(`2a, 5e: 200 KB, accepting ${name}, output ring ${outputSize}: each record once, in order`, async () => {
          await forSeeds(10, random => {
            const { client, pump, wire, server, keys } = connected(outputSize);
            const data = pattern(200000);
            const reused = new Uint8Array(40000);
            wire.accept = () => accept(random);
            for (let at = 0; at < data.length || client.output.length > 0; ) {
              const length = Math.min(1 + Math.floor(random() * 40000), data.length - at);
              // Any place in the array, which is overwritten as soon as write has answered.
              const offset = Math.floor(random() * (reused.length - length));
              reused.set(data.subarray(at, at + length), offset);
              const taken = length > 0 ? client.write(reused, offset, length) : 0;
              reused.fill(0xee);
              at += taken;
              if (random() < 0.01) {
                server.send(keyUpdate(true));
                wire.push(server.take());
              }
              pump.run(into, 0, 100);
            }
            assert.ok(server.client.applicationData.equals(data));
            server.client.assertComplete();
            assertSealedOnce(wire.sent, keys);
          });
        });
      }
    }

    it('2b: the transport fails at any byte: a prefix of the wire, and never another offer', async () => {
      const whole = connected();
      const data = pattern(20000);
      const upload = ({ client, pump }: Piped): string => {
        let at = 0;
        try {
          while (at < data.length || client.output.length > 0) {
            at += client.write(data, at, data.length - at);
            pump.run(into, 0, 100);
          }
        } catch (error) {
          return (error as { code: string }).code;
        }
        return 'no error';
      };
      const before = whole.wire.taken;
      assert.equal(upload(whole), 'no error');
      const expected = whole.wire.sent.subarray(before);
      await forSeeds(300, random => {
        const failing = connected();
        const at = Math.floor(random() * expected.length);
        failing.wire.failAfter = before + at;
        assert.equal(upload(failing), 'ERR_NET_RESET');
        // Whatever is still tried.
        for (let i = 0; i < 5; i++) {
          try {
            failing.client.write(data, 0, 5000);
          } catch {}
          assert.throws(() => failing.pump.run(into, 0, 100), { code: 'ERR_NET_RESET' });
          failing.pump.flush();
        }
        assert.equal(failing.wire.offersAfterFailure, 0);
        const sent = failing.wire.sent.subarray(before);
        assert.equal(sent.length, at);
        assert.ok(
          failing.server.client.applicationData.equals(data.subarray(0, failing.server.client.applicationData.length)),
        );
        // As much of every sealed record as the transport took, and nothing else.
        const sealed = Buffer.concat(failing.keys.flat().map(({ bytes }) => bytes));
        const wire = failing.wire.sent;
        const start = wire.indexOf(Buffer.from([20, 3, 3, 0, 1, 1])) + CHANGE_CIPHER_SPEC;
        assert.ok(wire.subarray(start).equals(sealed.subarray(0, wire.length - start)));
      });
    });

    it('2b: the transport fails at every byte of the handshake flight: never complete, no later record', () => {
      const total = recording.undisturbed.wire.length;
      for (let at = 0; at < total; at++) {
        const { client, pump, wire } = piped(recording);
        wire.failAfter = at;
        wire.push(recording.fromServer);
        for (let i = 0; i < 3; i++) assert.throws(() => pump.run(into, 0, 100), { code: 'ERR_NET_RESET' });
        assert.equal(client.handshakeComplete, false);
        assert.equal(wire.offersAfterFailure, 0);
        assert.ok(wire.sent.equals(recording.undisturbed.wire.subarray(0, at)));
      }
    });

    it('5e: write took n of many bytes; the array is overwritten and the rest comes from another one', () => {
      const { client, pump, wire, server } = connected();
      const data = pattern(5000);
      const first = new Uint8Array(data);
      const taken = client.write(first, 0, 5000);
      assert.ok(taken > 0 && taken < 5000);
      first.fill(0xee);
      pump.run(into, 0, 100);
      for (let at = taken; at < 5000; ) {
        const other = new Uint8Array(5000 - at + 7);
        other.set(data.subarray(at), 7);
        at += client.write(other, 7, 5000 - at);
        other.fill(0xdd);
        pump.run(into, 0, 100);
      }
      assert.equal(wire.taken, wire.sent.length);
      assert.ok(server.client.applicationData.equals(data));
    });
  });

  describe('chip', () => {
    /** Uploads through a reused, overwritten array, over `drain`. */
    function upload({ socket }: ChipPlay, data: Buffer): void {
      const reused = new Uint8Array(3000);
      let sent = 0;
      const go = () => {
        while (sent < data.length) {
          const n = Math.min(reused.length, data.length - sent);
          reused.set(data.subarray(sent, sent + n));
          const taken = socket.write(reused, 0, n);
          reused.fill(0xee);
          sent += taken;
          if (taken < n) return;
        }
        socket.end();
      };
      socket.on('drain', go);
      if (socket.authorized) go();
      else socket.on('secureConnect', go);
    }

    it('2a, 5e: 200 KB through transmit space of any size, SENDs done in part and late: each record once', async () => {
      await forSeeds(3, async random => {
        const { rig, connect } = chipStage({}, options);
        const { crypto, keys } = watchedProvider(rememberingProvider());
        limitTransmitSpace(rig, () => (random() < 0.3 ? 0 : Math.floor(random() ** 3 * 2049)));
        const play = await connect({ ...recording, crypto });
        const data = pattern(200000);
        upload(play, data);
        for (let ms = 0; play.server.client.alert === undefined; ms++) {
          assert.ok(ms < 100000, 'not within 100 s');
          rig.sim.faults.sendOkDelayMs = Math.floor(random() * 3);
          rig.sim.faults.partialSend = random() < 0.3 ? 1 + Math.floor(random() * 900) : undefined;
          await rig.until(() => true);
          rig.advance();
          await new Promise(resolve => setImmediate(resolve));
        }
        const { client } = play.server;
        assert.ok(client.applicationData.equals(data));
        client.assertComplete();
        // What was sealed left in this order: the peer has opened every record under its own count of them.
        assert.equal(keys.flat().length, 1 + client.applicationRecords + 1);
        play.socket.destroy();
      });
    });

    it('2b: the peer resets in the middle of an upload: no SEND behind the error', async () => {
      const { rig, connect } = chipStage({ faults: { partialSend: 300, sendOkDelayMs: 2 } }, options);
      const play = await connect(recording);
      const data = pattern(100000);
      upload(play, data);
      await rig.until(() => play.server.client.applicationData.length > 20000, 60000);
      let sends: string[] | undefined;
      play.socket.on('error', () => {
        sends = watchSends(rig);
      });
      play.segments.reset();
      await play.closed();
      assert.deepEqual(play.events.slice(-2), ['error ERR_NET_RESET', 'close true']);
      assert.deepEqual(sends, []);
      const got = play.server.client.applicationData;
      assert.ok(got.equals(data.subarray(0, got.length)));
    });

    it('2c: a record that fits is one update of Sn_TX_WR and one SEND', async () => {
      const { rig, connect } = chipStage({}, options);
      const play = await connect(recording);
      await rig.until(() => play.socket.authorized && play.socket.tls.output.length === 0);
      const sends = watchSends(rig);
      for (const length of [1, 100, 1500, 1]) {
        const before = play.server.client.applicationData.length;
        sends.length = 0;
        assert.equal(play.socket.write(pattern(length)), length);
        await rig.until(() => play.server.client.applicationData.length === before + length);
        assert.deepEqual(sends, ['TX_WR', 'SEND'], `${length} bytes`);
      }
      play.socket.destroy();
    });

    it('2c: a SEND that the chip completed only in part is issued again, and no other before it is done', async () => {
      const { rig, connect } = chipStage({}, options);
      const play = await connect(recording);
      await rig.until(() => play.socket.authorized && play.socket.tls.output.length === 0);
      Object.assign(rig.sim.faults, { partialSend: 100, sendOkDelayMs: 5 });
      const sends = watchSends(rig);
      play.socket.write(pattern(400));
      // The next record waits in the output ring; a SEND before the last SEND_OK would be a violation that the rig reports.
      play.socket.write(pattern(300));
      await rig.until(() => play.server.client.applicationData.length === 700);
      const record = (length: number) => ['TX_WR', ...Array(Math.ceil((length + 22) / 100)).fill('SEND')];
      const together = record(700 + 22);
      assert.deepEqual(sends, sends.length === together.length ? together : [...record(400), ...record(300)]);
      assert.ok(play.server.client.applicationData.equals(Buffer.concat([pattern(400), pattern(300)])));
      play.socket.destroy();
    });

    it('2c: a SEND done in part is finished by polling alone', async () => {
      const rig = makeRig({ faults: { partialSend: 700, sendOkDelayMs: 3 } });
      const chunks: Buffer[] = [];
      const address = await serve(rig, 80, socket => socket.on('data', chunk => chunks.push(chunk)));
      rig.network.start();
      const transport = await rig.connected(address, 80);
      const data = pattern(20000);
      await sendAll(rig, transport, data);
      await rig.until(() => Buffer.concat(chunks).length === data.length);
      assert.ok(data.equals(Buffer.concat(chunks)));
      transport.abort();
    });

    it('5e: what one write left over comes from another array', async () => {
      const { rig, connect } = chipStage({}, options);
      const play = await connect(recording);
      await rig.until(() => play.socket.authorized);
      const data = pattern(5000);
      const first = new Uint8Array(data);
      let at = play.socket.write(first);
      assert.ok(at > 0 && at < 5000);
      first.fill(0xee);
      play.socket.on('drain', () => {
        const other = new Uint8Array(data.subarray(at));
        at += play.socket.write(other);
        other.fill(0xdd);
      });
      await rig.until(() => play.server.client.applicationData.length === 5000);
      assert.ok(play.server.client.applicationData.equals(data));
      play.socket.destroy();
    });
  });
});
