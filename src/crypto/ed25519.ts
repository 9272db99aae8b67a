/**
 * Ed25519 verification (RFC 8032 §5.1.7), without the cofactor: the strict one of the two permitted equations. Everything
 * here is public. Memory while it runs: about 5 KB.
 */
import { equalConstantTime } from '../bytes/constant-time.js';
import { type Computation, done } from './computation.js';
import { digest } from './digest.js';
import { decodeNegative, edwards25519, generatorOfEdwards25519, orderOfEdwards25519 } from './edwards25519.js';
import { sumOfMultiples, toAffine } from './group.js';
import { writeLimbs } from './modulus.js';
import type { HashAlgorithm, PublicKey, SignatureVerifier } from './provider.js';

/** The verifier, given SHA-512. */
export function createEd25519(sha512: HashAlgorithm): SignatureVerifier {
  return {
    name: 'ed25519',
    verify(key: PublicKey, _hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): Computation<boolean> {
      return done(verify(sha512, key, message, signature));
    },
  };
}

function verify(sha512: HashAlgorithm, key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  const point = key.point;
  if (key.kind !== 'ed25519' || !point || point.length !== 32 || signature.length !== 64) return false;
  const order = orderOfEdwards25519();
  const s = order.read(signature, 32, 32, true);
  if (!order.exceeds(s)) return false;
  const group = edwards25519();
  const negative = decodeNegative(group, point);
  if (!negative) return false;

  const hashed = new Uint8Array(64);
  digest(sha512.create(), [signature.subarray(0, 32), point, message], hashed, 0);
  const k = order.reduce(hashed);

  // R = s * generator - k * public key
  const a = new Uint8Array(32);
  const b = new Uint8Array(32);
  writeLimbs(s, a, 32, false);
  writeLimbs(k, b, 32, false);
  const sum = sumOfMultiples(group, a, generatorOfEdwards25519(group.field), b, negative);
  // RFC 8032 §5.1.2: y, and the lowest bit of x.
  toAffine(group.field, sum);
  writeLimbs(sum[1], a, 32, true);
  a[31] |= (sum[0][0] & 1) << 7;
  return equalConstantTime(a, 0, signature, 0, 32);
}
