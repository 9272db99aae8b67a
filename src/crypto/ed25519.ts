/**
 * Ed25519 verification (RFC 8032 §5.1.7), without the cofactor: the strict one of the two permitted equations. Everything
 * here is public. Memory while it runs: about 5 KB.
 */
import { equalConstantTime } from '../bytes/constant-time.js';
import { Edwards25519 } from './edwards25519.js';
import { sumOfMultiples } from './group.js';
import { readLimbs, writeLimbs } from './modulus.js';
import type { HashAlgorithm, PublicKey, SignatureVerifier } from './provider.js';

/** The verifier, given SHA-512. */
export function createEd25519(sha512: HashAlgorithm): SignatureVerifier {
  return {
    name: 'ed25519',
    verify(key: PublicKey, _hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): boolean {
      const point = key.point;
      if (key.kind !== 'ed25519' || !point || point.length !== 32 || signature.length !== 64) return false;
      const curve = new Edwards25519();
      const order = curve.order;
      const s = order.element();
      readLimbs(s, signature, 32, 32, true);
      if (!order.exceeds(s)) return false;
      const negative = curve.decodeNegative(point);
      if (!negative) return false;

      const digest = new Uint8Array(64);
      const hash = sha512.create();
      hash.update(signature, 0, 32);
      hash.update(point, 0, 32);
      hash.update(message, 0, message.length);
      hash.digest(digest, 0);
      const k = order.element();
      order.reduce(k, digest);

      // R = s * generator - k * public key
      const a = new Uint8Array(32);
      const b = new Uint8Array(32);
      writeLimbs(s, a, 32, false);
      writeLimbs(k, b, 32, false);
      const encoded = new Uint8Array(32);
      curve.encode(sumOfMultiples(curve, a, curve.generator(), b, negative), encoded);
      return equalConstantTime(encoded, 0, signature, 0, 32);
    },
  };
}
