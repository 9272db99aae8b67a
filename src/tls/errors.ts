/** The errors that more than one file throws. Messages name what was wrong, in the RFC's words. */
import { type RingletError, ringletError } from '../errors.js';

export function unexpectedMessage(what: string): never {
  throw ringletError('ERR_TLS_UNEXPECTED_MESSAGE', 'unexpected ' + what);
}

export function illegalParameter(what: string): never {
  throw ringletError('ERR_TLS_ILLEGAL_PARAMETER', 'unacceptable ' + what);
}

/** `option` is what a person can enlarge. */
export function messageTooLarge(needed: number, size: number, option: string): RingletError {
  return ringletError(
    'ERR_TLS_MESSAGE_TOO_LARGE',
    'a handshake message needs ' + needed + ' bytes of ' + size + ': enlarge ' + option,
  );
}

/** For ByteReader: a message that does not parse. */
export function malformedMessage(what: string): RingletError {
  return ringletError('ERR_TLS_DECODE_ERROR', 'a message ' + what);
}
