/**
 * ECDSA verification (FIPS 186-5 §6.4.2) with DER signatures (RFC 3279 §2.2.3). Everything here is public, so time may
 * depend on it. Memory while it runs: 5 KB for P-256, 7 KB for P-384.
 */
import { sumOfMultiples } from './group.js';
import { readLimbs, writeLimbs } from './modulus.js';
import { p256 } from './p256.js';
import { p384 } from './p384.js';
import type { HashAlgorithm, PublicKey, SignatureVerifier } from './provider.js';
import type { WeierstrassCurve } from './weierstrass.js';

export const ecdsaP256: SignatureVerifier = {
  name: 'ecdsa-secp256r1',
  verify(key: PublicKey, hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): boolean {
    return key.kind === 'ec' && key.curve === 'secp256r1' && verify(p256(), key, hash, message, signature);
  },
};

export const ecdsaP384: SignatureVerifier = {
  name: 'ecdsa-secp384r1',
  verify(key: PublicKey, hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): boolean {
    return key.kind === 'ec' && key.curve === 'secp384r1' && verify(p384(), key, hash, message, signature);
  },
};

function verify(
  curve: WeierstrassCurve,
  key: PublicKey,
  hash: HashAlgorithm,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const size = curve.size;
  const order = curve.order;
  const r = order.element();
  const s = order.element();
  // A sequence of two integers is below 128 bytes on both curves, so every length is one byte.
  if (signature.length < 8 || signature[0] !== 0x30 || signature[1] !== signature.length - 2) return false;
  const middle = readInteger(r, signature, 2, size);
  if (middle === 0 || readInteger(s, signature, middle, size) !== signature.length) return false;
  if (!order.exceeds(r) || !order.exceeds(s) || order.isZero(r) || order.isZero(s)) return false;
  const publicPoint = key.point && curve.decode(key.point);
  if (!publicPoint) return false;

  const digest = new Uint8Array(hash.digestLength);
  const running = hash.create();
  running.update(message, 0, message.length);
  running.digest(digest, 0);
  const e = order.element();
  readLimbs(e, digest, 0, Math.min(size, digest.length), false);

  // (e / s) * generator + (r / s) * public point has r as its x coordinate.
  const inverse = order.element();
  order.enter(s, s);
  order.invert(inverse, s);
  const u = new Uint8Array(size);
  const v = new Uint8Array(size);
  quotient(curve, e, inverse, u);
  quotient(curve, r, inverse, v);
  const sum = sumOfMultiples(curve, u, curve.generator, v, publicPoint);
  const field = curve.field;
  if (field.isZero(sum.z)) return false;
  // x was reduced modulo the order, which is a little below the prime: it was r, or r + order.
  for (let i = 0; i < 2; i++) {
    if (!field.exceeds(r)) return false;
    field.enter(e, r);
    field.mul(e, e, sum.z);
    field.sub(e, e, sum.x);
    if (field.isZero(e)) return true;
    order.add(r, r, order.limbs);
    order.scale(r, r, 1);
  }
  return false;
}

/** Reads a DER INTEGER that is positive, minimal and of `size` bytes at most; answers the offset behind it, or 0. */
function readInteger(limbs: Int32Array, bytes: Uint8Array, offset: number, size: number): number {
  let start = offset + 2;
  if (start > bytes.length) return 0;
  const end = start + bytes[offset + 1];
  if (bytes[offset] !== 2 || end === start || end > bytes.length || bytes[start] > 127) return 0;
  if (bytes[start] === 0 && end > start + 1) {
    start++;
    if (bytes[start] < 128) return 0;
  }
  if (end - start > size) return 0;
  readLimbs(limbs, bytes, start, end - start, false);
  return end;
}

/** a / s in 0..order-1, given 1 / s in Montgomery form. */
function quotient(curve: WeierstrassCurve, a: Int32Array, inverse: Int32Array, into: Uint8Array): void {
  const order = curve.order;
  const product = order.element();
  order.enter(product, a);
  order.mul(product, product, inverse);
  order.leave(product, product);
  writeLimbs(product, into, into.length, false);
}
