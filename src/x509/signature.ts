/** The signature on a certificate, RFC 5280 §4.1.1.3, verified with what the CryptoProvider has. */
import type { Computation } from '../crypto/computation.js';
import type { CryptoProvider, PublicKey, SignatureName } from '../crypto/provider.js';
import type { Certificate } from './certificate.js';
import { unsupported } from './certificate-errors.js';
import { toHex } from './der-values.js';
import { KeyAlgorithm, SignatureAlgorithm } from './oids.js';

/**
 * True if `issuer` has signed `certificate`. Throws ERR_CERT_UNSUPPORTED if the algorithm is unknown here (MD5, SHA-1, RSA-PSS
 * with other parameters than the usual ones), or not in `crypto`, or not one for that kind of key.
 */
export function verifyCertificateSignature(
  certificate: Certificate,
  issuer: PublicKey,
  crypto: CryptoProvider,
): Computation<boolean> {
  const algorithm = toHex(certificate.signatureAlgorithm);
  const verifiers = crypto.signatures;
  for (const hash of crypto.hashes) {
    // sha256 is 1, sha384 is 2 and sha512 is 3 in what follows.
    const name = signatureName(algorithm, issuer, hash.digestLength / 16 - 1);
    for (const verifier of verifiers) {
      if (verifier.name === name) {
        return verifier.verify(issuer, hash, certificate.tbs, certificate.signature);
      }
    }
  }
  return unsupported('signature algorithm ' + algorithm);
}

/** The verifier of `algorithm` under `key`, if it is one for that kind of key and has hash number `hash`. */
function signatureName(algorithm: string, key: PublicKey, hash: number): SignatureName | undefined {
  if (key.kind === 'ed25519') return algorithm === KeyAlgorithm.Ed25519 ? 'ed25519' : undefined;
  if (key.kind === 'ec') {
    if (algorithm !== SignatureAlgorithm.Ecdsa + (hash + 1)) return undefined;
    return key.curve === 'secp256r1' ? 'ecdsa-secp256r1' : 'ecdsa-secp384r1';
  }
  // RFC 4055 §2.1 and §5: parameters of hashes and of PKCS#1 are NULL, but must also be accepted absent.
  for (const withNull of [true, false]) {
    const sequence = withNull ? '300d' : '300b';
    const end = withNull ? '0500' : '';
    const hashAlgorithm = sequence + SignatureAlgorithm.Sha2 + hash + end;
    // §3.1: [0] hash, [1] MGF1 with the same hash, [2] a salt as long as the digest (0x20, 0x30, 0x40).
    const pss =
      (withNull ? '3041' : '303d') +
      (SignatureAlgorithm.RsaPrefix + '0a') +
      (withNull ? '3034a00f' : '3030a00d') +
      hashAlgorithm +
      (withNull ? 'a11c301a' : 'a11a3018') +
      (SignatureAlgorithm.RsaPrefix + '08') +
      hashAlgorithm +
      ('a2030201' + (hash + 1) + '0');
    if (algorithm === pss) return 'rsa-pss';
    const pkcs1 = sequence + SignatureAlgorithm.RsaPrefix + '0' + 'abcd'.charAt(hash) + end;
    if (algorithm === pkcs1 && !key.pssOnly) return 'rsa-pkcs1';
  }
  return undefined;
}
