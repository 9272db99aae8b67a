/** EncryptedExtensions, RFC 8446 §4.3.1. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { ExtensionType } from '../constants.js';
import { illegalParameter } from '../errors.js';
import { parseExtensions } from './extensions.js';

export interface EncryptedExtensions {
  chosenProtocol: string | undefined;
  /** The server's record_size_limit; undefined if it did not agree to any. */
  recordSizeLimit: number | undefined;
}

const ALLOWED = [
  ExtensionType.ServerName,
  ExtensionType.SupportedGroups,
  ExtensionType.ApplicationLayerProtocolNegotiation,
  ExtensionType.RecordSizeLimit,
];

/**
 *   struct {
 *       Extension extensions<0..2^16-1>;
 *   } EncryptedExtensions;
 */
export function parseEncryptedExtensions(
  reader: ByteReader,
  offered: ReadonlyArray<number>,
  alpnProtocols: ReadonlyArray<string>,
): EncryptedExtensions {
  const result: EncryptedExtensions = { chosenProtocol: undefined, recordSizeLimit: undefined };
  parseExtensions(reader, offered, ALLOWED, (type, body) => {
    if (type === ExtensionType.ApplicationLayerProtocolNegotiation) {
      // RFC 7301 §3.1: the list has exactly one name; §3.2: one of ours.
      const list = body.vector(2, 2);
      const name = list.vector(1, 1);
      list.expectEnd();
      let text = '';
      while (name.bytesLeft > 0) text += String.fromCharCode(name.readUint8());
      if (alpnProtocols.indexOf(text) < 0) illegalParameter('ALPN protocol');
      result.chosenProtocol = text;
    } else if (type === ExtensionType.RecordSizeLimit) {
      const limit = body.readUint16();
      // RFC 8449 §4: "An endpoint MUST treat receipt of a smaller value as a fatal error".
      if (limit < 64) illegalParameter('record_size_limit');
      result.recordSizeLimit = limit;
    } else if (type === ExtensionType.SupportedGroups) {
      // Advice for later connections (RFC 8446 §4.2.7), of no use here.
      body.vector(2, 2);
    }
    return true;
  });
  reader.expectEnd();
  return result;
}
