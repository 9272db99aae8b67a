/**
 * RSA signing (RFC 8017 §5.2.1, with the Chinese remainder theorem). No branch and no index depends on a secret, and each prime is multiplied with a
 * random number of 22 bits, so that what is computed is another number every time. Memory while it runs: RSA-2048 5 KB, RSA-4096 9 KB.
 */
import type { RandomSource } from '../../platform.js';
import type { Computation } from '../computation.js';
import { rsaPkcs1SignerOf, rsaPssSignerOf } from '../rsa-signer.js';
import { big, ONE, readInteger, writeInteger, ZERO } from './integers.js';
import { createModulus } from './modulus.js';
import { rsaPower } from './rsa.js';
import { turns } from './turns.js';

function secretPower(
  _modulus: Uint8Array,
  _exponent: Uint8Array,
  secrets: ReadonlyArray<Uint8Array>,
  base: Uint8Array,
  random: RandomSource,
): Computation<Uint8Array> {
  const size = base.length;
  const c = readInteger(base, 0, size);
  const numbers = secrets.map(bytes => readInteger(bytes, 0, bytes.length));
  const p = numbers[1];
  const q = numbers[2];
  let m = ZERO;
  let h = ZERO;
  return turns(
    (size * size) >> 9,
    [
      powerModulo(masked(p, random), c, secrets[3], secrets[1].length, power => {
        h = power;
      }),
      powerModulo(masked(q, random), c, secrets[4], secrets[2].length, power => {
        m = power;
      }),
    ],
    () => {
      const modulus = moduloOf(p);
      const signature = new Uint8Array(size);
      h = modulus.residue(modulus.reduce(modulus.reduce(h - m) * numbers[5]));
      writeInteger(m + h * q, signature, 0, size);
      m = h = ZERO;
      return signature;
    },
  );
}

/** prime times a random number of 22 bits. */
function masked(prime: bigint, random: RandomSource): bigint {
  const drawn = new Uint8Array(3);
  random(drawn, 0, 3);
  return prime * big((((drawn[0] << 16) | (drawn[1] << 8) | drawn[2]) & 4194303) | 2097152);
}

function moduloOf(modulus: bigint) {
  return createModulus(modulus, modulus.toString(2).length);
}

/** A stage that computes base^exponent in windows of four bits, as many as a number of `size` bytes has, and gives it, from 0 to n - 1, to `done`. */
function powerModulo(
  n: bigint,
  base: bigint,
  exponent: Uint8Array,
  size: number,
  done: (power: bigint) => void,
): () => boolean {
  const modulus = moduloOf(n);
  const reduce = modulus.reduce;
  const table = [ONE];
  for (let i = 1; i < 16; i++) table.push(reduce(table[i - 1] * (i === 1 ? reduce(base) : table[1])));
  const start = size - exponent.length;
  let power = ONE;
  let digit = 0;
  return () => {
    for (let i = 0; i < 4; i++) power = reduce(power * power);
    const at = (digit >> 1) - start;
    const index = at < 0 ? 0 : (exponent[at] >> (4 - 4 * (digit & 1))) & 15;
    let chosen = ZERO;
    for (let i = 0; i < 16; i++) chosen |= table[i] & big(((i ^ index) - 1) >> 31);
    power = reduce(power * chosen);
    if (++digit < 2 * size) return false;
    done(modulus.residue(power));
    return true;
  };
}

export const rsaPkcs1Signer = rsaPkcs1SignerOf(secretPower, rsaPower);
export const rsaPssSigner = rsaPssSignerOf(secretPower, rsaPower);
