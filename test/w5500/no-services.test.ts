/** A driver that nothing over UDP is composed into: no DHCP, no DNS, no SNTP. */
import assert from 'node:assert/strict';
import { VirtualClock } from '../../boards/sim/clock.js';
import { closeRigs, established, makeRig } from './harness.js';

describe('w5500: without UDP services', () => {
  afterEach(closeRigs);

  it('connects to an address from a static one', async () => {
    const rig = makeRig({ clock: new VirtualClock() }, { services: undefined });
    const { transport, peer } = await established(rig);
    assert.ok(transport.connected);
    assert.equal(rig.network.lease, undefined);
    peer.destroy();
  });

  it('says what it lacks: an address of its own, names, the time', () => {
    const usage = (message: RegExp) => ({ code: 'ERR_USAGE', message });
    assert.throws(() => makeRig({}, { services: undefined, address: undefined }), usage(/address.*DHCP/));
    const { network } = makeRig({}, { services: undefined });
    network.start();
    assert.throws(() => network.connect('peer.test', 80), usage(/DNS/));
    assert.throws(() => network.resolve('peer.test', () => undefined), usage(/DNS/));
    assert.throws(() => network.queryTime('10.0.0.1', () => undefined), usage(/SNTP/));
    assert.equal(network.poll(), false);
  });
});
