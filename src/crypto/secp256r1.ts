/**
 * ECDH on P-256 (SP 800-56A §5.7.1.2, RFC 8446 §4.2.8.2) with an ephemeral key. Memory: 97 bytes a key pair, about 5 KB
 * while a multiple is computed.
 */
import type { RandomSource } from '../platform.js';
import { type Computation, done } from './computation.js';
import { wipeAll } from './field.js';
import { newPoint, type Point, secretMultiple, toAffine } from './group.js';
import { writeLimbs } from './modulus.js';
import { p256 } from './p256.js';
import { inPieces, type Piece } from './pieces.js';
import type { PrimeField } from './prime-field.js';
import type { KeyExchangeGroup, KeyShare } from './provider.js';
import { decodePoint, type WeierstrassCurve } from './weierstrass.js';

export const secp256r1: KeyExchangeGroup = {
  name: 'secp256r1',
  publicKeyLength: 65,
  generate(random: RandomSource): Computation<KeyShare> {
    const curve = p256();
    const privateKey = drawScalar(curve, random);
    const product = new Multiple(curve, privateKey, curve.generator);
    const share = new Secp256r1Share(privateKey);
    return inPieces(product.parts, () => {
      share.publicKey[0] = 4;
      share.publicKey.set(product.x, 1);
      share.publicKey.set(product.y, 33);
      return share;
    });
  },
};

class Secp256r1Share implements KeyShare {
  readonly publicKey: Uint8Array;
  private readonly privateKey: Uint8Array;
  private running: Multiple | undefined;

  constructor(privateKey: Uint8Array) {
    this.publicKey = new Uint8Array(65);
    this.privateKey = privateKey;
  }

  agree(peerPublicKey: Uint8Array): Computation<Uint8Array | undefined> {
    const curve = p256();
    const peer = decodePoint(curve, peerPublicKey);
    if (!peer) return done(undefined);
    const product = new Multiple(curve, this.privateKey, peer);
    this.running = product;
    return inPieces(product.parts, () => {
      // The caller's from now on: wipe() must not reach it.
      this.running = undefined;
      return product.x;
    });
  }

  wipe(): void {
    this.privateKey.fill(0);
    if (this.running) this.running.wipe();
  }
}

/** The x coordinate (32 bytes) of `scalar` (32 bytes, big-endian, not 0) times the point, or undefined for an invalid point. */
export function secp256r1Agree(scalar: Uint8Array, point: Uint8Array): Computation<Uint8Array | undefined> {
  return new Secp256r1Share(scalar).agree(point);
}

class Multiple {
  readonly parts: Piece[];
  /** The coordinates, written in the end, and the caller's from then on: `wipe` leaves them alone. */
  readonly x: Uint8Array;
  readonly y: Uint8Array;
  private readonly secrets: Int32Array[];

  constructor(curve: WeierstrassCurve, scalar: Uint8Array, p: Point) {
    const field = curve.field;
    const sum = newPoint(curve.group);
    const x = new Uint8Array(32);
    const y = new Uint8Array(32);
    this.x = x;
    this.y = y;
    this.secrets = sum.concat(curve.group.registers);
    this.parts = [secretMultiple(curve.group, scalar, p, sum)].concat(toAffine(field as PrimeField, sum), [
      () => {
        field.write(sum[0], x, false);
        field.write(sum[1], y, false);
        wipeAll(sum);
        return 0;
      },
    ]);
  }

  wipe(): void {
    wipeAll(this.secrets);
  }
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
  limbs.fill(0);
  order.wipe();
  return scalar;
}
