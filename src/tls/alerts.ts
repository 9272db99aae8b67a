/**
 * Alerts, RFC 8446 §6. Which one is sent is a pure function of the error's code: no throw site chooses an alert.
 */
import { Alert } from './constants.js';

/** The alert to send for an error with this code, or Alert.None where nothing is to be said. */
export function alertFor(code: string): number {
  const alert = ALERTS[code];
  if (alert !== undefined) return alert;
  return code !== undefined && code.indexOf('ERR_CERT_') === 0 ? Alert.BadCertificate : Alert.InternalError;
}

/** The name of a received alert, for people. */
export function alertName(alert: number): string {
  return NAMES[alert] || 'alert ' + alert;
}

const ALERTS: { [code: string]: number | undefined } = {
  ERR_TLS_UNEXPECTED_MESSAGE: Alert.UnexpectedMessage,
  ERR_TLS_DECODE_ERROR: Alert.DecodeError,
  ERR_TLS_ILLEGAL_PARAMETER: Alert.IllegalParameter,
  ERR_TLS_MISSING_EXTENSION: Alert.MissingExtension,
  ERR_TLS_UNSUPPORTED_EXTENSION: Alert.UnsupportedExtension,
  ERR_TLS_PROTOCOL_VERSION: Alert.ProtocolVersion,
  ERR_TLS_BAD_RECORD_MAC: Alert.BadRecordMac,
  ERR_TLS_RECORD_OVERFLOW: Alert.RecordOverflow,
  ERR_TLS_BAD_FINISHED: Alert.DecryptError,
  ERR_TLS_BAD_CERTIFICATE_VERIFY: Alert.DecryptError,
  ERR_TLS_MISSING_CERTIFICATE: Alert.DecodeError,
  ERR_TLS_TRUNCATED: Alert.None,
  ERR_TLS_ALERT_RECEIVED: Alert.None,
  ERR_CERT_UNKNOWN_ISSUER: Alert.UnknownCa,
  ERR_CERT_NOT_A_CA: Alert.UnknownCa,
  ERR_CERT_PATH_LENGTH: Alert.UnknownCa,
  ERR_CERT_EXPIRED: Alert.CertificateExpired,
  ERR_CERT_NOT_YET_VALID: Alert.CertificateExpired,
  ERR_CERT_UNSUPPORTED: Alert.UnsupportedCertificate,
  ERR_CERT_USAGE: Alert.UnsupportedCertificate,
  ERR_CERT_NO_CLOCK: Alert.CertificateUnknown,
};

const NAMES: { [alert: number]: string | undefined } = {
  0: 'close_notify',
  10: 'unexpected_message',
  20: 'bad_record_mac',
  22: 'record_overflow',
  40: 'handshake_failure',
  42: 'bad_certificate',
  43: 'unsupported_certificate',
  44: 'certificate_revoked',
  45: 'certificate_expired',
  46: 'certificate_unknown',
  47: 'illegal_parameter',
  48: 'unknown_ca',
  49: 'access_denied',
  50: 'decode_error',
  51: 'decrypt_error',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  86: 'inappropriate_fallback',
  90: 'user_canceled',
  109: 'missing_extension',
  110: 'unsupported_extension',
  112: 'unrecognized_name',
  113: 'bad_certificate_status_response',
  115: 'unknown_psk_identity',
  116: 'certificate_required',
  120: 'no_application_protocol',
};
