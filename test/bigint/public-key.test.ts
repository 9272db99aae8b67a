/** The BigInt provider's key exchanges and signatures in V8: Wycheproof, the RFC's examples, node:crypto input by input, and slices. */
import assert from 'node:assert/strict';
import { ecdsaP256, ecdsaP384 } from '../../src/crypto/bigint/ecdsa.js';
import { rsaPkcs1, rsaPss } from '../../src/crypto/bigint/rsa.js';
import { secp256r1, secp256r1Agree } from '../../src/crypto/bigint/secp256r1.js';
import { x25519, x25519Multiple } from '../../src/crypto/bigint/x25519.js';
import { type Computation, finish } from '../../src/crypto/computation.js';
import { secp256r1 as portableSecp256r1 } from '../../src/crypto/secp256r1.js';
import { differentials } from '../crypto/differential.js';
import { bytes, hashNamed, hex, rsaVectorFiles, runSignatureVectors } from '../crypto/public-key-fixtures.js';
import { NO_VECTORS, wycheproof } from '../crypto/wycheproof.js';
import { skip } from '../skip.js';

const SIGNATURES = [
  { verifier: ecdsaP256, file: 'ecdsa_secp256r1_sha256_test.json' },
  { verifier: ecdsaP384, file: 'ecdsa_secp384r1_sha384_test.json' },
  ...rsaVectorFiles(rsaPkcs1, rsaPss),
];

/** SubjectPublicKeyInfo of an uncompressed point on P-256; in TLS only the point is sent. */
const P256_SPKI = '3059301306072a8648ce3d020106082a8648ce3d030107034200';

const ALL = 10000;
const SAMPLE: Record<string, number> = { x25519: 400, secp256r1: 200, 'ecdsa-secp256r1': 200, 'ecdsa-secp384r1': 100 };

describe('bigint: x25519', () => {
  it('gives the answers of RFC 7748 §5.2, the loop of 1000 included', function () {
    this.timeout(30000);
    const multiple = (k: Uint8Array, u: Uint8Array) => finish(x25519Multiple(k, u));
    const scalar = bytes('4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d');
    const point = bytes('e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493');
    assert.equal(hex(multiple(scalar, point)), '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957');
    let k = bytes(`09${'00'.repeat(31)}`);
    let u = k;
    for (let i = 0; i < 1000; i++) [k, u] = [multiple(k, u), k];
    assert.equal(hex(k), '684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
  });

  it('gives the answers of Wycheproof x25519_test.json', function () {
    this.timeout(60000);
    const groups = wycheproof('x25519_test.json');
    if (!groups) skip(this, NO_VECTORS);
    const tests = groups.flatMap(group => group.tests);
    for (const test of tests) {
      const share = finish(x25519.generate(into => into.set(bytes(test.private))));
      const zero = test.flags.includes('ZeroSharedSecret');
      const secret = hex(finish(share.agree(bytes(test.public))));
      assert.equal(secret, zero ? undefined : test.shared, `tcId ${test.tcId} ${test.comment}`);
    }
    console.log(`      ${tests.length} of ${tests.length}`);
  });
});

describe('bigint: secp256r1', () => {
  it('gives the answers of Wycheproof ecdh_secp256r1_test.json', function () {
    this.timeout(60000);
    const groups = wycheproof('ecdh_secp256r1_test.json');
    if (!groups) skip(this, NO_VECTORS);
    const all = groups.flatMap(group => group.tests);
    const tests = all.filter(one => one.public.startsWith(P256_SPKI) && one.public.length === P256_SPKI.length + 130);
    for (const test of tests) {
      const scalar = bytes(test.private.slice(-64).padStart(64, '0'));
      const secret = hex(finish(secp256r1Agree(scalar, bytes(test.public.slice(P256_SPKI.length)))));
      // An acceptable one may be refused: some of those have a wrong point under bad ASN.1.
      const refusable = test.result === 'invalid' || (test.result === 'acceptable' && secret === undefined);
      assert.equal(secret, refusable ? undefined : test.shared, `tcId ${test.tcId} ${test.comment}`);
    }
    console.log(`      ${tests.length} of ${all.length}, the others are not uncompressed points of this curve`);
  });

  it('makes the same key as the portable code of what is drawn at the ends of the range', () => {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    for (const drawn of [0n, 1n, 2n, 16n, order - 1n, order, order + 1n, order + 15n, (1n << 320n) - 1n]) {
      const draw = (into: Uint8Array) => into.set(Buffer.from(drawn.toString(16).padStart(80, '0'), 'hex').reverse());
      const ours = finish(secp256r1.generate(draw)).publicKey;
      assert.equal(hex(ours), hex(finish(portableSecp256r1.generate(draw)).publicKey), `${drawn}`);
    }
  });
});

describe('bigint: signatures', () => {
  for (const { verifier, file } of SIGNATURES) {
    it(`gives the answers of Wycheproof ${file}`, function () {
      this.timeout(60000);
      const groups = wycheproof(file);
      if (!groups) skip(this, NO_VECTORS);
      // The one acceptable RSA vector lacks the NULL in DigestInfo, which RFC 8017 §9.2 note 1 wants there.
      console.log(`      ${runSignatureVectors(groups, verifier, group => hashNamed(group.sha), false)}`);
    });
  }
});

describe('bigint: against node:crypto', () => {
  const provider = {
    hashes: ['sha256', 'sha384', 'sha512'].map(hashNamed),
    aeads: [],
    groups: [x25519, secp256r1],
    signatures: [ecdsaP256, ecdsaP384, rsaPss, rsaPkcs1],
  };
  for (const { name, run } of differentials(provider)) {
    if (/sha/.test(name)) continue;
    const count = SAMPLE[name] ?? 100;
    it(`${name}: ${count} of the ${ALL} inputs of npm run differential`, function () {
      this.timeout(60000);
      console.log(`      ${run(count)}`);
    });
  }
});

describe('bigint: slices', () => {
  /** Steps until done; every step must come back after about its budget, which is what the number of steps shows. */
  function stepped<T>(computation: Computation<T>, budget: number, steps: [number, number]): T {
    let taken = 1;
    while (!computation.step(budget)) taken++;
    assert.ok(taken >= steps[0] && taken <= steps[1], `${taken} steps`);
    assert.equal(computation.step(1), true, 'it stays done');
    return computation.result();
  }

  it('gives the same answers in the smallest steps', () => {
    const scalar = bytes('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
    const share = stepped(
      x25519.generate(into => into.set(scalar)),
      1,
      [100, 600],
    );
    assert.equal(hex(share.publicKey), '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    const bob = bytes('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    const secret = stepped(share.agree(bob), 100, [20, 110]);
    assert.equal(hex(secret), '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
    const draw = (into: Uint8Array) => into.fill(7);
    const stepwise = stepped(secp256r1.generate(draw), 1, [64, 400]);
    assert.equal(hex(stepwise.publicKey), hex(finish(portableSecp256r1.generate(draw)).publicKey));
  });
});
