/** The modular core against BigInt, and a proof by running that no sum of products leaves the exact integers of a double. */
import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import { finish } from '../../src/crypto/computation.js';
import { ecdsaP256, ecdsaP384 } from '../../src/crypto/ecdsa.js';
import { createEd25519 } from '../../src/crypto/ed25519.js';
import { limbCount, Modulus, readLimbs, writeLimbs } from '../../src/crypto/modulus.js';
import { p256 } from '../../src/crypto/p256.js';
import { p384 } from '../../src/crypto/p384.js';
import { rsaPkcs1 } from '../../src/crypto/rsa.js';
import { secp256r1 } from '../../src/crypto/secp256r1.js';
import { x25519 } from '../../src/crypto/x25519.js';
import { hashNamed, publicKeyOf, seededRandom } from './public-key-fixtures.js';

const random = seededRandom();

function randomBytes(length: number): Uint8Array {
  const into = new Uint8Array(length);
  random(into, 0, length);
  return into;
}

function toBytes(value: bigint, length: number): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex'));
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

/** The value of signed limbs. */
function numberOf(limbs: Int32Array): bigint {
  return limbs.reduceRight((value, limb) => value * 4194304n + BigInt(limb), 0n);
}

function dense(value: bigint, bits: number): Modulus {
  const limbs = new Int32Array(limbCount(bits));
  const bytes = toBytes(value, Math.ceil(bits / 8));
  readLimbs(limbs, bytes, 0, bytes.length, false);
  return new Modulus(limbs);
}

function randomOdd(bits: number): bigint {
  const value = toBigInt(randomBytes(Math.ceil(bits / 8))) & ((1n << BigInt(bits)) - 1n);
  return value | 1n | (1n << BigInt(bits - 1));
}

const MODULI: [string, number, Modulus, number][] = [
  ['the order of P-256', 256, p256().order, 1500],
  ['the prime of P-384', 384, p384().field as Modulus, 2000],
  ['the order of P-384', 384, p384().order, 1000],
  ['2^256 - 1', 256, dense((1n << 256n) - 1n, 256), 300],
  ['2^255 + 1', 256, dense((1n << 255n) + 1n, 256), 300],
  ['2^2048 - 1', 2048, dense((1n << 2048n) - 1n, 2048), 40],
  ['2^2047 + 1', 2048, dense((1n << 2047n) + 1n, 2048), 40],
  ['2^4096 - 1', 4096, dense((1n << 4096n) - 1n, 4096), 40],
  ...[2048, 2049, 2056, 2063, 3072, 3080, 4090, 4096].map((bits): [string, number, Modulus, number] => [
    `a random number of ${bits} bits`,
    bits,
    dense(randomOdd(bits), bits),
    30,
  ]),
];

