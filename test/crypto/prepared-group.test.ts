/** preparedGroup: each key pair is made once, handed over once, in whatever state it is, and agrees like any other. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider, nodeRandom } from '../../boards/node/crypto-provider.js';
import { finish } from '../../src/crypto/computation.js';
import { preparedGroup } from '../../src/crypto/prepared-group.js';
import { secp256r1 } from '../../src/crypto/secp256r1.js';
import { x25519 } from '../../src/crypto/x25519.js';
import { slowProvider } from '../slow-provider.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const none = () => assert.fail('nothing is drawn here');

for (const group of [x25519, secp256r1]) {
  describe(`a prepared ${group.name}`, () => {
    it('answers what was made, once, and then new ones', () => {
      const prepared = preparedGroup(group, nodeRandom);
      assert.equal(prepared.publicKeyLength, group.publicKeyLength);
      while (!prepared.step(100));
      assert.ok(prepared.step(1), 'it is there, and stays');
      const first = prepared.generate(none);
      assert.ok(first.step(1), 'at once');
      const second = prepared.generate(nodeRandom);
      assert.ok(!second.step(1));
      const keys = [first.result(), finish(second), finish(prepared.generate(nodeRandom))];
      assert.equal(new Set(keys.map(({ publicKey }) => hex(publicKey))).size, 3);
      const peer = finish(group.generate(nodeRandom));
      for (const share of keys) {
        const ours = finish(share.agree(peer.publicKey)) as Uint8Array;
        assert.equal(hex(ours), hex(finish(peer.agree(share.publicKey)) as Uint8Array));
      }
    });

    it('goes on with what was half made', () => {
      const prepared = preparedGroup(group, nodeRandom);
      for (let i = 0; i < 20; i++) assert.ok(!prepared.step(10));
      const share = finish(prepared.generate(none));
      const peer = finish(group.generate(nodeRandom));
      const ours = finish(share.agree(peer.publicKey)) as Uint8Array;
      assert.equal(hex(ours), hex(finish(peer.agree(share.publicKey)) as Uint8Array));
    });
  });
}

describe('a prepared group', () => {
  it('wipes what is not used, and nothing that is', () => {
    const slow = slowProvider(nodeCryptoProvider, 10);
    const prepared = preparedGroup(slow.provider.groups[0], nodeRandom);
    while (!prepared.step(3));
    prepared.wipe();
    assert.deepEqual([slow.begun.length, slow.unwiped.size], [1, 0]);
    prepared.wipe();
    while (!prepared.step(3));
    const taken = prepared.generate(none).result();
    prepared.wipe();
    assert.ok(slow.unwiped.has(taken));
    // Half made: given up.
    prepared.step(3);
    prepared.wipe();
    assert.ok(!prepared.generate(nodeRandom).step(3));
    assert.equal(slow.begun.length, 4);
  });
});
