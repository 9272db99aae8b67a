/**
 * Backpressure both ways: megabytes through the chip between a node:tls server and a TlsSocket that both stop reading for
 * long stretches. Nothing is lost, and nothing grows: a reader that stalls closes the TCP window, `write` answers how much
 * it took, and `drain` follows.
 *
 * MEGABYTES in the environment says how many; otherwise 24 each way, and 6 where each byte crosses the bus twice.
 */
import assert from 'node:assert/strict';
import type * as tls from 'node:tls';
import { VirtualClock } from '../../boards/sim/clock.js';
import type { TlsSocket } from '../../src/socket/tls-socket.js';
import { type ChipRig, closeChipRigs, makeChipRig } from '../socket/chip-rig.js';
import { serve, type TestServer } from '../socket/harness.js';
import { chipModes } from './chip.js';
import { megabytes, memoryInUse } from './memory.js';
import { forSeeds, pattern } from './scripts.js';

const given = Number(process.env['MEGABYTES']);
const MEMORY_LIMIT = 4 * 2 ** 20;
/** A period that is prime, so that no lost or doubled buffer fits it. */
const PERIOD = 65521;
const stream = Buffer.concat([pattern(PERIOD), pattern(PERIOD).subarray(0, 65536)]);

/** Bytes `at` to `at + length` of an endless stream; at most 65536. */
function streamAt(at: number, length: number): Buffer {
  const offset = at % PERIOD;
  return stream.subarray(offset, offset + length);
}

/** Checks what arrives, and counts it. */
class Checked {
  length = 0;

  constructor(private readonly name: string) {}

  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 65536) {
      const piece = bytes.subarray(at, at + 65536);
      assert.ok(streamAt(this.length, piece.length).equals(piece), `${this.name}: other bytes from ${this.length} on`);
      this.length += piece.length;
    }
  }
}

/** Writes the whole stream as the server's TLS socket takes it. */
function sendAll(secure: tls.TLSSocket, total: number, done: () => void): void {
  let sent = 0;
  const go = () => {
    while (sent < total) {
      const length = Math.min(32768, total - sent);
      const more = secure.write(streamAt(sent, length));
      sent += length;
      if (!more) {
        secure.once('drain', go);
        return;
      }
    }
    done();
  };
  go();
}

/** What waits in the simulator for room in the chip's ring. */
function wireLength(rig: ChipRig): number {
  const { wire } = rig.sim.chip.sockets[0]!.tcp as unknown as { wire: { length: number } };
  return wire.length;
}

describe('backpressure', function () {
  this.timeout(600000);
  let server: TestServer | undefined;
  let peer: tls.TLSSocket | undefined;

  afterEach(async () => {
    peer?.destroy();
    closeChipRigs();
    await server?.stop();
    server = undefined;
  });

  for (const { name, rig: options, ring, memory } of chipModes) {
    const total = (given || (memory ? 6 : 24)) * 2 ** 20;
    it(`${total / 2 ** 20} MB each way, both readers stalling, ${name}: memory stays flat`, async () => {
      const rig = makeChipRig({ clock: new VirtualClock(), ...options });
      const up = new Checked('up');
      const down = new Checked('down');
      server = await serve(secure => {
        peer = secure;
        secure.on('data', bytes => up.take(bytes));
        let sent = false;
        // The client answers an end with its own: the server says it when it has everything.
        const endWhenDone = () => sent && up.length === total && secure.end();
        secure.on('data', endWhenDone);
        sendAll(secure, total, () => {
          sent = true;
          endWhenDone();
        });
      });
      rig.publish(server.port);
      const socket = await rig.connect();
      const counts = { short: 0, drains: 0, ends: 0, stalls: 0 };
      let failure: Error | undefined;
      let closed = false;
      write(socket, total, counts);
      let paused = false;
      socket.on('data', chunk => {
        if (paused) failure = new Error('data while paused');
        down.take(chunk);
      });
      socket.on('end', () => counts.ends++);
      socket.on('error', error => {
        failure = error;
      });
      socket.on('close', () => {
        closed = true;
      });
      const check = () => {
        if (failure) throw failure;
        assert.ok(socket.input.peak <= ring, `ring: ${socket.input.peak}`);
        assert.ok(socket.tls.output.peak <= 2048);
        assert.ok(wireLength(rig) <= 2 * 65536, `${wireLength(rig)} bytes wait on the wire`);
        assert.ok(rig.timers.size <= 3, `${rig.timers.size} timers`);
      };
      await rig.until(() => socket.authorized, 20000);
      const samples: number[] = [];
      await forSeeds(1, async random => {
        let next = total / 8;
        while (down.length < total || up.length < total) {
          const from = down.length + up.length;
          const goal = Math.min(from + (0.02 + random() * 0.06) * total, 2 * total);
          const before = rig.sim.clock.now();
          await rig.until(() => {
            check();
            return down.length + up.length >= goal || rig.sim.clock.now() > before + 20000;
          }, 200000);
          assert.ok(down.length + up.length > from, `nothing moved in 20 s: ${down.length} down, ${up.length} up`);
          // One of the two readers does not read for a while.
          const who = random();
          counts.stalls++;
          const resumed = rig.sim.clock.now() + 500 + random() * 3000;
          if (who < 0.5 && down.length < total) {
            paused = true;
            socket.pause();
            const atPause = socket.bytesRead;
            await rig.until(() => rig.sim.clock.now() > resumed, 10000);
            check();
            assert.ok(socket.bytesRead - atPause <= ring, 'read on while paused');
            paused = false;
            socket.resume();
          } else {
            peer!.pause();
            await rig.until(() => rig.sim.clock.now() > resumed, 10000);
            check();
            peer!.resume();
          }
          if (down.length + up.length >= next) {
            samples.push(await memoryInUse());
            next = down.length + up.length + total / 8;
          }
        }
        await rig.until(() => closed, 60000);
      });
      assert.deepEqual([up.length, down.length, counts.ends], [total, total, 1]);
      assert.ok(counts.short > 10 && counts.drains > 10, 'write must have answered short');
      const growth = Math.max(...samples) - samples[0]!;
      console.log(
        `        ${counts.stalls} stalls, ${counts.short} short writes, ${counts.drains} drains, ring ${socket.input.peak};`,
        `memory at most ${megabytes(growth)} more than at first`,
      );
      assert.ok(growth < MEMORY_LIMIT, `memory: ${samples.map(megabytes).join(', ')}`);
    });
  }
});

/** Writes the stream as `write` and `drain` let it, out of one array that is overwritten each time. */
function write(socket: TlsSocket, total: number, counts: { short: number; drains: number }): void {
  const reused = new Uint8Array(5000);
  let sent = 0;
  const go = () => {
    while (sent < total) {
      const length = Math.min(reused.length, total - sent);
      reused.set(streamAt(sent, length));
      const taken = socket.write(reused, 0, length);
      assert.ok(taken >= 0 && taken <= length);
      reused.fill(0xee);
      sent += taken;
      if (taken < length) {
        counts.short++;
        return;
      }
    }
  };
  socket.on('secureConnect', go);
  socket.on('drain', () => {
    counts.drains++;
    go();
  });
}