describe('crypto: modular arithmetic', () => {
  for (const [name, bits, modulus, rounds] of MODULI) {
    it(`agrees with BigInt modulo ${name}`, function () {
      this.timeout(20000);
      const p = numberOf(modulus.limbs);
      const length = Math.ceil(bits / 8);
      const full = (1n << BigInt(8 * length)) - 1n;
      const limbsOfOnes = (1n << BigInt(22 * Math.floor((8 * length) / 22))) - 1n;
      const edges = [0n, 1n, 2n, p - 1n, p, p - 2n, p >> 1n, full, limbsOfOnes, 1n << 22n, (1n << 22n) - 1n, 1n << 44n];
      const pairs: [bigint, bigint][] = [];
      for (const a of edges) for (const b of edges) pairs.push([a, b]);
      for (let i = 0; i < rounds; i++) pairs.push([toBigInt(randomBytes(length)), toBigInt(randomBytes(length))]);
      const a = modulus.element();
      const b = modulus.element();
      const r = modulus.element();
      const out = new Uint8Array(length);
      const modular = (value: bigint) => ((value % p) + p) % p;
      const left = (limbs: Int32Array) => {
        const canonical = modulus.element();
        modulus.leave(canonical, limbs);
        writeLimbs(canonical, out, length, false);
        return toBigInt(out);
      };
      assert.equal(left(modulus.one), 1n);
      const one = numberOf(modulus.one);
      assert.ok(-p < 2n * one && 2n * one < 3n * p, 'R modulo p is small');
      for (const [x, y] of pairs) {
        readLimbs(a, toBytes(x, length), 0, length, false);
        readLimbs(b, toBytes(y, length), 0, length, false);
        assert.equal(modulus.exceeds(a), x < p, `${x} < p`);
        modulus.enter(a, a);
        modulus.enter(b, b);
        assert.equal(left(a), modular(x), `${x}`);
        assert.equal(modulus.isZero(a), modular(x) === 0n);
        modulus.mul(r, a, b);
        assert.equal(left(r), modular(x * y), `${x} * ${y}`);
        modulus.mul(a, a, a);
        assert.equal(left(a), modular(x * x), `${x} squared`);
        modulus.add(r, a, b);
        assert.equal(left(r), modular(x * x + y), `${x} ^ 2 + ${y}`);
        modulus.sub(r, a, b);
        assert.equal(left(r), modular(x * x - y), `${x} ^ 2 - ${y}`);
        modulus.scale(r, b, -3);
        assert.equal(left(r), modular(-3n * y), `-3 * ${y}`);
        // Signed limbs as factors, as the curve formulas use them (RSA multiplies nothing but carried numbers).
        if (bits > 384) continue;
        modulus.sub(r, a, b);
        modulus.add(b, a, b);
        modulus.mul(r, r, b);
        assert.equal(left(r), modular(x ** 4n - y * y), `${x} ^ 4 - ${y} ^ 2`);
      }
    });
  }

  it('reads and writes numbers of any length in both byte orders', () => {
    for (let length = 1; length < 70; length++) {
      const value = randomBytes(length);
      for (const littleEndian of [false, true]) {
        const limbs = new Int32Array(limbCount(8 * length));
        limbs.fill(-1);
        readLimbs(limbs, value, 0, length, littleEndian);
        assert.equal(numberOf(limbs), toBigInt(littleEndian ? value.slice().reverse() : value));
        const out = new Uint8Array(length + 1);
        writeLimbs(limbs, out, length, littleEndian);
        assert.deepEqual(out, new Uint8Array([...value, 0]));
      }
    }
  });

  it('keeps every factor within the bounds that modulus.ts promises, in all operations', function () {
    this.timeout(20000);
    const bounds = new Bounds();
    const restore = bounds.watch();
    try {
      const message = new Uint8Array(3);
      for (const group of [x25519, secp256r1]) {
        const a = finish(group.generate(random));
        assert.deepEqual(finish(a.agree(finish(group.generate(random)).publicKey))?.length, 32);
      }
      for (const [named, verifier, name] of [
        ['prime256v1', ecdsaP256, 'sha256'],
        ['secp384r1', ecdsaP384, 'sha384'],
      ] as const) {
        const pair = nodeCrypto.generateKeyPairSync('ec', { namedCurve: named });
        const signature = new Uint8Array(nodeCrypto.sign(name, message, pair.privateKey));
        assert.equal(finish(verifier.verify(publicKeyOf(pair.publicKey), hashNamed(name), message, signature)), true);
      }
      const edwards = nodeCrypto.generateKeyPairSync('ed25519');
      const signature = new Uint8Array(nodeCrypto.sign(null, message, edwards.privateKey));
      const sha512 = hashNamed('sha512');
      assert.equal(
        finish(createEd25519(sha512).verify(publicKeyOf(edwards.publicKey), sha512, message, signature)),
        true,
      );
      const rsa = nodeCrypto.generateKeyPairSync('rsa', { modulusLength: 4096 });
      const rsaSignature = new Uint8Array(nodeCrypto.sign('sha512', message, rsa.privateKey));
      assert.equal(finish(rsaPkcs1.verify(publicKeyOf(rsa.publicKey), sha512, message, rsaSignature)), true);
    } finally {
      restore();
    }
    console.log(`      ${bounds.products} products; largest column 2^${Math.log2(bounds.largestColumn).toFixed(2)}`);
    assert.ok(bounds.products > 10000);
  });
});

