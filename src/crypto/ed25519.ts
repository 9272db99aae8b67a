/**
 * Ed25519 verification (RFC 8032 §5.1.7), without the cofactor: the strict one of the two permitted equations. Everything
 * here is public. Memory while it runs: about 5 KB.
 */
import { equalConstantTime } from '../bytes/constant-time.js';
import { type Computation, done } from './computation.js';
import { digest } from './digest.js';
import { edwards25519, generatorOfEdwards25519, NegativePoint, orderOfEdwards25519 } from './edwards25519.js';
import { newPoint, sumOfMultiples, toAffine } from './group.js';
import { inPieces, type Piece } from './pieces.js';
import type { PrimeField } from './prime-field.js';
import type { HashAlgorithm, PublicKey, SignatureVerifier } from './provider.js';

/** The verifier, given SHA-512. */
export function createEd25519(sha512: HashAlgorithm): SignatureVerifier {
  return {
    name: 'ed25519',
    verify(key: PublicKey, _hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): Computation<boolean> {
      return verify(sha512, key, message, signature);
    },
  };
}

function verify(
  sha512: HashAlgorithm,
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): Computation<boolean> {
  const point = key.point;
  if (key.kind !== 'ed25519' || !point || point.length !== 32 || signature.length !== 64) return done(false);
  const order = orderOfEdwards25519();
  const s = order.read(signature, 32, 32, true);
  if (!order.exceeds(s)) return done(false);

  const group = edwards25519();
  const field = group.field as PrimeField;
  const negative = new NegativePoint(group, point);
  const sum = newPoint(group);
  const a = new Uint8Array(32);
  let valid = false;
  const parts: Piece[] = negative.parts.concat(() => {
    if (!negative.exists) return 0;
    const hashed = new Uint8Array(64);
    digest(sha512.create(), [signature.subarray(0, 32), point, message], hashed, 0);
    const b = new Uint8Array(32);
    order.write(s, a, false);
    order.write(order.reduce(hashed), b, false);
    // R = s * generator - k * public key
    parts.push(sumOfMultiples(group, a, generatorOfEdwards25519(field), b, negative.point, sum));
    const affine = toAffine(field, sum);
    for (let i = 0; i < affine.length; i++) parts.push(affine[i]);
    parts.push(() => {
      // RFC 8032 §5.1.2: y, and the lowest bit of x.
      field.write(sum[1], a, true);
      a[31] |= (sum[0][0] & 1) << 7;
      valid = equalConstantTime(a, 0, signature, 0, 32);
      return 0;
    });
    return 0;
  });
  return inPieces(parts, () => valid);
}
