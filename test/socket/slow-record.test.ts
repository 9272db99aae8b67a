/** A TlsSocket in virtual time over a memory like the chip's: records longer than the ring that take long to arrive. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { VirtualClock } from '../../boards/sim/clock.js';
import { connect } from '../../src/socket/connect.js';
import { tls13 } from '../../src/tls/profiles.js';
import { authority, server as serverIdentity } from '../peers/identities.js';
import { ScriptedServer } from '../peers/scripted-server.js';
import { applicationData, closeNotify, fin, serverFlight } from '../peers/steps.js';
import { trusting } from '../peers/trust.js';
import { ChipMemory } from '../tls/chip-memory.js';

/** Runs a connection whose peer sends 15,000 bytes, `bytesASecond`, after our end. Answers its events. */
async function slowly(bytesASecond: number, silentAfter = Infinity): Promise<string[]> {
  const clock = new VirtualClock();
  const chip = new ChipMemory(16384);
  const server = new ScriptedServer({ identity: await serverIdentity(), flights: [serverFlight()] });
  const { anchors } = trusting(await authority());
  const events: string[] = [];
  let received = 0;
  let slow = false;
  const exchange = (): void => {
    for (const bytes of chip.sent.splice(0)) server.receive(bytes);
    chip.put(server.take());
    if (!slow) chip.arrive();
  };
  const socket = connect(
    {
      profile: tls13,
      network: {
        connect: () => chip,
        poll: () => false,
      },
      crypto: nodeCryptoProvider,
      random: nodeRandom,
      clock,
      timer: {
        after: (ms, callback) => clock.after(ms, callback),
        cancel: handle => clock.cancel(handle as never),
      },
      unixTime: () => Date.now() / 1000,
      receiveBuffer: 2048,
      recordsInChip: true,
    },
    { host: 'server.test', port: 443, ca: anchors },
  );
  socket.on('data', chunk => void (received += chunk.length));
  socket.on('end', () => events.push(`end after ${received}`));
  socket.on('error', error => events.push(error.code));
  socket.on('secureConnect', () => {
    server.send(applicationData(Buffer.alloc(15000, 7)), closeNotify, fin);
    socket.end();
    slow = true;
  });
  for (let second = 0; second < 60 && events.length === 0; second++) {
    for (let ms = 0; ms < 1000; ms++) {
      exchange();
      clock.advance(1);
    }
    if (slow && second < silentAfter) chip.arrive(bytesASecond);
    if (server.ended && slow) chip.fin = true;
  }
  socket.destroy();
  return events;
}

describe('TlsSocket: after end() the peer may take its time, but not stay silent', () => {
  it('a record that takes 25 seconds to arrive in the chip', async () => {
    assert.deepEqual(await slowly(600), ['end after 15000']);
  });

  it('a record whose rest never comes: ERR_NET_TIMEOUT', async () => {
    assert.deepEqual(await slowly(600, 12), ['ERR_NET_TIMEOUT']);
  });
});
