/** The errors of certificates. What they say is short: nobody can mend one but its issuer. */
import { ringletError } from '../errors.js';

/** Throws ERR_CERT_`code`; `what` goes on after "Certificate". */
export function rejected(code: string, what: string): never {
  throw ringletError('ERR_CERT_' + code, 'Certificate ' + what);
}

/** Throws ERR_CERT_MALFORMED: not DER, or not what RFC 5280 allows. */
export function malformed(what: string): never {
  rejected('MALFORMED', 'with a bad ' + what);
}

/** Throws ERR_CERT_UNSUPPORTED: well, but not for us. */
export function unsupported(what: string): never {
  rejected('UNSUPPORTED', 'with unsupported ' + what);
}
