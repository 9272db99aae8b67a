/** The two errors of reading a certificate. What they say of it is short: nobody can mend it but its issuer. */
import { ringletError } from '../errors.js';

/** Throws ERR_CERT_MALFORMED: not DER, or not what RFC 5280 allows. */
export function malformed(what: string): never {
  throw ringletError('ERR_CERT_MALFORMED', 'Certificate with a bad ' + what);
}

/** Throws ERR_CERT_UNSUPPORTED: well, but not for us. */
export function unsupported(what: string): never {
  throw ringletError('ERR_CERT_UNSUPPORTED', 'Certificate with unsupported ' + what);
}
