/** EncryptedExtensions, RFC 8446 §4.3.1. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { ExtensionType } from '../constants.js';
import { parseExtensions } from './extensions.js';

/**
 *   struct {
 *       Extension extensions<0..2^16-1>;
 *   } EncryptedExtensions;
 *
 * `accept` takes each that is one of `answers`.
 */
export function parseEncryptedExtensions(
  reader: ByteReader,
  offered: ReadonlyArray<number>,
  answers: ReadonlyArray<number>,
  accept: (type: number, body: ByteReader) => void,
): void {
  parseExtensions(reader, offered, answers.concat([ExtensionType.SupportedGroups]), (type, body) => {
    // Advice for later connections (RFC 8446 §4.2.7), of no use here.
    if (type === ExtensionType.SupportedGroups) body.vector(2, 2);
    else accept(type, body);
    return true;
  });
  reader.expectEnd();
}
