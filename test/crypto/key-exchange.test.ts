import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { finish } from '../../src/crypto/computation.js';
import type { KeyExchangeGroup } from '../../src/crypto/provider.js';
import { secp256r1, secp256r1Agree } from '../../src/crypto/secp256r1.js';
import { x25519, x25519Multiple } from '../../src/crypto/x25519.js';
import type { RandomSource } from '../../src/platform.js';
import { skip } from '../skip.js';
import { bitFlips, bytes, hex, seededRandom } from './public-key-fixtures.js';
import { NO_VECTORS, wycheproof } from './wycheproof.js';

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const random = seededRandom();

for (const portable of [x25519, secp256r1]) {
  const native = nodeCryptoProvider.groups.find(group => group.name === portable.name) as KeyExchangeGroup;

  describe(`crypto: key exchange ${portable.name}`, () => {
    it('agrees with node:crypto both ways, and with itself', function () {
      this.timeout(20000);
      for (let i = 0; i < 40; i++) {
        const ours = finish(portable.generate(random));
        const theirs = finish((i % 4 === 3 ? portable : native).generate(random));
        const secret = finish(ours.agree(theirs.publicKey));
        assert.equal(ours.publicKey.length, portable.publicKeyLength);
        assert.equal(secret?.length, 32);
        assert.equal(hex(secret), hex(finish(theirs.agree(ours.publicKey))));
        assert.equal(hex(secret), hex(finish(ours.agree(theirs.publicKey))), 'a second time');
      }
    });

    for (const [label, group] of [
      ['portable', portable],
      ['node:crypto', native],
    ] as const) {
      it(`refuses public keys of the wrong length (${label})`, () => {
        const share = finish(group.generate(random));
        const good = finish(native.generate(random)).publicKey;
        assert.equal(finish(share.agree(new Uint8Array(0))), undefined);
        assert.equal(finish(share.agree(good.subarray(1))), undefined);
        assert.equal(finish(share.agree(new Uint8Array([...good, 0]))), undefined);
        assert.equal(finish(share.agree(new Uint8Array(portable.publicKeyLength))), undefined, 'all zero');
      });
    }

    it('has another secret after wipe', () => {
      const share = finish(portable.generate(random));
      const peer = finish(native.generate(random)).publicKey;
      const before = hex(finish(share.agree(peer)));
      share.wipe();
      assert.notEqual(hex(finish(share.agree(peer))), before);
    });
  });
}

