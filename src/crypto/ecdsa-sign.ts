/**
 * ECDSA signing on P-256 (FIPS 186-5 §6.4.1) with the multiple of the generator that a key exchange computes, portable or in machine code,
 * and modulus.ts for the rest. No branch and no index depends on a secret; what is secret is overwritten in the end.
 */
import type { RandomSource } from '../platform.js';
import type { Computation } from './computation.js';
import { ecdsaP256SignerOf } from './ecdsa-signer.js';
import { wipeAll } from './field.js';
import { limbsOf, Modulus } from './modulus.js';
import { P256_ORDER } from './p256.js';
import { inPieces } from './pieces.js';
import { power } from './power.js';
import type { KeyExchangeGroup, KeyShare, Signer } from './provider.js';
import { secp256r1 } from './secp256r1.js';
import { bytesOf } from './words.js';

/** `group` is secp256r1 of this project: it makes its private key out of 40 random bytes, a number with the lowest byte first, modulo the order. */
export function createEcdsaP256Signer(group: KeyExchangeGroup): Signer {
  return ecdsaP256SignerOf((nonce, scalar, hashed) => pairOf(group, nonce, scalar, hashed));
}

function pairOf(
  group: KeyExchangeGroup,
  nonce: Uint8Array,
  scalar: Uint8Array,
  hashed: Uint8Array,
): Computation<Uint8Array> {
  const order = new Modulus(limbsOf(P256_ORDER));
  const k = order.read(nonce, 0, 32, false);
  const secret = order.read(scalar, 0, 32, false);
  const e = order.read(hashed, 0, 32, false);
  const r = order.element();
  const inverse = order.element();
  const exponent = bytesOf(P256_ORDER);
  exponent[31] -= 2;
  const pair = new Uint8Array(64);
  const half = new Uint8Array(32);
  order.enter(k, k);
  const multiple = group.generate(drawing(nonce));
  return inPieces(
    [
      () => (multiple.step(STEP) ? 0 : STEP),
      power(order, inverse, k, exponent),
      () => {
        const share: KeyShare = multiple.result();
        order.enter(r, order.read(share.publicKey, 1, 32, false));
        share.wipe();
        // r * scalar + e; 0 for any of r and s is what nobody will see.
        order.mul(secret, r, secret);
        order.add(secret, secret, e);
        order.enter(secret, secret);
        order.mul(secret, secret, inverse);
        for (const number of [r, secret]) {
          order.leave(number, number);
          order.write(number, half, false);
          pair.set(half, number === r ? 0 : 32);
        }
        wipeAll([k, secret, inverse]);
        order.wipe();
        return 0;
      },
    ],
    () => pair,
  );
}

/** Units at a time: an addition of two points. */
const STEP = 15;

/** Gives `number` (32 bytes, big-endian), the lowest byte first, then zeros. */
function drawing(number: Uint8Array): RandomSource {
  return (into, offset, length) => {
    for (let i = 0; i < length; i++) into[offset + i] = i < 32 ? number[31 - i] : 0;
  };
}

export const ecdsaP256Signer = createEcdsaP256Signer(secp256r1);
