/** ServerHello of TLS 1.2, RFC 5246 §7.4.1.3. */
import type { ByteReader } from '../../../bytes/byte-reader.js';
import { Version } from '../../constants.js';
import { illegalParameter, tlsError } from '../../errors.js';

export interface Tls12ServerHello {
  /** These two are views of the message. */
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly suite: number;
}

/**
 *   struct {
 *       ProtocolVersion server_version;
 *       Random random;
 *       opaque session_id<0..32>;
 *       CipherSuite cipher_suite;
 *       CompressionMethod compression_method;
 *       Extension extensions<0..2^16-1>;      or nothing
 *   } ServerHello;
 *
 * What it says up to the extensions.
 */
export function parseTls12ServerHello(reader: ByteReader): Tls12ServerHello {
  const version = reader.readUint16();
  if (version !== Version.Tls12) tlsError('PROTOCOL_VERSION', 'the server speaks neither TLS 1.2 nor 1.3');
  const random = reader.view(32);
  const sessionId = reader.vector(1, 0).rest();
  if (sessionId.length > 32) reader.fail('has a long session id');
  const suite = reader.readUint16();
  if (reader.readUint8()) illegalParameter('compression_method');
  return { random, sessionId, suite };
}

/** RFC 8446 §4.1.3: a server of TLS 1.3 that negotiates an older version says so in the last 8 bytes of its random. "DOWNGRD", then 1 or 0. */
export function isDowngraded(random: Uint8Array): boolean {
  let text = '';
  for (let i = 24; i < 31; i++) text += String.fromCharCode(random[i]);
  return text === 'DOWNGRD' && random[31] < 2;
}
