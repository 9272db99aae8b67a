/** The signature on a certificate, RFC 5280 §4.1.1.3, verified with what the CryptoProvider has. */
import type { CryptoProvider, HashName, PublicKey, SignatureName } from '../crypto/provider.js';
import { ringletError } from '../errors.js';
import type { Certificate } from './certificate.js';
import { toHex } from './der-reader.js';
import { KeyAlgorithm, SignatureAlgorithm } from './oids.js';

const HASHES: HashName[] = ['sha256', 'sha384', 'sha512'];
/** Their digest lengths in hexadecimal. */
const SALT_LENGTHS = ['20', '30', '40'];

/**
 * True if `issuer` has signed `certificate`. Throws ERR_CERT_UNSUPPORTED if the algorithm is unknown here (MD5, SHA-1, RSA-PSS
 * with other parameters than the usual ones), or not in `crypto`, or not one for that kind of key.
 */
export function verifyCertificateSignature(
  certificate: Certificate,
  issuer: PublicKey,
  crypto: CryptoProvider,
): boolean {
  const algorithm = toHex(certificate.signatureAlgorithm);
  const hashName = hashOf(algorithm);
  const signatureName = signatureOf(algorithm, issuer);
  for (const verifier of crypto.signatures) {
    if (verifier.name !== signatureName) continue;
    for (const hash of crypto.hashes) {
      // Ed25519 has its own hash and ignores ours.
      if (hash.name === hashName || signatureName === 'ed25519') {
        return verifier.verify(issuer, hash, certificate.tbs, certificate.signature);
      }
    }
  }
  throw ringletError('ERR_CERT_UNSUPPORTED', 'A certificate is signed with an unsupported algorithm: ' + algorithm);
}

function hashOf(algorithm: string): HashName | undefined {
  for (let i = 0; i < 3; i++) {
    if (
      algorithm === SignatureAlgorithm.Ecdsa + '0' + (i + 2) ||
      algorithm === rsaPkcs1(i, true) ||
      algorithm === rsaPkcs1(i, false) ||
      algorithm === rsaPss(i, true) ||
      algorithm === rsaPss(i, false)
    ) {
      return HASHES[i];
    }
  }
  return undefined;
}

/** RFC 4055 §5: the parameters are NULL, but must also be accepted absent. */
function rsaPkcs1(index: number, withNull: boolean): string {
  return (
    (withNull ? '300d' : '300b') + SignatureAlgorithm.RsaPkcs1 + '0' + 'bcd'.charAt(index) + (withNull ? '0500' : '')
  );
}

/** RFC 4055 §3.1: MGF1 with the same hash, a salt as long as its digest. The same holds for its NULLs (§2.1). */
function rsaPss(index: number, withNull: boolean): string {
  const hash = (withNull ? '300d' : '300b') + SignatureAlgorithm.Sha2 + '0' + (index + 1) + (withNull ? '0500' : '');
  return (
    (withNull ? '3041' : '303d') +
    SignatureAlgorithm.RsaPss +
    (withNull ? '3034a00f' : '3030a00d') +
    hash +
    (withNull ? 'a11c301a' : 'a11a3018') +
    SignatureAlgorithm.Mgf1 +
    hash +
    'a2030201' +
    SALT_LENGTHS[index]
  );
}

/** The verifier for `algorithm`, whose hash is known, under `key`; undefined if they do not go together. */
function signatureOf(algorithm: string, key: PublicKey): SignatureName | undefined {
  if (key.kind === 'ed25519') return algorithm === KeyAlgorithm.Ed25519 ? 'ed25519' : undefined;
  // The lengths tell the kinds apart.
  const start = algorithm.substring(0, 4);
  if (key.kind === 'ec') {
    if (start !== '300a') return undefined;
    return key.curve === 'secp256r1' ? 'ecdsa-secp256r1' : 'ecdsa-secp384r1';
  }
  if (start === '3041' || start === '303d') return 'rsa-pss';
  return (start === '300d' || start === '300b') && !key.pssOnly ? 'rsa-pkcs1' : undefined;
}
