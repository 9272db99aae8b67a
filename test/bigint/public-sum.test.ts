/** Sums of two multiples where formulas have their exceptions: equal points, opposite points, infinity, scalars of 0 and next to the order. */
import assert from 'node:assert/strict';
import { publicSumStage } from '../../src/crypto/bigint/public-sum.js';
import { type Curve, p256, p384 } from '../../src/crypto/bigint/weierstrass.js';

type Sum = [bigint, bigint, bigint];

function bytesOf(value: bigint, size: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex'));
}

function sum(curve: Curve, p: bigint[], q: bigint[], a: bigint, b: bigint): Sum {
  let found: Sum | undefined;
  const stage = publicSumStage(curve, p, q, bytesOf(a, curve.size), bytesOf(b, curve.size), (x, y, z) => {
    found = [x, y, z];
  });
  while (!stage());
  return found!;
}

/** x and y, or undefined at infinity; by division, which this engine can. */
function affine(curve: Curve, [x, y, z]: Sum): bigint[] | undefined {
  const { modulus } = curve.field;
  const residue = (value: bigint) => ((value % modulus) + modulus) % modulus;
  if (residue(z) === 0n) return undefined;
  let inverse = 1n;
  for (const bit of (modulus - 2n).toString(2)) {
    inverse = residue(inverse * inverse);
    if (bit === '1') inverse = residue(inverse * z);
  }
  return [residue(x * inverse * inverse), residue(y * inverse * inverse * inverse)];
}

for (const [name, curve] of [
  ['P-256', p256()],
  ['P-384', p384()],
] as const) {
  describe(`bigint: a * G + b * (k * G) on ${name}`, () => {
    const n = curve.order.modulus;
    const multiple = (k: bigint) => affine(curve, sum(curve, curve.generator, curve.generator, ((k % n) + n) % n, 0n));

    it('small multiples are on the curve, and the order leads to infinity and around', () => {
      const [x, y] = multiple(2n)!;
      assert.ok(curve.decode(Uint8Array.of(4, ...bytesOf(x!, curve.size), ...bytesOf(y!, curve.size))));
      assert.equal(multiple(0n), undefined);
      const minusOne = multiple(-1n)!;
      assert.deepEqual(minusOne, [curve.generator[0], curve.field.modulus - curve.generator[1]!]);
    });

    it('is (a + k b) * G for scalars of 0 to 9 and next to the order, for points of 1, 2, 3, 7, -1, -2', () => {
      for (const k of [1n, 2n, 3n, 7n, -1n, -2n]) {
        const point = multiple(k)!;
        for (const a of [0n, 1n, 2n, 3n, 7n, 9n, n - 1n]) {
          for (const b of [0n, 1n, 2n, 5n, n - 1n]) {
            const found = affine(curve, sum(curve, curve.generator, point, a, b));
            assert.deepEqual(found, multiple(a + k * b), `${a} + ${k} * ${b}`);
          }
        }
      }
    });
  });
}
