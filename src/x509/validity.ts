/** The validity of a certificate, RFC 5280 §4.1.2.5. */
import type { Certificate } from './certificate.js';
import { rejected } from './certificate-errors.js';

/** Throws ERR_CERT_NOT_YET_VALID or ERR_CERT_EXPIRED; both ends are part of the validity. Without a time it passes. */
export function verifyValidity(certificate: Certificate, unixTime: number | undefined): void {
  if (unixTime === undefined) return;
  // Negated, so that a NaN does not pass.
  if (!(unixTime >= certificate.notBefore)) rejected('NOT_YET_VALID', 'not valid yet, or the clock is wrong');
  // The last second counts to its end.
  if (unixTime >= certificate.notAfter + 1) rejected('EXPIRED', 'expired, or the clock is wrong');
}
