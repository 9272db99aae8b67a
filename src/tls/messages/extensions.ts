/** Extension blocks of the server's messages, RFC 8446 §4.2. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { ExtensionType } from '../constants.js';
import { illegalParameter, tlsError } from '../errors.js';

/**
 *   struct {
 *       ExtensionType extension_type;
 *       opaque extension_data<0..2^16-1>;
 *   } Extension;
 *
 * Calls `parse` for every one of `Extension extensions<0..2^16-1>`; what it leaves unread is a decode_error, unless it answers
 * false: "not known to me". With `offered` (responses only) an extension the ClientHello did not have is refused. One that is
 * known here but not `allowed` in this message always is.
 */
export function parseExtensions(
  reader: ByteReader,
  offered: ReadonlyArray<number> | undefined,
  allowed: ReadonlyArray<number>,
  parse: (type: number, body: ByteReader) => boolean,
): void {
  const block = reader.vector(2, 0);
  const seen: number[] = [];
  while (block.bytesLeft > 0) {
    const type = block.readUint16();
    const body = block.vector(2, 0);
    checkExtension(type, seen, offered, allowed);
    if (parse(type, body)) body.expectEnd();
  }
}

/** May there be an extension of this type, with those before it in `seen`? For `offered` and `allowed` see parseExtensions. */
export function checkExtension(
  type: number,
  seen: number[],
  offered: ReadonlyArray<number> | undefined,
  allowed: ReadonlyArray<number>,
): void {
  // RFC 8446 §4.2: "There MUST NOT be more than one extension of the same type in a given extension block." Nor do 64 make sense.
  if (seen.indexOf(type) >= 0 || seen.length > 63) illegalParameter('extension ' + type + ' twice');
  seen.push(type);
  if (offered && offered.indexOf(type) < 0) {
    tlsError('UNSUPPORTED_EXTENSION', 'extension ' + type + ' was not offered');
  }
  // What was offered is known as well.
  if ((offered || known().indexOf(type) >= 0) && allowed.indexOf(type) < 0)
    illegalParameter('extension ' + type + ' in the wrong message');
}

export function missingExtension(name: string): never {
  tlsError('MISSING_EXTENSION', name + ' is missing');
}

/** What is known of messages that are no answer to an offer: rare enough not to be kept. */
export const known = (): number[] => [
  ExtensionType.ServerName,
  ExtensionType.SupportedGroups,
  ExtensionType.EcPointFormats,
  ExtensionType.SignatureAlgorithms,
  ExtensionType.ApplicationLayerProtocolNegotiation,
  ExtensionType.ExtendedMasterSecret,
  ExtensionType.RecordSizeLimit,
  ExtensionType.SessionTicket,
  ExtensionType.PreSharedKey,
  ExtensionType.EarlyData,
  ExtensionType.SupportedVersions,
  ExtensionType.Cookie,
  ExtensionType.PskKeyExchangeModes,
  ExtensionType.KeyShare,
  ExtensionType.RenegotiationInfo,
];
