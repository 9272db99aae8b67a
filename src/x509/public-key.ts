/** SubjectPublicKeyInfo, RFC 5280 §4.1.2.7: the keys this client can verify with. Answers are views of the DER. */
import type { PublicKey } from '../crypto/provider.js';
import { ringletError } from '../errors.js';
import { malformed, readSequence, Tag, toHex } from './der-reader.js';
import { KeyAlgorithm } from './oids.js';

/**
 * The public key in `spki` (DER). Throws ERR_CERT_MALFORMED, and ERR_CERT_UNSUPPORTED for other keys than RSA (2048 to
 * 8192 bits, exponent up to 32 bits), uncompressed P-256 and P-384 points, and Ed25519.
 */
export function parsePublicKey(spki: Uint8Array): PublicKey {
  const reader = readSequence(spki);
  const algorithm = toHex(reader.whole(Tag.Sequence));
  const key = reader.octetsInBitString();
  reader.finish();
  if (algorithm === KeyAlgorithm.Rsa) return rsaKey(spki, key, false);
  if (algorithm === KeyAlgorithm.RsaPss) return rsaKey(spki, key, true);
  if (algorithm === KeyAlgorithm.Ed25519) {
    if (key.length !== 32) malformed('not an Ed25519 key');
    return { kind: 'ed25519', spki: spki, point: key };
  }
  if (algorithm !== KeyAlgorithm.P256 && algorithm !== KeyAlgorithm.P384) unsupportedKey();
  const p256 = algorithm === KeyAlgorithm.P256;
  // RFC 5480 §2.2: a compressed point may be refused.
  if (key[0] === 2 || key[0] === 3) unsupportedKey();
  if (key[0] !== 4 || key.length !== (p256 ? 65 : 97)) malformed('not a point of the curve');
  return { kind: 'ec', spki: spki, curve: p256 ? 'secp256r1' : 'secp384r1', point: key };
}

/** RSAPublicKey, RFC 8017 §A.1.1. */
function rsaKey(spki: Uint8Array, key: Uint8Array, pssOnly: boolean): PublicKey {
  const reader = readSequence(key);
  const modulus = reader.positiveInteger();
  const exponent = reader.positiveInteger();
  reader.finish();
  const odd = modulus[modulus.length - 1] & exponent[exponent.length - 1] & 1;
  if (!odd || (exponent.length === 1 && exponent[0] === 1)) malformed('not an RSA key');
  // Shorter keys are too weak (2048 bits are 256 bytes with the top bit set); longer ones would keep a small processor busy for minutes.
  const weak = modulus.length < 256 || (modulus.length === 256 && modulus[0] < 0x80);
  if (weak || modulus.length > 1024 || exponent.length > 4) unsupportedKey();
  return { kind: 'rsa', spki: spki, modulus: modulus, exponent: exponent, pssOnly: pssOnly };
}

function unsupportedKey(): never {
  throw ringletError('ERR_CERT_UNSUPPORTED', 'The certificate has a kind or size of public key that is not supported');
}
