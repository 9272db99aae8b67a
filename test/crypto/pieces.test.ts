/** The portable computations in slices: however the work is cut, the answer is the same, and no slice is much too long. */
import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import fc from 'fast-check';
import { type Computation, finish } from '../../src/crypto/computation.js';
import { inPieces } from '../../src/crypto/pieces.js';
import { portableProvider } from '../../src/crypto/portable-provider.js';
import type { KeyShare, PublicKey, SignatureName } from '../../src/crypto/provider.js';
import '../seed.js';
import { bytes, hashNamed, hex, publicKeyOf, seededRandom } from './public-key-fixtures.js';

const random = seededRandom();
const message = bytes('000102030405');

/** The same computation whenever it is called, its answer as text, and the least number of steps of one unit. */
interface Case {
  name: string;
  start(): Computation<unknown>;
  leastSteps: number;
}

const cases: Case[] = [];
for (const group of portableProvider.groups) {
  const seed = new Uint8Array(64);
  random(seed, 0, 64);
  const fixed = (into: Uint8Array, offset: number, length: number) => into.set(seed.subarray(0, length), offset);
  const peer = finish(group.generate(random)).publicKey;
  const share = finish(group.generate(fixed));
  const leastSteps = group.name === 'x25519' ? 300 : 380;
  cases.push({ name: `${group.name} generates`, start: () => group.generate(fixed), leastSteps });
  cases.push({ name: `${group.name} agrees`, start: () => share.agree(peer), leastSteps });
}
const KEYS: Array<[SignatureName, number, () => nodeCrypto.KeyPairKeyObjectResult, string | null, object]> = [
  ['ecdsa-secp256r1', 400, () => nodeCrypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' }), 'sha256', {}],
  ['ecdsa-secp384r1', 600, () => nodeCrypto.generateKeyPairSync('ec', { namedCurve: 'secp384r1' }), 'sha384', {}],
  ['ed25519', 380, () => nodeCrypto.generateKeyPairSync('ed25519'), null, {}],
  ['rsa-pkcs1', 500, () => nodeCrypto.generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256', {}],
  [
    'rsa-pss',
    500,
    () => nodeCrypto.generateKeyPairSync('rsa', { modulusLength: 2048 }),
    'sha512',
    { padding: nodeCrypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 },
  ],
];
for (const [name, leastSteps, makeKey, hashName, options] of KEYS) {
  const pair = makeKey();
  const key: PublicKey = publicKeyOf(pair.publicKey);
  const signature = new Uint8Array(nodeCrypto.sign(hashName, message, { key: pair.privateKey, ...options }));
  const verifier = portableProvider.signatures.find(one => one.name === name)!;
  const hash = hashNamed(hashName ?? 'sha512');
  cases.push({ name, start: () => verifier.verify(key, hash, message, signature), leastSteps });
}

function spell(answer: unknown): string {
  if (answer instanceof Uint8Array) return hex(answer)!;
  return typeof answer === 'boolean' ? String(answer) : hex((answer as KeyShare).publicKey)!;
}

describe('crypto: computations in slices', () => {
  for (const { name, start, leastSteps } of cases) {
    it(`${name}: one unit at a time it ends, and no step is more than a small part of the whole`, function () {
      this.timeout(20000);
      const expected = spell(finish(start()));
      assert.notEqual(expected, 'false');
      const computation = start();
      let steps = 1;
      while (!computation.step(1)) {
        steps++;
        assert.ok(steps < 100000);
      }
      assert.ok(steps >= leastSteps, `${steps} steps`);
      assert.equal(computation.step(1), true);
      assert.equal(spell(computation.result()), expected);
      assert.equal(spell(computation.result()), expected);
      // A larger budget does more.
      const other = start();
      let larger = 1;
      while (!other.step(60)) larger++;
      assert.ok(larger < steps / 2, `${larger} of ${steps} steps`);
    });

    it(`${name}: any budgets give the same answer`, function () {
      this.timeout(20000);
      const expected = spell(finish(start()));
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 }), budgets => {
          const computation = start();
          for (let i = 0; !computation.step(budgets[i % budgets.length]); i++);
          assert.equal(spell(computation.result()), expected);
        }),
        { numRuns: 12 },
      );
    });
  }

  it('stops as soon as a budget is used up, and overshoots by no more than one piece', () => {
    let done = 0;
    const piece = (count: number, cost: number) => () => {
      if (done === count) return 0;
      done++;
      return cost;
    };
    const computation = inPieces([piece(10, 7), piece(20, 3)], () => done);
    assert.equal(computation.step(1), false);
    assert.equal(done, 1);
    assert.equal(computation.step(8), false);
    assert.equal(done, 3);
    assert.equal(computation.step(0), false, 'at least one');
    assert.equal(done, 4);
    assert.equal(computation.step(1000), true);
    assert.equal(computation.result(), 20);
  });

  for (const group of portableProvider.groups) {
    it(`${group.name}: a secret that is there outlives the key it was made with`, () => {
      const share = finish(group.generate(random));
      const secret = finish(share.agree(finish(group.generate(random)).publicKey))!;
      const before = hex(secret);
      share.wipe();
      assert.equal(hex(secret), before);
    });

    it(`${group.name}: a wiped key leaves nothing of the secret in an agreement that was going on`, () => {
      const share = finish(group.generate(random));
      const peer = finish(group.generate(random)).publicKey;
      const secret = hex(finish(share.agree(peer)));
      for (const budget of [1, 500, 3000, 1e9]) {
        const running = share.agree(peer);
        running.step(budget);
        assert.equal(hex(finish(share.agree(peer))), secret, 'one at a time');
      }
      const running = share.agree(peer);
      running.step(1000);
      share.wipe();
      assert.notEqual(hex(finish(running)), secret);
      assert.notEqual(hex(finish(share.agree(peer))), secret);
    });
  }
});
