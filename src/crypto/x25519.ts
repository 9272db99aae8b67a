/**
 * X25519 (RFC 7748 §5): the Montgomery ladder, with arithmetic swaps, so that no branch and no index depends on the
 * private key. Memory: 32 bytes a key pair, about 1.3 KB while a multiple is computed.
 */
import type { RandomSource } from '../platform.js';
import { field25519 } from './field25519.js';
import { readLimbs, writeLimbs } from './modulus.js';
import type { KeyExchangeGroup, KeyShare } from './provider.js';

export const x25519: KeyExchangeGroup = {
  name: 'x25519',
  publicKeyLength: 32,
  generate(random: RandomSource): KeyShare {
    const privateKey = new Uint8Array(32);
    random(privateKey, 0, 32);
    const base = new Uint8Array(32);
    base[0] = 9;
    return {
      publicKey: x25519Multiple(privateKey, base),
      agree(peerPublicKey: Uint8Array): Uint8Array | undefined {
        if (peerPublicKey.length !== 32) return undefined;
        const secret = x25519Multiple(privateKey, peerPublicKey);
        let bits = 0;
        for (let i = 0; i < 32; i++) bits |= secret[i];
        return bits === 0 ? undefined : secret;
      },
      wipe(): void {
        privateKey.fill(0);
      },
    };
  },
};

/** The function X25519 of RFC 7748 §5: `scalar` and `u` are 32 bytes, so is the answer. */
export function x25519Multiple(scalar: Uint8Array, u: Uint8Array): Uint8Array {
  const f = field25519();
  const elements = f.elements(8);
  const x1 = elements[0];
  const x2 = elements[1];
  const z2 = elements[2];
  const x3 = elements[3];
  const z3 = elements[4];
  const a = elements[5];
  const b = elements[6];
  const a24 = elements[7];
  const bytes = new Uint8Array(32);
  bytes.set(u);
  bytes[31] &= 127;
  readLimbs(x1, bytes, 0, 32, true);
  f.enter(x1, x1);
  x3.set(x1);
  x2.set(f.one);
  z3.set(f.one);
  a24[0] = 121665;
  f.enter(a24, a24);

  bytes.set(scalar);
  bytes[0] &= 248;
  bytes[31] = (bytes[31] & 63) | 64;
  let swapped = 0;
  for (let i = 254; i >= 0; i--) {
    const bit = (bytes[i >> 3] >> (i & 7)) & 1;
    swap(x2, x3, swapped ^ bit);
    swap(z2, z3, swapped ^ bit);
    swapped = bit;
    f.add(a, x2, z2);
    f.sub(b, x2, z2);
    f.sub(x2, x3, z3);
    f.add(x3, x3, z3);
    f.mul(x2, x2, a);
    f.mul(x3, x3, b);
    f.sub(z3, x2, x3);
    f.add(x3, x2, x3);
    f.mul(x3, x3, x3);
    f.mul(z3, z3, z3);
    f.mul(z3, z3, x1);
    f.mul(a, a, a);
    f.mul(b, b, b);
    f.mul(x2, a, b);
    f.sub(b, a, b);
    f.mul(z2, b, a24);
    f.add(z2, z2, a);
    f.mul(z2, z2, b);
  }
  swap(x2, x3, swapped);
  swap(z2, z3, swapped);

  f.invert(a, z2);
  f.mul(x2, x2, a);
  f.leave(x2, x2);
  writeLimbs(x2, bytes, 32, true);
  f.wipe(elements);
  return bytes;
}

/** Exchanges a and b if `bit` is 1. */
function swap(a: Int32Array, b: Int32Array, bit: number): void {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ^ b[i]) & -bit;
    a[i] ^= difference;
    b[i] ^= difference;
  }
}
