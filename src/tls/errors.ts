/**
 * How TLS fails, RFC 8446 §6. Messages name what was wrong, in the RFC's words. The codes are ERR_TLS_ and:
 *
 *   UNEXPECTED_MESSAGE DECODE_ERROR ILLEGAL_PARAMETER MISSING_EXTENSION UNSUPPORTED_EXTENSION PROTOCOL_VERSION
 *   BAD_RECORD_MAC RECORD_OVERFLOW BAD_FINISHED BAD_CERTIFICATE_VERIFY MISSING_CERTIFICATE TRUNCATED ALERT_RECEIVED
 *   MESSAGE_TOO_LARGE RECORD_TOO_LARGE (these two: a buffer of ours is too small)
 *
 * ERR_CHIP_MEMORY (record-reader.ts) is a record that was authentic and changed before it was deciphered.
 *
 * HANDSHAKE_TIMEOUT is the socket's, because nothing here knows a clock.
 */
import { type RingletError, ringletError } from '../errors.js';

/** Throws; `code` without its ERR_TLS_. */
export function tlsError(code: string, message: string): never {
  throw ringletError('ERR_TLS_' + code, message);
}

export function unexpectedMessage(what: string): never {
  tlsError('UNEXPECTED_MESSAGE', 'unexpected ' + what);
}

export function illegalParameter(what: string): never {
  tlsError('ILLEGAL_PARAMETER', 'unacceptable ' + what);
}

export function badRecordMac(): never {
  tlsError('BAD_RECORD_MAC', 'a record is not authentic');
}

/** To throw; `option` is what a person can enlarge. */
export function messageTooLarge(needed: number, size: number, option: string): RingletError {
  return ringletError(
    'ERR_TLS_MESSAGE_TOO_LARGE',
    'a handshake message needs ' + needed + ' bytes of ' + size + ': enlarge ' + option,
  );
}

/** For ByteReader: a message that does not parse. */
export function malformedMessage(what: string): never {
  tlsError('DECODE_ERROR', 'a message ' + what);
}
