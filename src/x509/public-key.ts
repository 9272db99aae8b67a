/** SubjectPublicKeyInfo, RFC 5280 §4.1.2.7: the keys this client can verify with. Answers are views of the DER. */
import type { PublicKey } from '../crypto/provider.js';
import { malformed, unsupported } from './certificate-errors.js';
import { readSequence } from './der-reader.js';
import { readOctets, readPositiveInteger, toHex } from './der-values.js';
import { KeyAlgorithm } from './oids.js';

/**
 * The public key in `spki` (DER). Throws ERR_CERT_MALFORMED, and ERR_CERT_UNSUPPORTED for other keys than RSA (2048 to
 * 4096 bits, exponent up to 32 bits), uncompressed P-256 and P-384 points, and Ed25519.
 */
export function parsePublicKey(spki: Uint8Array): PublicKey {
  const reader = readSequence(spki);
  const algorithm = toHex(reader.whole());
  const key = readOctets(reader);
  reader.finish();
  const pssOnly = algorithm === KeyAlgorithm.RsaPss;
  if (pssOnly || algorithm === KeyAlgorithm.Rsa) return rsaKey(spki, key, pssOnly);
  if (algorithm === KeyAlgorithm.Ed25519) {
    if (key.length !== 32) malformed('key');
    return { kind: 'ed25519', spki: spki, point: key };
  }
  const p256 = algorithm === KeyAlgorithm.P256;
  // RFC 5480 §2.2: compressed points, 2 and 3, may be refused.
  if ((!p256 && algorithm !== KeyAlgorithm.P384) || key[0] >> 1 === 1) unsupported('key');
  if (key[0] !== 4 || key.length !== (p256 ? 65 : 97)) malformed('key');
  return { kind: 'ec', spki: spki, curve: p256 ? 'secp256r1' : 'secp384r1', point: key };
}

/** RSAPublicKey, RFC 8017 §A.1.1. */
function rsaKey(spki: Uint8Array, key: Uint8Array, pssOnly: boolean): PublicKey {
  const reader = readSequence(key);
  const modulus = readPositiveInteger(reader);
  const exponent = readPositiveInteger(reader);
  reader.finish();
  const size = modulus.length;
  const last = exponent.length - 1;
  if (!(modulus[size - 1] & exponent[last] & 1) || (last === 0 && exponent[0] === 1)) malformed('key');
  // Below 2048 bits (256 bytes, the top bit set) it is too weak; very long ones would keep a small processor busy for minutes.
  if (size < 256 || (size === 256 && modulus[0] < 0x80) || size > 512 || last > 3) unsupported('RSA key size');
  return { kind: 'rsa', spki: spki, modulus: modulus, exponent: exponent, pssOnly: pssOnly };
}