/** What the limbs (in 2^22) and the value (in p) of an array may have been, whatever the numbers were. */
interface Range {
  limb: number;
  low: number;
  high: number;
}

/**
 * Interval arithmetic along a real run. Arrays it has not seen written are coordinates chosen from a table of points, which
 * are differences or sums of two products, or (RSA) a factor copied by `power`.
 */
class Bounds {
  products = 0;
  largestColumn = 0;
  private readonly known = new WeakMap<Int32Array, Range>();

  watch(): () => void {
    const { mul, enter, leave, add, sub, scale } = Modulus.prototype;
    const bounds = this;
    Object.assign(Modulus.prototype, {
      mul(this: Modulus, r: Int32Array, a: Int32Array, b: Int32Array) {
        const result = bounds.product(this, bounds.of(a), bounds.of(b));
        mul.call(this, r, a, b);
        bounds.known.set(r, result);
      },
      enter(this: Modulus, r: Int32Array, a: Int32Array) {
        const value = Number((numberOf(a) * 1024n) / numberOf(this.limbs) + 1n) / 1024;
        bounds.known.set(a, { limb: 1, low: 0, high: value });
        enter.call(this, r, a);
      },
      leave(this: Modulus, r: Int32Array, a: Int32Array) {
        const { low, high } = bounds.of(a);
        assert.ok(high < 4 && low >= -4, `leave: value from ${low} p to ${high} p`);
        leave.call(this, r, a);
        bounds.known.set(r, { limb: 1, low: 0, high: 1 });
      },
      add(this: Modulus, r: Int32Array, a: Int32Array, b: Int32Array) {
        const [left, right] = [bounds.of(a), bounds.of(b)];
        add.call(this, r, a, b);
        bounds.known.set(r, {
          limb: left.limb + right.limb,
          low: left.low + right.low,
          high: left.high + right.high,
        });
      },
      sub(this: Modulus, r: Int32Array, a: Int32Array, b: Int32Array) {
        const [left, right] = [bounds.of(a), bounds.of(b)];
        sub.call(this, r, a, b);
        bounds.known.set(r, {
          limb: left.limb + right.limb,
          low: left.low - right.high,
          high: left.high - right.low,
        });
      },
      scale(this: Modulus, r: Int32Array, a: Int32Array, factor: number) {
        const { low, high } = bounds.of(a);
        scale.call(this, r, a, factor);
        const ends = [low * factor, high * factor].sort((x, y) => x - y);
        // The constructor takes multiples of p from R; that the rest is small is asserted where BigInt is the judge.
        bounds.known.set(
          r,
          Math.abs(factor) > 3 ? { limb: 1, low: -0.5, high: 1.5 } : { limb: 1, low: ends[0], high: ends[1] },
        );
      },
    });
    return () => Object.assign(Modulus.prototype, { mul, enter, leave, add, sub, scale });
  }

  private of(a: Int32Array): Range {
    return this.known.get(a) ?? { limb: a.length > 40 ? 1 : 2, low: -1.5, high: 3 };
  }

  private product(modulus: Modulus, a: Range, b: Range): Range {
    const n = modulus.length;
    const sizes = modulus.limbs.reduce((sum, limb) => sum + Math.abs(limb), 0);
    const column = a.limb * b.limb * n * 2 ** 44 + sizes * 2 ** 22;
    this.products++;
    this.largestColumn = Math.max(this.largestColumn, column);
    assert.ok(column * (1 + 2 ** -20) < 2 ** 53, `column of ${a.limb} * ${b.limb}, n = ${n}`);
    // R / p, as 22 n less the bits of p; RSA has 2^6 at least.
    const slack = Number((1n << BigInt(22 * n + 20)) / numberOf(modulus.limbs)) / 2 ** 20;
    const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
    const [low, high] = [Math.min(0, ...corners) / slack, Math.max(0, ...corners) / slack + 1];
    // 2.5 instead of 1.5 only for a number that fills all limbs, like the digest that Ed25519 enters.
    assert.ok(low > -0.5 && high < (a.high > slack / 2 ? 2.5 : 1.5), `product from ${low} p to ${high} p, n = ${n}`);
    return { limb: 1, low, high };
  }
}
