/** L1: a flight of several messages, sent through every bottleneck, is whole, in order, and done when it has gone. */
import assert from 'node:assert/strict';
import { NO_DATA_YET } from '../../src/transport.js';
import { insertedAfter } from '../peers/flights.js';
import { server as serverIdentity } from '../peers/identities.js';
import type { ServerOptions } from '../peers/scripted-server.js';
import { applicationData, certificateRequest, serverFlight } from '../peers/steps.js';
import { closeChipRigs } from '../socket/chip-rig.js';
import { closeRigs, pattern as driverPattern, makeRig, sendAll, serve } from '../w5500/harness.js';
import { chipStage, limitTransmitSpace, watchSends } from './chip.js';
import { piped } from './memory-wire.js';
import { type Recording, record } from './recorded.js';

const ACCEPTS = [1, 5, 6, 17, 536, 1460, Infinity];

/** change_cipher_spec, Certificate, Finished: 6 + 30 + 58. */
const FLIGHT = 94;

const asking = () => insertedAfter(serverFlight(), 'EncryptedExtensions', certificateRequest());

describe('L1: a flight of several messages', function () {
  this.timeout(60000);
  let recording: Recording;
  let options: ServerOptions;

  before(async () => {
    // A client without a certificate answers with an empty Certificate and no CertificateVerify (RFC 8446 §4.4.2). The trio of
    // TLS 1.2 (75 + 6 + 45 bytes) needs a TLS 1.2 client; 1c sends its 126 bytes through the driver.
    recording = await record({ flight: asking(), afterFinished: [applicationData('220 greeting')] });
    options = {
      identity: await serverIdentity('ed25519'),
      flights: [asking()],
      afterFinished: [applicationData('220 greeting')],
    };
  });

  afterEach(() => {
    closeChipRigs();
    closeRigs();
  });

  describe('engine', () => {
    for (const accept of ACCEPTS) {
      it(`1a: ${accept} bytes a call: Certificate, Finished, and complete with the last byte`, () => {
        const { client, pump, wire } = piped(recording);
        const into = new Uint8Array(100);
        const expected = recording.undisturbed.wire;
        const hello = expected.length - FLIGHT;
        let announced = -1;
        let blocked = false;
        // One call, then "would block" until the next poll.
        wire.accept = () => ((blocked = !blocked) ? accept : 0);
        wire.onTaken = () => assert.equal(client.handshakeComplete, false, 'complete before the last byte was taken');
        for (let polls = 0; polls < 1000 && announced < 0; polls++) {
          pump.run(into, 0, 0);
          if (wire.taken === hello) {
            wire.push(recording.fromServer.subarray(0, recording.fromServer.length - 34));
            pump.run(into, 0, 100);
          }
          if (client.handshakeComplete) announced = wire.taken;
          else assert.ok(wire.taken < expected.length);
        }
        assert.equal(announced, expected.length);
        assert.ok(wire.sent.equals(expected), 'the same bytes in the same order as in one piece');
      });
    }

    it('1b: the last byte is refused once and taken on the next poll; the greeting arrives', () => {
      const { client, pump, wire } = piped(recording);
      const into = new Uint8Array(100);
      const total = recording.undisturbed.wire.length;
      const greeting = recording.fromServer.subarray(recording.fromServer.length - 34);
      let refusals = 0;
      let refusing = true;
      wire.accept = offered => {
        const beforeLast = total - 1 - wire.taken;
        if (beforeLast > 0) return Math.min(offered, beforeLast);
        refusals += refusing ? 1 : 0;
        return refusing ? 0 : 1;
      };
      wire.onTaken = () => wire.taken === total && wire.push(greeting);
      assert.equal(pump.run(into, 0, 100), NO_DATA_YET);
      wire.push(recording.fromServer.subarray(0, recording.fromServer.length - 34));
      assert.equal(pump.run(into, 0, 100), NO_DATA_YET);
      assert.equal(client.handshakeComplete, false);
      assert.ok(refusals > 0);
      refusing = false;
      assert.equal(pump.run(into, 0, 100), 12);
      assert.equal(client.handshakeComplete, true);
      assert.equal(Buffer.from(into.subarray(0, 12)).toString(), '220 greeting');
    });

    it('1c: the flight is one piece of output: a transport with room takes it in one call', () => {
      const { pump, wire } = piped(recording);
      const into = new Uint8Array(100);
      const calls: number[] = [];
      wire.onTaken = bytes => calls.push(bytes.length);
      pump.run(into, 0, 100);
      wire.push(recording.fromServer.subarray(0, recording.fromServer.length - 34));
      pump.run(into, 0, 100);
      assert.deepEqual(calls, [recording.undisturbed.wire.length - FLIGHT, FLIGHT]);
    });
  });

  describe('chip', () => {
    for (const accept of ACCEPTS) {
      it(`1a: ${accept} bytes of transmit space: Certificate, Finished, and secureConnect with the last byte`, async () => {
        const { rig, connect } = chipStage({}, options);
        let open = false;
        limitTransmitSpace(rig, () => (open ? Infinity : accept));
        const play = await connect(recording);
        let written = 0;
        play.socket.on('secureConnect', () => {
          open = true;
          written = play.socket.bytesWritten;
          assert.equal(play.socket.tls.output.length, 0);
        });
        await rig.until(() => play.data.length > 0, 20000);
        assert.equal(written, recording.undisturbed.wire.length);
        assert.deepEqual(play.server.client.messages, [1, 11, 20]);
        assert.deepEqual(play.events, ['connect', 'secureConnect', 'data']);
        play.socket.destroy();
      });
    }

    it('1b: room for all but the last byte, then for one: the greeting arrives, and nobody has written', async () => {
      const { rig, connect } = chipStage({}, options);
      let sends: string[] = [];
      let limit = Infinity;
      limitTransmitSpace(rig, () => (limit < Infinity && sends.includes('SEND') ? 0 : limit));
      const play = await connect(recording);
      play.socket.on('message', ({ type, sent }) => {
        // Certificate: the flight is not on its way yet.
        if (!sent || type !== 11) return;
        limit = FLIGHT - 1;
        sends = watchSends(rig);
      });
      await rig.until(() => sends.includes('SEND'));
      const later = rig.sim.clock.now() + 100;
      await rig.until(() => rig.sim.clock.now() > later);
      assert.equal(play.socket.authorized, false);
      assert.equal(play.socket.tls.output.length, 1);
      limit = Infinity;
      await rig.until(() => play.data.length > 0);
      assert.equal(play.data.toString(), '220 greeting');
      assert.deepEqual(sends, ['TX_WR', 'SEND', 'TX_WR', 'SEND']);
      play.socket.destroy();
    });

    for (const [space, expected] of [
      [40, Math.ceil(FLIGHT / 40)],
      [Infinity, 1],
    ]) {
      it(`1c: ${space} bytes of transmit space: the flight in ${expected} SENDs`, async () => {
        const { rig, connect } = chipStage({}, options);
        limitTransmitSpace(rig, () => space!);
        const play = await connect(recording);
        let flight: string[] | undefined;
        play.socket.on('message', ({ type, sent }) => {
          if (sent && type === 11) flight = watchSends(rig);
        });
        await rig.until(() => play.data.length > 0);
        assert.deepEqual(play.server.client.messages, [1, 11, 20]);
        assert.equal(flight!.filter(name => name === 'SEND').length, expected);
        play.socket.destroy();
      });
    }

    it('1c: 126 bytes through 40 bytes of transmit space, the rest occupied by what the peer has not acknowledged', async () => {
      const rig = makeRig({ faults: { ackDelayMs: 150 } });
      const chunks: Buffer[] = [];
      const address = await serve(rig, 80, socket => socket.on('data', chunk => chunks.push(chunk)));
      rig.network.start();
      const transport = await rig.connected(address, 80);
      const data = driverPattern(2008 + 126);
      await sendAll(rig, transport, data.subarray(0, 2008));
      const { commands } = rig.board.chip.sockets[0]!;
      await rig.until(() => commands['SEND'] === 1);
      const flight = data.subarray(2008);
      let sent = 0;
      await rig.until(() => (sent = transport.send(flight, 0, 126)) > 0);
      assert.equal(sent, 40);
      await rig.until(() => {
        if (sent < 126) sent += transport.send(flight, sent, 126 - sent);
        return sent === 126;
      });
      await rig.until(() => Buffer.concat(chunks).length === data.length);
      assert.ok(Buffer.from(data).equals(Buffer.concat(chunks)));
      assert.equal(commands['SEND'], 3);
      transport.abort();
    });
  });
});