describe('crypto: x25519', () => {
  it('gives the answers of RFC 7748 §5.2, the loop of 1000 included', function () {
    this.timeout(30000);
    const vectors = [
      [
        'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
        'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
        'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
      ],
      [
        '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
        'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
        '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
      ],
    ];
    for (const [scalar, u, expected] of vectors)
      assert.equal(hex(finish(x25519Multiple(bytes(scalar), bytes(u)))), expected);
    let k = bytes(`09${'00'.repeat(31)}`);
    let u = k;
    for (let i = 1; i <= 1000; i++) {
      const next = finish(x25519Multiple(k, u));
      u = k;
      k = next;
      if (i === 1) assert.equal(hex(k), '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079');
    }
    assert.equal(hex(k), '684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
  });

  it('gives the shared secret of RFC 7748 §6.1', () => {
    const scalar = bytes('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
    const share = finish(x25519.generate(into => into.set(scalar)));
    assert.equal(hex(share.publicKey), '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    const bob = bytes('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    assert.equal(hex(finish(share.agree(bob))), '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
  });

  it('gives the answers of Wycheproof x25519_test.json', function () {
    this.timeout(60000);
    const groups = wycheproof('x25519_test.json');
    if (!groups) skip(this, NO_VECTORS);
    let agreed = 0;
    let refused = 0;
    for (const group of groups) {
      for (const test of group.tests) {
        const share = finish(x25519.generate(into => into.set(bytes(test.private))));
        const secret = finish(share.agree(bytes(test.public)));
        // RFC 7748 §6.1 lets us refuse zero, and RFC 8446 §7.4.2 wants it; everything else must be right.
        const zero = test.flags.includes('ZeroSharedSecret');
        assert.equal(hex(secret), zero ? undefined : test.shared, `tcId ${test.tcId} ${test.comment}`);
        if (zero) refused++;
        else agreed++;
      }
    }
    console.log(`      ${agreed} secrets, ${refused} refused for a secret of zero`);
  });
});

describe('crypto: secp256r1', () => {
  it('gives the answers of Wycheproof ecdh_secp256r1_test.json', function () {
    this.timeout(60000);
    const groups = wycheproof('ecdh_secp256r1_test.json');
    if (!groups) skip(this, NO_VECTORS);
    // SubjectPublicKeyInfo of an uncompressed point on the named curve; in TLS only the point is sent.
    const prefix = '3059301306072a8648ce3d020106082a8648ce3d030107034200';
    let agreed = 0;
    let refused = 0;
    let skipped = 0;
    for (const group of groups) {
      for (const test of group.tests) {
        if (!test.public.startsWith(prefix) || test.public.length !== prefix.length + 130) {
          skipped++;
          continue;
        }
        const scalar = bytes(test.private.slice(-64).padStart(64, '0'));
        const secret = hex(finish(secp256r1Agree(scalar, bytes(test.public.slice(prefix.length)))));
        // An acceptable one may be refused: some of those have a wrong point under bad ASN.1.
        const refusable = test.result === 'invalid' || (test.result === 'acceptable' && secret === undefined);
        assert.equal(secret, refusable ? undefined : test.shared, `tcId ${test.tcId} ${test.comment}`);
        if (secret) agreed++;
        else refused++;
      }
    }
    console.log(`      ${agreed} secrets, ${refused} refused, ${skipped} not applicable (other curves or encodings)`);
  });

  for (const [label, group] of [
    ['portable', secp256r1],
    ['node:crypto', nodeCryptoProvider.groups.find(candidate => candidate.name === 'secp256r1') as KeyExchangeGroup],
  ] as const) {
    it(`refuses points that are not on the curve, too large, compressed or at infinity (${label})`, function () {
      this.timeout(20000);
      const share = finish(group.generate(random));
      const good = finish(secp256r1.generate(random)).publicKey;
      for (const flipped of bitFlips(good, 40)) assert.equal(finish(share.agree(flipped)), undefined, hex(flipped));
      const x = hex(good.subarray(1, 33));
      const y = hex(good.subarray(33));
      for (const first of ['00', '02', '03', '05', '06', '07']) {
        assert.equal(finish(share.agree(bytes(`${first}${x}${y}`))), undefined, first);
      }
      const p = 'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff';
      // (0, sqrt b) is on the curve, (p, sqrt b) is the same point spelt wrongly.
      const root = '66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4';
      assert.equal(finish(share.agree(bytes(`04${'00'.repeat(32)}${root}`)))?.length, 32);
      assert.equal(finish(share.agree(bytes(`04${p}${root}`))), undefined);
      assert.equal(finish(share.agree(bytes(`04${x}${p}`))), undefined);
      assert.equal(finish(share.agree(bytes(`04${x}${'ff'.repeat(32)}`))), undefined);
    });
  }

  it('has the right multiples near the ends of the scalar range', () => {
    for (const scalar of [1n, 2n, 3n, 15n, 16n, 17n, ORDER >> 1n, ORDER - 17n, ORDER - 3n, ORDER - 2n, ORDER - 1n]) {
      const privateKey = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
      const reference = nodeCrypto.createECDH('prime256v1');
      reference.setPrivateKey(privateKey);
      const share = finish(secp256r1.generate(drawing(scalar)));
      assert.equal(hex(share.publicKey), reference.getPublicKey('hex'), `${scalar}`);
    }
  });

  it('reduces what it draws modulo the order, and never uses 0', () => {
    const one = hex(finish(secp256r1.generate(drawing(1n))).publicKey);
    const two = hex(finish(secp256r1.generate(drawing(2n))).publicKey);
    assert.equal(one?.slice(0, 10), '046b17d1f2');
    for (const multiple of [0n, 1n, 2n, 1n << 63n, (1n << 64n) - 1n]) {
      for (const rest of [0n, 1n, 2n]) {
        const key = hex(finish(secp256r1.generate(drawing(multiple * ORDER + rest))).publicKey);
        assert.equal(key, rest === 2n ? two : one, `${multiple} * order + ${rest}`);
      }
    }
    const largest = ((1n << 320n) - 1n) % ORDER;
    const all = hex(finish(secp256r1.generate(into => into.fill(255))).publicKey);
    assert.equal(all, hex(finish(secp256r1.generate(drawing(largest))).publicKey));
  });
});

/** A random source that draws this number, little-endian. */
function drawing(value: bigint): RandomSource {
  return (into, offset, length) =>
    into.set(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex').reverse(), offset);
}
