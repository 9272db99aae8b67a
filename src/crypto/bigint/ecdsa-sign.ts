/** ECDSA signing on P-256 (FIPS 186-5 §6.4.1). No branch and no index depends on a secret; numbers cannot be wiped, only forgotten. */
import type { Computation } from '../computation.js';
import { ecdsaP256SignerOf } from '../ecdsa-signer.js';
import { ONE, readInteger, writeInteger } from './integers.js';
import { powerStage } from './modulus.js';
import { secp256r1Multiple } from './secp256r1.js';
import { turns } from './turns.js';
import { p256 } from './weierstrass.js';

function pairOf(nonce: Uint8Array, scalar: Uint8Array, hashed: Uint8Array): Computation<Uint8Array> {
  const curve = p256();
  const order = curve.order;
  const k = readInteger(nonce, 0, 32);
  const secret = readInteger(scalar, 0, 32);
  const e = readInteger(hashed, 0, 32);
  const pair = new Uint8Array(64);
  const copy = new Uint8Array(nonce);
  const multiple = secp256r1Multiple(copy, curve.generator, x => readInteger(x, 0, 32));
  return turns(
    64,
    [
      () => multiple.step(1),
      powerStage(
        order.reduce,
        () => k,
        order.modulus - ONE - ONE,
        inverse => {
          copy.fill(0);
          const r = order.residue(order.reduce(multiple.result()));
          writeInteger(r, pair, 0, 32);
          writeInteger(order.residue(order.reduce(order.reduce(r * secret + e) * inverse)), pair, 32, 32);
        },
      ),
    ],
    () => pair,
  );
}

export const ecdsaP256Signer = ecdsaP256SignerOf(pairOf);
