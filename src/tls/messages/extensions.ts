/** Extension blocks of the server's messages, RFC 8446 §4.2. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { ringletError } from '../../errors.js';
import { ExtensionType } from '../constants.js';
import { illegalParameter } from '../errors.js';

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
  const block = reader.vector(2, 0, 65535);
  const seen: number[] = [];
  while (block.remaining > 0) {
    const type = block.uint16();
    const body = block.vector(2, 0, 65535);
    // RFC 8446 §4.2: "There MUST NOT be more than one extension of the same type in a given extension block."
    if (seen.indexOf(type) >= 0) illegalParameter('extension ' + type + ' twice');
    seen.push(type);
    if (offered && offered.indexOf(type) < 0) {
      throw ringletError('ERR_TLS_UNSUPPORTED_EXTENSION', 'extension ' + type + ' was not offered');
    }
    if (KNOWN.indexOf(type) >= 0 && allowed.indexOf(type) < 0)
      illegalParameter('extension ' + type + ' in the wrong message');
    if (parse(type, body)) body.finish();
  }
}

export function missingExtension(name: string): never {
  throw ringletError('ERR_TLS_MISSING_EXTENSION', name + ' is missing');
}

/** What a ClientHello of ours may offer. */
const KNOWN = [
  ExtensionType.ServerName,
  ExtensionType.SupportedGroups,
  ExtensionType.SignatureAlgorithms,
  ExtensionType.ApplicationLayerProtocolNegotiation,
  ExtensionType.RecordSizeLimit,
  ExtensionType.SupportedVersions,
  ExtensionType.Cookie,
  ExtensionType.PskKeyExchangeModes,
  ExtensionType.KeyShare,
];
