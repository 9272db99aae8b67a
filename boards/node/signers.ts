/**
 * Signing for desktop Node. node:crypto hashes what it signs, and TLS hands over a digest: so OpenSSL multiplies the generator and computes powers,
 * and the rest is src/crypto's.
 */
import * as nodeCrypto from 'node:crypto';
import { type Computation, done } from '../../src/crypto/computation.js';
import { ecdsaP256SignerOf } from '../../src/crypto/ecdsa-signer.js';
import type { Signer } from '../../src/crypto/provider.js';
import { rsaPkcs1SignerOf, rsaPssSignerOf } from '../../src/crypto/rsa-signer.js';

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const padding = nodeCrypto.constants.RSA_NO_PADDING;

/** RSA's power with a private or a public key; undefined if OpenSSL will not have those numbers. */
function raw(compute: () => Buffer): Computation<Uint8Array | undefined> {
  try {
    return done<Uint8Array | undefined>(new Uint8Array(compute()));
  } catch {
    return done<Uint8Array | undefined>(undefined);
  }
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

function publicPower(modulus: Uint8Array, exponent: Uint8Array, base: Uint8Array) {
  return raw(() => {
    const key = { kty: 'RSA', n: text(modulus), e: text(exponent) };
    return nodeCrypto.publicEncrypt({ key: nodeCrypto.createPublicKey({ key, format: 'jwk' }), padding }, base);
  });
}

/** Of numbers that do not belong together it makes zeros, which no public exponent verifies. */
function secretPower(modulus: Uint8Array, exponent: Uint8Array, secrets: ReadonlyArray<Uint8Array>, base: Uint8Array) {
  const power = raw(() => {
    const [d, p, q, dp, dq, qi] = secrets.map(text);
    const key = { kty: 'RSA', n: text(modulus), e: text(exponent), d, p, q, dp, dq, qi };
    return nodeCrypto.privateDecrypt({ key: nodeCrypto.createPrivateKey({ key, format: 'jwk' }), padding }, base);
  });
  return done(power.result() ?? new Uint8Array(base.length));
}

const ecdsaP256Signer = ecdsaP256SignerOf((nonce, scalar, hashed) => {
  const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  const ecdh = nodeCrypto.createECDH('prime256v1');
  ecdh.setPrivateKey(nonce);
  const r = number(ecdh.getPublicKey().subarray(1, 33)) % ORDER;
  let inverse = 1n;
  let square = number(nonce);
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) inverse = (inverse * square) % ORDER;
    square = (square * square) % ORDER;
  }
  const s = ((number(hashed) + r * number(scalar)) * inverse) % ORDER;
  const pair = [r, s].map(value => value.toString(16).padStart(64, '0')).join('');
  return done(new Uint8Array(Buffer.from(pair, 'hex')));
});

export const nodeSigners: Signer[] = [
  ecdsaP256Signer,
  rsaPssSignerOf(secretPower, publicPower),
  rsaPkcs1SignerOf(secretPower, publicPower),
];
