/** The validity of a certificate, RFC 5280 §4.1.2.5. */
import { ringletError } from '../errors.js';
import type { Certificate } from './certificate.js';

/** Throws ERR_CERT_NOT_YET_VALID or ERR_CERT_EXPIRED; both ends are part of the validity. Without a time it passes. */
export function verifyValidity(certificate: Certificate, unixTime: number | undefined): void {
  if (unixTime === undefined) return;
  // Negated, so that a NaN does not pass.
  if (!(unixTime >= certificate.notBefore)) {
    throw ringletError('ERR_CERT_NOT_YET_VALID', 'Certificate not valid yet, or the clock is wrong');
  }
  // The last second counts to its end.
  if (unixTime >= certificate.notAfter + 1) {
    throw ringletError('ERR_CERT_EXPIRED', 'Certificate expired, or the clock is wrong');
  }
}
