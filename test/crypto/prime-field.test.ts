/** The written-out fields against BigInt, with limbs as large as prime-field.ts allows, so that no sum leaves the exact integers. */
import assert from 'node:assert/strict';
import { field25519 } from '../../src/crypto/field25519.js';
import { inverseOf } from '../../src/crypto/inverse.js';
import type { Modulus } from '../../src/crypto/modulus.js';
import { p256 } from '../../src/crypto/p256.js';
import { p384 } from '../../src/crypto/p384.js';
import { power } from '../../src/crypto/power.js';
import type { PrimeField } from '../../src/crypto/prime-field.js';
import { SeededRandom } from './symmetric-providers.js';

const random = new SeededRandom();
const R = 1n << 264n;
const FIELDS: Array<[string, PrimeField, bigint]> = [
  ['2^255 - 19', field25519(), (1n << 255n) - 19n],
  [
    'the prime of P-256',
    p256().field as PrimeField,
    0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  ],
];

const numberOf = (limbs: Int32Array, bits = 24n) => limbs.reduceRight((sum, limb) => (sum << bits) + BigInt(limb), 0n);
const toBytes = (value: bigint, length: number) =>
  new Uint8Array(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex'));

/** Limbs of up to `size` times 2^23: random, or all at the limit with equal, random or alternating signs. */
function element(size: number, i: number): Int32Array {
  const limit = size * 8388608;
  const a = Int32Array.from({ length: 11 }, () => {
    if (i % 4 === 0) return limit;
    if (i % 4 === 1) return random.below(2) ? limit : -limit;
    return Math.trunc((random.below(2 ** 31) / 2 ** 30 - 1) * limit);
  });
  if (i % 8 === 4) a.forEach((limb, at) => void (a[at] = at % 2 ? limb : -limb));
  // The last limb follows from the value, which is below 16 p here, so that the product of two is below 256 p^2.
  a[10] = Math.trunc((a[10] / limit) * 14 * 32768);
  return a;
}

for (const [name, field, p] of FIELDS) {
  const modular = (value: bigint) => ((value % p) + p) % p;
  const left = (a: Int32Array) => {
    const r = field.element();
    const bytes = new Uint8Array(32);
    field.leave(r, a);
    field.write(r, bytes, false);
    return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  };

  describe(`crypto: arithmetic modulo ${name}`, () => {
    it('multiplies and squares the largest factors it allows exactly, and keeps its promise about the product', () => {
      const r = field.element();
      const sizes = [
        [1, 1],
        [1, 11],
        [11, 1],
        [2, 5],
        [3, 3],
        [3.3, 3.3],
      ];
      for (let i = 0; i < 6000; i++) {
        const [x, y] = sizes[i % sizes.length];
        const a = element(x, (i / 6) | 0);
        const b = element(y, (i / 24) | 0);
        // With limbs as large as these the last ones must be as large, whatever the value.
        if (i % 3 === 0) for (const limbs of [a, b]) limbs[10] = limbs[9];
        field.mul(r, a, b);
        assert.equal(modular(numberOf(r) * R), modular(numberOf(a) * numberOf(b)), `${a} * ${b}`);
        if (x * x <= 11) {
          field.mul(r, a, a);
          assert.equal(modular(numberOf(r) * R), modular(numberOf(a) ** 2n), `${a} squared`);
        }
        assert.ok(r.subarray(0, 10).every(limb => limb >= -8388608 && limb < 8388608));
        if (i % 3 !== 0) {
          const product = numberOf(r);
          assert.ok(product > -p && product < 2n * p);
        }
      }
    });

    it('enters and leaves Montgomery form, at the edges of the range too', () => {
      const edges = [0n, 1n, 2n, p - 1n, p - 2n, p >> 1n, p, p + 1n, (1n << 256n) - 1n];
      for (let i = 0; i < 500; i++) {
        const value = edges[i] ?? BigInt(`0x${Buffer.from(random.bytes(32)).toString('hex')}`);
        const a = field.read(toBytes(value, 32), 0, 32, false);
        assert.deepEqual(field.read(toBytes(value, 32).reverse(), 0, 32, true), a);
        assert.equal(field.exceeds(a), value < p, `${value}`);
        field.enter(a, a);
        assert.equal(left(a), modular(value));
        assert.equal(field.isZero(a), modular(value) === 0n);
        const b = field.element();
        field.combine(b, 3, a, -2, field.one);
        assert.equal(left(b), modular(3n * value - 2n));
        field.sub(b, a, field.one);
        field.add(b, b, a);
        assert.equal(left(b), modular(2n * value - 1n));
      }
      assert.equal(left(field.one), 1n);
    });

    it('inverts, and makes 0 of 0', () => {
      for (let i = 0; i < 20; i++) {
        const a = field.read(i === 0 ? toBytes(p - 1n, 32) : random.bytes(32), 0, 32, false);
        field.enter(a, a);
        if (i === 1) a.fill(0);
        const r = field.element();
        const piece = power(field, r, a, field.inverting());
        while (piece() > 0);
        field.mul(r, r, a);
        assert.equal(left(r), i === 1 ? 0n : 1n);
      }
    });
  });
}

describe('crypto: inverses of public numbers', () => {
  for (const [name, modulus, length] of [
    ['P-256', p256().order, 32],
    ['P-384', p384().order, 48],
  ] as Array<[string, Modulus, number]>) {
    it(`modulo the order of ${name}: random ones, small ones, powers of two and their neighbours`, () => {
      const p = numberOf(modulus.limbs, 22n);
      let most = 0;
      for (let i = 0; i < 3000; i++) {
        const shift = BigInt(i >> 2) % BigInt(8 * length);
        const edges = [1n << shift, (1n << shift) + 1n, p - (1n << shift), p / ((1n << shift) + 1n)];
        const value =
          i < 1536
            ? edges[i % 4] % p || 1n
            : BigInt(`0x${Buffer.from(random.bytes(length)).toString('hex')}`) % p || 1n;
        const a = modulus.read(toBytes(value, length), 0, length, false);
        const r = modulus.element();
        const piece = inverseOf(modulus, r, a);
        let steps = 0;
        while (piece() > 0) assert.ok(++steps < 400, `${value}`);
        if (steps > most) most = steps;
        assert.equal((((numberOf(r, 22n) * value) % p) + p) % p, 1n, `${value}`);
      }
      console.log(`      at most ${most} divisions`);
    });
  }
});
