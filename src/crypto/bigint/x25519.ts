/**
 * X25519 (RFC 7748 §5): the Montgomery ladder, with arithmetic swaps, so that no branch and no index depends on the private key.
 *
 * Modulo 2^255 - 19 what is above bit 255 comes back times 19: a fold. A number of 255 + e bits folds to 260 + e of 255 + 2 e: two factors of 257 bits
 * give one of 264, and of what is made of those the outputs of a step are folded twice. Numbers may be negative.
 */
import type { RandomSource } from '../../platform.js';
import { type Computation, done } from '../computation.js';
import type { KeyExchangeGroup, KeyShare } from '../provider.js';
import { big, ONE, readInteger, writeInteger, ZERO } from './integers.js';
import { powerStage } from './modulus.js';
import { turns } from './turns.js';

const BITS = big(255);
const MASK = (ONE << BITS) - ONE;
const NINETEEN = big(19);
const PRIME = MASK - big(18);
const A24 = big(121665);
/** A divisor of 255. */
const BITS_A_TURN = 5;

export const x25519: KeyExchangeGroup = {
  name: 'x25519',
  publicKeyLength: 32,
  generate(random: RandomSource): Computation<KeyShare> {
    const privateKey = new Uint8Array(32);
    random(privateKey, 0, 32);
    const base = new Uint8Array(32);
    base[0] = 9;
    const multiple = x25519Multiple(privateKey, base);
    return {
      step: budget => multiple.step(budget),
      result: () => ({
        publicKey: multiple.result(),
        agree(peerPublicKey) {
          if (peerPublicKey.length !== 32) return done(undefined);
          const secret = x25519Multiple(privateKey, peerPublicKey);
          return {
            step: budget => secret.step(budget),
            result() {
              const bytes = secret.result();
              let bits = 0;
              for (let i = 0; i < 32; i++) bits |= bytes[i];
              return bits === 0 ? undefined : bytes;
            },
          };
        },
        wipe() {
          privateKey.fill(0);
        },
      }),
    };
  },
};

/** The function X25519 of RFC 7748 §5: `scalar` and `u` are 32 bytes, so is the answer. */
export function x25519Multiple(scalar: Uint8Array, u: Uint8Array): Computation<Uint8Array> {
  const base = readInteger(u, 0, 32, true) & MASK;
  let x = ONE;
  let z = ZERO;
  let v = base;
  let w = ONE;
  let swapped = 0;
  let at = 255;

  // Names of the module are a list of hundreds in a bundle, and JerryScript looks through it at every use: they would be half of the time.
  const m = MASK;
  const n = NINETEEN;
  const s = BITS;
  const a24 = A24;
  const toBig = big;
  const reduce = (value: bigint): bigint => {
    value = (value & m) + n * (value >> s);
    return (value & m) + n * (value >> s);
  };

  /** BITS_A_TURN bits of the scalar, clamped. RFC 7748 calls x, z, v, w x_2, z_2, x_3, z_3. Locals are what an interpreter has at hand. */
  function ladder(): boolean {
    let a = x;
    let b = z;
    let c = v;
    let d = w;
    for (let i = 0; i < BITS_A_TURN; i++) {
      at--;
      const bit = at < 3 ? 0 : at > 253 ? 1 : (scalar[at >> 3] >> (at & 7)) & 1;
      const swap = toBig(swapped ^ bit);
      swapped = bit;
      let p = (a - c) * swap;
      let q = (b - d) * swap;
      a -= p;
      c += p;
      b -= q;
      d += q;
      p = a + b;
      q = a - b;
      b = (c + d) * q;
      d = (c - d) * p;
      p = p * p;
      q = q * q;
      p = (p & m) + n * (p >> s);
      q = (q & m) + n * (q >> s);
      b = (b & m) + n * (b >> s);
      d = (d & m) + n * (d >> s);
      c = b + d;
      c = reduce(c * c);
      d = b - d;
      d = d * d;
      d = reduce(((d & m) + n * (d >> s)) * base);
      a = reduce(p * q);
      q = p - q;
      b = reduce(q * (p + a24 * q));
    }
    x = a;
    z = b;
    v = c;
    w = d;
    return at === 0;
  }

  // The lowest bits of a clamped scalar are 0: x and z are where they belong.
  return turns(
    8 * BITS_A_TURN,
    [
      ladder,
      powerStage(
        reduce,
        () => z,
        PRIME - ONE - ONE,
        inverse => {
          x = reduce(x * inverse);
        },
      ),
    ],
    () => {
      const bytes = new Uint8Array(32);
      x = reduce(x + PRIME);
      writeInteger(x - PRIME * big(x >= PRIME), bytes, 0, 32, true);
      return bytes;
    },
  );
}
