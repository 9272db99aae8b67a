/**
 * X25519 (RFC 7748 §5): the Montgomery ladder, with arithmetic swaps, so that no branch and no index depends on the
 * private key. Memory: 32 bytes a key pair, about 1.3 KB while a multiple is computed.
 */
import type { RandomSource } from '../platform.js';
import { type Computation, done } from './computation.js';
import { field25519 } from './field25519.js';
import { readLimbs, writeLimbs } from './modulus.js';
import type { KeyExchangeGroup, KeyShare } from './provider.js';

export const x25519: KeyExchangeGroup = {
  name: 'x25519',
  publicKeyLength: 32,
  generate(random: RandomSource): Computation<KeyShare> {
    const privateKey = new Uint8Array(32);
    random(privateKey, 0, 32);
    const base = new Uint8Array(32);
    base[0] = 9;
    return done({
      publicKey: x25519Multiple(privateKey, base),
      agree(peerPublicKey: Uint8Array): Computation<Uint8Array | undefined> {
        if (peerPublicKey.length !== 32) return done(undefined);
        const secret = x25519Multiple(privateKey, peerPublicKey);
        let bits = 0;
        for (let i = 0; i < 32; i++) bits |= secret[i];
        return done(bits === 0 ? undefined : secret);
      },
      wipe(): void {
        privateKey.fill(0);
      },
    });
  },
};

/** One step of the ladder: there x_1 is y here, (x_2, z_2) is (x, z), (x_3, z_3) is (u, w), and a24 is v. */
const STEP = 'Xx+z Yx-z xu-w uu+w xx*X uu*Y wx-u ux+u uu*u ww*w ww*y XX*X YY*Y xX*Y YX-Y zY*v zz+X zz*Y ';

/** The function X25519 of RFC 7748 §5: `scalar` and `u` are 32 bytes, so is the answer. */
export function x25519Multiple(scalar: Uint8Array, u: Uint8Array): Uint8Array {
  const f = field25519();
  const elements = f.elements(8);
  const x = elements[0];
  const base = elements[1];
  const z = elements[2];
  const a24 = elements[4];
  const bytes = new Uint8Array(32);
  bytes.set(u);
  bytes[31] &= 127;
  readLimbs(base, bytes, 0, 32, true);
  f.enter(base, base);
  elements[3].set(base);
  x.set(f.one);
  elements[5].set(f.one);
  a24[0] = 121665;
  f.enter(a24, a24);

  bytes.set(scalar);
  bytes[0] &= 248;
  bytes[31] = (bytes[31] & 63) | 64;
  let swapped = 0;
  for (let i = 254; i >= 0; i--) {
    const bit = (bytes[i >> 3] >> (i & 7)) & 1;
    swap(elements, swapped ^ bit);
    swapped = bit;
    f.run(STEP, elements);
  }
  swap(elements, swapped);

  f.invert(base, z);
  f.mul(x, x, base);
  f.leave(x, x);
  writeLimbs(x, bytes, 32, true);
  f.wipe(elements);
  return bytes;
}

/** Exchanges x with u and z with w if `bit` is 1. */
function swap(elements: Int32Array[], bit: number): void {
  for (let n = 0; n < 3; n += 2) {
    const a = elements[n];
    const b = elements[n + 3];
    for (let i = 0; i < a.length; i++) {
      const difference = (a[i] ^ b[i]) & -bit;
      a[i] ^= difference;
      b[i] ^= difference;
    }
  }
}
