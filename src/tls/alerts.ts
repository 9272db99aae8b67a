/**
 * Alerts, RFC 8446 §6. Which one is sent is a pure function of the error's code: no throw site chooses an alert.
 */
import { Alert } from './constants.js';

/** The alert to send for an error with this code, or Alert.None where nothing is to be said. Without `certificates` there is no ERR_CERT_. */
export function alertFor(code: string, certificates: unknown): number {
  const text = '' + code;
  const words = names(CAUSES + (certificates ? CERTIFICATE_CAUSES + CERTIFICATE_ALERTS : ''));
  const at = words.indexOf(text.substring(text.indexOf('_', 4) + 1).toLowerCase());
  if (at >= 0) return parseInt(words[at + 1], 10);
  return certificates && text.indexOf('ERR_CERT_') === 0 ? Alert.BadCertificate : Alert.InternalError;
}

/** The name of a received alert, for people. Without `certificates` those of a handshake with them have none. */
export function alertName(alert: number, certificates: unknown): string {
  const words = names(certificates ? CERTIFICATE_ALERTS : '');
  const at = words.indexOf('' + alert);
  return at < 0 ? 'alert ' + alert : words[at - 1];
}

/**
 * Alerts by name, as in the codes (ERR_TLS_DECODE_ERROR), each before its number; those that a server has reason to send to a client, and ours; and `more`.
 * A function, because Espruino would keep the text in memory.
 */
const names = (more: string): string[] =>
  (
    'close_notify 0 unexpected_message 10 bad_record_mac 20 record_overflow 22 handshake_failure 40' +
    ' illegal_parameter 47 decode_error 50 decrypt_error 51 protocol_version 70 insufficient_security 71 internal_error 80' +
    ' missing_extension 109 unsupported_extension 110 ' +
    more
  ).split(' ');

/** The codes that are called otherwise than their alert: of a handshake, and of one with certificates, ERR_TLS_ first, then ERR_CERT_. */
const CAUSES = 'bad_finished 51 truncated -1 alert_received -1';
const CERTIFICATE_CAUSES =
  ' bad_certificate_verify 51 missing_certificate 50 unknown_issuer 48 not_a_ca 48 path_length 48 expired 45 not_yet_valid 45 unsupported 43 usage 43 no_clock 46';
/** Of those that have names in errors for people. */
const CERTIFICATE_ALERTS =
  ' bad_certificate 42 unrecognized_name 112 certificate_required 116 no_application_protocol 120';
