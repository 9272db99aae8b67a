/** The parts of the AEADs by themselves, against the vectors of their own documents. */
import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import { Aes } from '../../src/crypto/aes.js';
import { ChaCha20 } from '../../src/crypto/chacha20.js';
import { Poly1305 } from '../../src/crypto/poly1305.js';
import { ROUND_CONSTANTS } from '../../src/crypto/sha2.js';
import { ROUND_CONSTANTS_LOW } from '../../src/crypto/sha512.js';
import { bytes, hex, SeededRandom } from './symmetric-providers.js';

function aesBlock(key: Uint8Array, block: Uint8Array): string {
  const into = new Uint8Array(16);
  new Aes(key).encrypt(block, into);
  return hex(into);
}

describe('crypto: AES', () => {
  it('the examples of FIPS 197, Appendix C.1 and C.3', () => {
    const block = bytes('00112233445566778899aabbccddeeff');
    assert.equal(aesBlock(bytes('000102030405060708090a0b0c0d0e0f'), block), '69c4e0d86a7b0430d8cdb78070b4c55a');
    assert.equal(
      aesBlock(bytes('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'), block),
      '8ea2b7ca516745bfeafc49904b496089',
    );
  });

  const random = new SeededRandom();
  it(`300 random keys and blocks as node:crypto has them`, () => {
    for (let run = 0; run < 300; run++) {
      const key = random.bytes(run % 2 ? 16 : 32);
      const block = random.bytes(16);
      const cipher = nodeCrypto.createCipheriv(`aes-${key.length * 8}-ecb`, key, null);
      assert.equal(aesBlock(key, block), cipher.update(block).toString('hex'));
    }
  });
});

describe('crypto: ChaCha20', () => {
  it('the block of RFC 8439 §2.3.2', () => {
    const key = bytes('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
    const chacha = new ChaCha20(key);
    chacha.start(1, bytes('000000090000004a00000000'));
    chacha.next();
    assert.equal(
      hex(chacha.keystream.block),
      '10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e' +
        'd2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e',
    );
  });

  const random = new SeededRandom();
  it(`random keystreams as node:crypto has them`, () => {
    for (let run = 0; run < 50; run++) {
      const [key, nonce, message] = [random.bytes(32), random.bytes(12), random.bytes(500)];
      const counter = random.below(1 << 30);
      const iv = Buffer.concat([new Uint8Array(4), nonce]);
      iv.writeUInt32LE(counter);
      const expected = nodeCrypto.createCipheriv('chacha20', key, iv).update(message).toString('hex');
      const chacha = new ChaCha20(key);
      chacha.start(counter, nonce);
      random.pieces(500, (offset, length) => chacha.keystream.xor(message, offset, length));
      assert.equal(hex(message), expected);
    }
  });
});

describe('crypto: Poly1305', () => {
  /** RFC 8439 Appendix A.3, the test vectors that are whole blocks: number, r, s, message, tag. */
  const zero = '00'.repeat(16);
  const two = `02${'00'.repeat(15)}`;
  const one = `01${'00'.repeat(15)}`;
  const ones = 'ff'.repeat(16);
  const VECTORS: Array<[number, string, string, string, string]> = [
    [1, zero, zero, zero.repeat(4), zero],
    [7, two, zero, ones, `03${'00'.repeat(15)}`],
    [8, two, ones, two, `03${'00'.repeat(15)}`],
    [9, one, zero, `${ones}f0${'ff'.repeat(15)}11${'00'.repeat(15)}`, `05${'00'.repeat(15)}`],
    [10, one, zero, `${ones}fb${'fe'.repeat(15)}${'01'.repeat(16)}`, zero],
    [11, two, zero, `fd${'ff'.repeat(15)}`, `fa${'ff'.repeat(15)}`],
  ];

  function mac(key: Uint8Array, message: Uint8Array): string {
    const poly = new Poly1305();
    const tag = new Uint8Array(16);
    poly.start(key.slice());
    poly.input.update(message, 0, message.length);
    poly.finish(tag);
    return hex(tag);
  }

  for (const [number, r, s, message, tag] of VECTORS) {
    it(`test vector ${number} of RFC 8439 A.3`, () => assert.equal(mac(bytes(r + s), bytes(message)), tag));
  }

  /** The definition, RFC 8439 §2.5, in big integers. */
  function byDefinition(key: Uint8Array, message: Uint8Array): string {
    const number = (array: Uint8Array) => BigInt(`0x${hex(array.slice().reverse())}`);
    const r = number(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
    let h = 0n;
    for (let i = 0; i < message.length; i += 16) {
      h = ((h + number(message.subarray(i, i + 16)) + (1n << 128n)) * r) % ((1n << 130n) - 5n);
    }
    const tag = (h + number(key.subarray(16))) & ((1n << 128n) - 1n);
    return hex(bytes(tag.toString(16).padStart(32, '0')).reverse());
  }

  it('the sums around 2^130 - 5, where the last reduction begins', () => {
    // Three blocks under r = 1 add up to 3 * 2^128 and themselves: 2^130 - 5 if they are 2^128 - 5, 0 and 0.
    for (let n = -8; n <= 8; n++) {
      const first = (1n << 128n) - 5n + BigInt(Math.min(n, 4));
      const message = bytes(first.toString(16) + '00'.repeat(32));
      message.subarray(0, 16).reverse();
      message[16] = Math.max(n - 4, 0);
      const key = bytes(`${one}${'5a'.repeat(16)}`);
      assert.equal(mac(key, message), byDefinition(key, message), `2^130 - 5 + ${n}`);
    }
  });

  const random = new SeededRandom();
  it(`2000 messages of random and extreme bytes as the definition has them`, () => {
    const extreme = (length: number) => random.bytes(length).map(byte => [0, 255, byte, byte][random.below(4)]);
    for (let run = 0; run < 2000; run++) {
      const pick = (length: number) =>
        run % 2 ? extreme(length) : run % 4 ? new Uint8Array(length).fill(255) : random.bytes(length);
      const [key, message] = [pick(32), pick(16 * random.below(9))];
      assert.equal(mac(key, message), byDefinition(key, message), `key ${hex(key)} message ${hex(message)}`);
    }
  });
});

describe('crypto: the constants of SHA-2', () => {
  const primes = Array.from({ length: 410 }, (_, n) => n).filter(
    n => n > 1 && !Array.from({ length: n - 2 }, (_, i) => i + 2).some(divisor => n % divisor === 0),
  );

  /** The first 64 bits of the fraction of the `degree`-th root of `n`. */
  function rootFraction(n: number, degree: bigint): bigint {
    const scaled = BigInt(n) << (64n * degree);
    let root = 0n;
    for (let bit = 1n << 70n; bit > 0n; bit >>= 1n) if ((root + bit) ** degree <= scaled) root += bit;
    return root & ((1n << 64n) - 1n);
  }

  it('K is the cube roots of the first 80 primes, FIPS 180-4 §4.2.3', () => {
    assert.equal(primes.length, 80);
    const halves = (shift: bigint) => primes.map(prime => Number(BigInt.asIntN(32, rootFraction(prime, 3n) >> shift)));
    assert.deepEqual([...ROUND_CONSTANTS], halves(32n));
    assert.deepEqual([...ROUND_CONSTANTS_LOW], halves(0n));
  });
});
