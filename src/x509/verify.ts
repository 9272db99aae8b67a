/**
 * Is this the server's certificate? What it says itself is checked here, who has signed it in path.ts. RFC 5280 §6 as far as a TLS client needs it, RFC 9525 for the name. Not done: revocation,
 * policies (refused where critical) and name constraints (a certificate that has any is refused where it would matter).
 */
import type { CryptoProvider, PublicKey } from '../crypto/provider.js';
import { ringletError, usageError } from '../errors.js';
import { type Certificate, KeyUsage, parseCertificate } from './certificate.js';
import { sameBytes } from './der-values.js';
import { verifyServerIdentity } from './server-identity.js';
import type { TrustAnchor, TrustPolicy } from './trust.js';
import { verifyValidity } from './validity.js';

export interface VerifiedPath {
  /** The server's key, for its CertificateVerify. */
  readonly publicKey: PublicKey;
  /** The server's certificate first, then each issuer's up to, not including, the anchor. A pinned key's path is the server's alone. */
  readonly path: ReadonlyArray<Certificate>;
  /** Undefined if the policy has pins only. */
  readonly anchor?: TrustAnchor;
}

/**
 * Checks all that can be of a TLS server's certificate, DER, without those of its issuers. `serverName` is a DNS name or an IP address.
 * `unixTime` is in seconds, undefined if unknown. Answers views of `der`. Throws
 *
 *   ERR_USAGE                 no trust in `policy`, an empty list, or a `serverName` that is none
 *   ERR_CERT_MALFORMED        not a certificate
 *   ERR_CERT_UNSUPPORTED      a critical extension or key is not supported
 *   ERR_CERT_NO_CLOCK         `unixTime` is undefined and the policy does not say 'skip-validity'
 *   ERR_CERT_EXPIRED, ERR_CERT_NOT_YET_VALID, ERR_CERT_NAME_MISMATCH
 *   ERR_CERT_PIN_MISMATCH     the server's key is not among the pins
 *   ERR_CERT_USAGE            key usage or extended key usage do not allow what the certificate is used for
 */
export function verifyServer(
  der: Uint8Array,
  serverName: string,
  policy: TrustPolicy,
  unixTime: number | undefined,
  crypto: CryptoProvider,
): Certificate {
  const pins = policy.pins;
  checkTrust(policy);
  if (unixTime === undefined && policy.withoutClock !== 'skip-validity') {
    throw ringletError('ERR_CERT_NO_CLOCK', 'The time is unknown: set the clock');
  }
  const leaf = parseCertificate(der);
  verifyServerIdentity(leaf, serverName);
  verifyValidity(leaf, unixTime);
  if (!leaf.serverAuth || !(leaf.keyUsage & KeyUsage.DigitalSignature)) {
    throw ringletError('ERR_CERT_USAGE', 'Certificate not for TLS servers');
  }
  if (pins) verifyPin(leaf.publicKey.spki, pins, crypto);
  return leaf;
}

/** Throws ERR_USAGE unless it says whom to trust. */
export function checkTrust(policy: TrustPolicy): void {
  const anchors = policy.anchors;
  const pins = policy.pins;
  if ((!anchors && !pins) || (anchors && !anchors.length) || (pins && !pins.length)) {
    usageError('trust needs anchors (ca) or pins, and no empty list');
  }
}

function verifyPin(spki: Uint8Array, pins: ReadonlyArray<Uint8Array>, crypto: CryptoProvider): void {
  const digest = new Uint8Array(32);
  let found = false;
  for (const algorithm of crypto.hashes) {
    if (algorithm.name !== 'sha256') continue;
    const hash = algorithm.create();
    hash.update(spki, 0, spki.length);
    hash.digest(digest, 0);
    for (const pin of pins) if (sameBytes(pin, digest)) found = true;
  }
  if (!found) throw ringletError('ERR_CERT_PIN_MISMATCH', 'Certificate whose key is not pinned');
}
