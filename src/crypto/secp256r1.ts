/**
 * ECDH on P-256 (SP 800-56A §5.7.1.2, RFC 8446 §4.2.8.2) with an ephemeral key. Memory: 97 bytes a key pair, about 5 KB
 * while a multiple is computed.
 */
import type { RandomSource } from '../platform.js';
import { type Computation, done } from './computation.js';
import { secretMultiple, toAffine } from './group.js';
import { writeLimbs } from './modulus.js';
import { p256 } from './p256.js';
import type { KeyExchangeGroup, KeyShare } from './provider.js';
import { decodePoint, type WeierstrassCurve } from './weierstrass.js';

export const secp256r1: KeyExchangeGroup = {
  name: 'secp256r1',
  publicKeyLength: 65,
  generate(random: RandomSource): Computation<KeyShare> {
    const curve = p256();
    const privateKey = drawScalar(curve, random);
    const publicKey = new Uint8Array(65);
    const half = new Uint8Array(32);
    const point = secretMultiple(curve.group, privateKey, curve.generator);
    publicKey[0] = 4;
    toAffine(curve.field, point);
    for (let i = 0; i < 2; i++) {
      writeLimbs(point[i], half, 32, false);
      publicKey.set(half, 1 + 32 * i);
    }
    curve.field.wipe(point.concat(curve.group.registers));
    return done({
      publicKey,
      agree(peerPublicKey: Uint8Array): Computation<Uint8Array | undefined> {
        return done(secp256r1Agree(privateKey, peerPublicKey));
      },
      wipe(): void {
        privateKey.fill(0);
      },
    });
  },
};

/** The x coordinate (32 bytes) of `scalar` (32 bytes, big-endian, not 0) times the point, or undefined for an invalid point. */
export function secp256r1Agree(scalar: Uint8Array, point: Uint8Array): Uint8Array | undefined {
  const curve = p256();
  const peer = decodePoint(curve, point);
  if (!peer) return undefined;
  const product = secretMultiple(curve.group, scalar, peer);
  toAffine(curve.field, product);
  const secret = new Uint8Array(32);
  writeLimbs(product[0], secret, 32, false);
  curve.field.wipe(product.concat(curve.group.registers));
  return secret;
}

/** A number in 1..n-1 from 64 random bits more than it has (FIPS 186-5 A.2.1), so that there is nothing to try again. */
function drawScalar(curve: WeierstrassCurve, random: RandomSource): Uint8Array {
  const order = curve.order;
  const drawn = new Uint8Array(40);
  const scalar = new Uint8Array(32);
  random(drawn, 0, 40);
  const limbs = order.reduce(drawn);
  writeLimbs(limbs, scalar, 32, false);
  let bits = 0;
  for (let i = 0; i < 32; i++) bits |= scalar[i];
  // 0, which nobody will see, becomes 1.
  scalar[31] |= (bits - 1) >>> 31;
  drawn.fill(0);
  order.wipe([limbs]);
  return scalar;
}
