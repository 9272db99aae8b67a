/** ECDH on P-256 (SP 800-56A §5.7.1.2, RFC 8446 §4.2.8.2) with an ephemeral key. No branch and no index depends on the private key. */
import type { RandomSource } from '../../platform.js';
import { type Computation, done } from '../computation.js';
import type { KeyExchangeGroup, KeyShare } from '../provider.js';
import { big, ONE, readInteger, writeInteger, ZERO } from './integers.js';
import { powerStage } from './modulus.js';
import { addPoints, secretSumStage } from './secret-sum.js';
import { turns } from './turns.js';
import { type Point, p256 } from './weierstrass.js';

export const secp256r1: KeyExchangeGroup = {
  name: 'secp256r1',
  publicKeyLength: 65,
  generate(random: RandomSource): Computation<KeyShare> {
    const curve = p256();
    const privateKey = new Uint8Array(40);
    // A number in 1..n-1 from 64 random bits more than it has (FIPS 186-5 A.2.1); 0, which nobody will see, becomes 1.
    random(privateKey, 0, 40);
    const drawn = curve.order.residue(curve.order.reduce(readInteger(privateKey, 0, 40, true)));
    privateKey.fill(0);
    writeInteger(drawn + big(drawn === ZERO), privateKey, 0, 32);
    return secp256r1Multiple(privateKey, curve.generator, (x, y) => {
      const publicKey = new Uint8Array(65);
      publicKey[0] = 4;
      publicKey.set(x, 1);
      publicKey.set(y, 33);
      return {
        publicKey,
        agree: peerPublicKey => secp256r1Agree(privateKey, peerPublicKey),
        wipe() {
          privateKey.fill(0);
        },
      };
    });
  },
};

/** The x coordinate (32 bytes) of `scalar` (32 bytes, big-endian, not 0) times the point, or undefined for an invalid point. */
export function secp256r1Agree(scalar: Uint8Array, point: Uint8Array): Computation<Uint8Array | undefined> {
  const peer = p256().decode(point);
  return peer ? secp256r1Multiple(scalar, peer, x => x) : done(undefined);
}

/** What `answer` makes of the coordinates, 32 bytes each, of `scalar` times `point`. */
export function secp256r1Multiple<T>(
  scalar: Uint8Array,
  point: Point,
  answer: (x: Uint8Array, y: Uint8Array) => T,
): Computation<T> {
  const curve = p256();
  const field = curve.field;
  const twice = addPoints(curve, point, point);
  let product: Point;
  let inverse: bigint;
  const coordinate = (i: number): Uint8Array => {
    const bytes = new Uint8Array(32);
    writeInteger(field.residue(field.reduce(product[i] * inverse)), bytes, 0, 32);
    return bytes;
  };
  return turns(
    64,
    [
      secretSumStage(
        curve,
        addPoints(curve, twice, twice),
        point,
        turn => (scalar[turn >> 1] >> (4 - 4 * (turn & 1))) & 15,
        sum => {
          product = sum;
        },
      ),
      powerStage(
        field.reduce,
        () => product[2],
        field.modulus - ONE - ONE,
        power => {
          inverse = power;
        },
      ),
    ],
    () => answer(coordinate(0), coordinate(1)),
  );
}
