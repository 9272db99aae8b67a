/** HMAC and HKDF: RFC 4231, RFC 5869, Wycheproof, node:crypto. */
import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import { hkdfExpand, hkdfExtract } from '../../src/crypto/hkdf.js';
import type { HashAlgorithm, HashName } from '../../src/crypto/provider.js';
import { skip } from '../skip.js';
import { ascii, bytes, digest, hashNamed, hex, PROVIDERS, SeededRandom } from './symmetric-providers.js';
import { NO_VECTORS, wycheproof } from './wycheproof.js';

/** RFC 4231 §4.2 to §4.8 without §4.6 (a truncated tag): key, data, HMAC-SHA-256, -384, -512. */
const RFC_4231: Array<[Uint8Array, Uint8Array, string, string, string]> = [
  [
    bytes('0b'.repeat(20)),
    ascii('Hi There'),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6',
    '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
  ],
  [
    ascii('Jefe'),
    ascii('what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
    '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
  ],
  [
    bytes('aa'.repeat(20)),
    bytes('dd'.repeat(50)),
    '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
    '88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27',
    'fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb',
  ],
  [
    bytes('0102030405060708090a0b0c0d0e0f10111213141516171819'),
    bytes('cd'.repeat(50)),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
    '3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb',
    'b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd',
  ],
  [
    bytes('aa'.repeat(131)),
    ascii('Test Using Larger Than Block-Size Key - Hash Key First'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    '4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952',
    '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
  ],
  [
    bytes('aa'.repeat(131)),
    ascii(
      'This is a test using a larger than block-size key and a larger than block-size data. ' +
        'The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    '6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e',
    'e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58',
  ],
];
const NAMES: HashName[] = ['sha256', 'sha384', 'sha512'];

/** RFC 5869 Appendix A.1 to A.3: ikm, salt, info, PRK, OKM. */
const counting = (from: number, to: number): Uint8Array => Uint8Array.from({ length: to - from }, (_, i) => from + i);
const RFC_5869: Array<[Uint8Array, Uint8Array, Uint8Array, string, string]> = [
  [
    bytes('0b'.repeat(22)),
    counting(0, 13),
    counting(0xf0, 0xfa),
    '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5',
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  ],
  [
    counting(0, 0x50),
    counting(0x60, 0xb0),
    counting(0xb0, 0x100),
    '06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244',
    'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09' +
      'da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  ],
  [
    bytes('0b'.repeat(22)),
    bytes(''),
    bytes(''),
    '19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04',
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  ],
];

function hmac(algorithm: HashAlgorithm, key: Uint8Array, message: Uint8Array): string {
  const running = algorithm.createHmac(key);
  running.update(message, 0, message.length);
  return digest(running, algorithm.digestLength);
}

for (const [label, provider] of PROVIDERS) {
  const sha256 = hashNamed(provider, 'sha256');

  describe(`crypto: HMAC (${label})`, () => {
    for (const [index, name] of NAMES.entries()) {
      it(`${name}: the ${RFC_4231.length} test cases of RFC 4231`, () => {
        for (const testCase of RFC_4231) {
          assert.equal(hmac(hashNamed(provider, name), testCase[0], testCase[1]), testCase[2 + index]);
        }
      });
    }

    const groups = wycheproof('hmac_sha256_test.json');
    const tests = (groups ?? []).flatMap(group => group.tests.map((test: object) => ({ ...test, group })));
    it(`sha256: ${tests.length} of ${tests.length} tests of Wycheproof hmac_sha256`, function () {
      if (!groups) skip(this, NO_VECTORS);
      for (const test of tests) {
        const tag = hmac(sha256, bytes(test.key), bytes(test.msg)).slice(0, test.group.tagSize / 4);
        assert.equal(tag === test.tag, test.result === 'valid', `tcId ${test.tcId}`);
      }
    });

    const random = new SeededRandom();
    it(`keys of any length, pieces, digests in between, as node:crypto has them`, () => {
      for (let run = 0; run < 90; run++) {
        const algorithm = hashNamed(provider, NAMES[run % 3]);
        const key = random.bytes(random.below(260));
        const message = random.bytes(random.length(2000));
        const running = algorithm.createHmac(key);
        const kept = key.slice();
        key.fill(0);
        let done = 0;
        const expected = () =>
          nodeCrypto.createHmac(algorithm.name, kept).update(message.subarray(0, done)).digest('hex');
        random.pieces(message.length, (offset, length) => {
          running.update(message, offset, length);
          done = offset + length;
          if (random.below(4) === 0) assert.equal(digest(running, algorithm.digestLength), expected());
        });
        done = message.length;
        assert.equal(digest(running, algorithm.digestLength), expected());
        assert.equal(digest(running, algorithm.digestLength), expected(), 'the same digest again');
      }
    });
  });

  describe(`crypto: HKDF (${label})`, () => {
    for (const [index, [ikm, salt, info, prk, okm]] of RFC_5869.entries()) {
      it(`test case A.${index + 1} of RFC 5869`, () => {
        const extracted = hkdfExtract(sha256, salt, ikm);
        assert.equal(hex(extracted), prk);
        assert.equal(hex(hkdfExpand(sha256, extracted, info, okm.length / 2)), okm);
      });
    }

    const groups = wycheproof('hkdf_sha256_test.json');
    const tests = (groups ?? []).flatMap(group => group.tests);
    it(`${tests.length} of ${tests.length} tests of Wycheproof hkdf_sha256`, function () {
      if (!groups) skip(this, NO_VECTORS);
      for (const test of tests) {
        const prk = hkdfExtract(sha256, bytes(test.salt), bytes(test.ikm));
        const expand = () => hkdfExpand(sha256, prk, bytes(test.info), test.size);
        if (test.result === 'valid') assert.equal(hex(expand()), test.okm, `tcId ${test.tcId}`);
        else assert.throws(expand, /too long/, `tcId ${test.tcId}`);
      }
    });

    it('sha384 and sha512 as node:crypto has them, for lengths around the digest', () => {
      for (const name of NAMES) {
        const algorithm = hashNamed(provider, name);
        for (const length of [0, 1, 47, 48, 49, 64, 65, 128, 200]) {
          const prk = hkdfExtract(algorithm, ascii('salt'), ascii('input key material'));
          const expected = new Uint8Array(nodeCrypto.hkdfSync(name, 'input key material', 'salt', 'info', length));
          assert.equal(hex(hkdfExpand(algorithm, prk, ascii('info'), length)), hex(expected), `${name} ${length}`);
        }
      }
    });
  });
}
