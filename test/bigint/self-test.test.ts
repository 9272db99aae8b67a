/** The start-up test of the engine's numbers passes here, and notices each operation that is replaced by one with a fault like those that engines had. */
import assert from 'node:assert/strict';
import { type Calculate, checkBigInt } from '../../src/crypto/bigint/self-test.js';

/** In the order of Operation. */
interface Operations {
  add(a: bigint, b: bigint): bigint;
  subtract(a: bigint, b: bigint): bigint;
  multiply(a: bigint, b: bigint): bigint;
  and(a: bigint, b: bigint): bigint;
  or(a: bigint, b: bigint): bigint;
  xor(a: bigint, b: bigint): bigint;
  left(a: bigint, n: bigint): bigint;
  right(a: bigint, n: bigint): bigint;
  less(a: bigint, b: bigint): boolean;
}

const right: Operations = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  left: (a, n) => a << n,
  right: (a, n) => a >> n,
  less: (a, b) => a < b,
};

const DIGIT = 1n << 32n;

const faults: Array<[string, Partial<Operations>]> = [
  [
    'a carry is lost above the second digit',
    { add: (a, b) => (a > DIGIT ** 2n && a + b >= DIGIT ** 4n ? a + b - DIGIT : a + b) },
  ],
  ['a borrow is lost', { subtract: (a, b) => (a > DIGIT * DIGIT ? a - b + DIGIT : a - b) }],
  ['a product of three digits and more is off by one', { multiply: (a, b) => (b >= DIGIT ** 3n ? a * b + 1n : a * b) }],
  ['a mask whose top bit ends a digit loses it', { and: (a, b) => ((b + 1n) % DIGIT === 0n ? a & (b >> 1n) : a & b) }],
  ['a mask of a negative number takes its size', { and: (a, b) => (a < 0n ? -a & b : a & b) }],
  ['or is exclusive', { or: (a, b) => (a ^ b) + (a & b & 1n) - 1n }],
  ['exclusive or is or', { xor: (a, b) => a | b }],
  [
    'a shift to the left by whole digits shifts less',
    { left: (a, n) => (n % 32n === 0n && n > 0n ? a << (n - 1n) : a << n) },
  ],
  ['a shift to the right of a negative number rounds up', { right: (a, n) => (a < 0n ? -(-a >> n) : a >> n) }],
  ['a shift to the right by more than a digit is short', { right: (a, n) => (n > 32n ? a >> (n - 1n) : a >> n) }],
  ['comparison looks at sizes only', { less: (a, b) => a.toString(16).length < b.toString(16).length }],
];

describe('bigint: self-test', () => {
  it('passes with the numbers of V8', () => checkBigInt());

  it('passes with what the faults below are put into', () => checkBigInt(calculating(right)));

  for (const [name, fault] of faults) {
    it(`notices: ${name}`, () => {
      assert.throws(() => checkBigInt(calculating({ ...right, ...fault })), { code: 'ERR_CRYPTO_BIGINT' });
    });
  }
});

function calculating(operations: Operations): Calculate {
  const { add, subtract, multiply, and, or, xor, left, right, less } = operations;
  const all = [add, subtract, multiply, and, or, xor, left, right, (a: bigint, b: bigint) => BigInt(less(a, b))];
  return (operation, a, b) => all[operation]!(a, b);
}
