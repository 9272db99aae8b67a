/** What the application trusts: issuers (RFC 5280 §6.1.1 d) or the server's own key. There is no "accept anything". */
import type { PublicKey } from '../crypto/provider.js';
import { parseCertificate } from './certificate.js';
import { readSequence } from './der-reader.js';
import { parsePublicKey } from './public-key.js';

/** A name and its key. Nothing else of a root certificate counts: not its validity, its constraints, nor its own signature. */
export interface TrustAnchor {
  /** The Name, DER. */
  readonly subject: Uint8Array;
  readonly publicKey: PublicKey;
}

export interface TrustPolicy {
  /** A path must lead to one of these. */
  readonly anchors?: ReadonlyArray<TrustAnchor>;
  /**
   * SHA-256 hashes (32 bytes each) of SubjectPublicKeyInfos (DER); the server's must be one of them. Needs sha256 in CryptoProvider.hashes. Without `anchors` a pin
   * stands in for the path only: nobody's signature on the certificate is looked at, but its name, validity and usage are.
   * With `anchors` both must hold.
   */
  readonly pins?: ReadonlyArray<Uint8Array>;
  /**
   * What to do while nobody knows the time: 'refuse' (the default) throws ERR_CERT_NO_CLOCK, 'skip-validity' accepts
   * certificates that may have expired, or been stolen since.
   */
  readonly withoutClock?: 'refuse' | 'skip-validity';
}

/**
 * The anchor in a certificate (DER), of which it holds views. Throws what parseCertificate throws. Any certificate will do: an
 * intermediate one, or a server's.
 */
export function trustAnchor(certificateDer: Uint8Array): TrustAnchor {
  const certificate = parseCertificate(certificateDer);
  return { subject: certificate.subject, publicKey: certificate.publicKey };
}

/** The anchor of a Name and a SubjectPublicKeyInfo (both DER, kept): a few hundred bytes less than a certificate. */
export function trustAnchorFromKey(subjectDer: Uint8Array, spkiDer: Uint8Array): TrustAnchor {
  readSequence(subjectDer);
  return { subject: subjectDer, publicKey: parsePublicKey(spkiDer) };
}
