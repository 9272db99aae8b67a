/** ServerHello and HelloRetryRequest, RFC 8446 §4.1.3, §4.1.4. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { equalConstantTime } from '../../bytes/constant-time.js';
import { ExtensionType, Version } from '../constants.js';
import { illegalParameter } from '../errors.js';
import type { ClientHello } from './client-hello.js';
import { known, parseExtensions } from './extensions.js';

export interface ServerHello {
  retry: boolean;
  suite: number;
  /** The group of key_share; -1 if there was none. */
  keyGroup: number;
  /** key_exchange of a ServerHello: a view of the message. */
  keyExchange: Uint8Array | undefined;
  /** Of pre_shared_key; -1 if there was none. */
  selectedIdentity: number;
  /** cookie of a HelloRetryRequest: a view of the message. */
  retryCookie: Uint8Array | undefined;
}

/**
 *   struct {
 *       ProtocolVersion legacy_version = 0x0303;
 *       Random random;
 *       opaque legacy_session_id_echo<0..32>;
 *       CipherSuite cipher_suite;
 *       uint8 legacy_compression_method = 0;
 *       Extension extensions<6..2^16-1>;
 *   } ServerHello;
 *
 * `offered` are the types of the extensions of `ours`.
 */
export function parseServerHello(
  reader: ByteReader,
  ours: Pick<ClientHello, 'randoms' | 'sessionIdLength'>,
  offered: number[],
): ServerHello {
  const legacyVersion = reader.readUint16();
  const retry = equalConstantTime(reader.bytes, reader.advance(32), RETRY_RANDOM, 0, 32);
  const sessionId = reader.vector(1, 0);
  if (sessionId.bytesLeft > 32) reader.fail('has a long session id');
  const hello: ServerHello = {
    retry,
    suite: reader.readUint16(),
    keyGroup: -1,
    keyExchange: undefined,
    selectedIdentity: -1,
    retryCookie: undefined,
  };
  const compression = reader.readUint8();
  if (legacyVersion !== Version.Tls12) illegalParameter('legacy_version');
  const length = ours.sessionIdLength;
  if (
    sessionId.bytesLeft !== length ||
    !equalConstantTime(sessionId.bytes, sessionId.offset, ours.randoms, 32, length)
  ) {
    illegalParameter('legacy_session_id_echo');
  }
  if (compression) illegalParameter('legacy_compression_method');

  // "with the sole exception of the cookie extension" an answer has only what was asked for.
  const only = [retry ? ExtensionType.Cookie : ExtensionType.PreSharedKey];
  const allowed = only.concat([ExtensionType.SupportedVersions, ExtensionType.KeyShare]);
  parseExtensions(reader, retry ? offered.concat(only) : offered, allowed, (type, body) => {
    if (type === ExtensionType.SupportedVersions) {
      const selected = body.readUint16();
      body.expectEnd();
      if (selected !== Version.Tls13) illegalParameter('selected_version');
    } else if (type === ExtensionType.KeyShare) {
      hello.keyGroup = body.readUint16();
      if (!retry) hello.keyExchange = body.vector(2, 1).rest();
    } else if (type === ExtensionType.PreSharedKey) {
      hello.selectedIdentity = body.readUint16();
    } else {
      hello.retryCookie = body.vector(2, 1).rest();
    }
    return true;
  });
  reader.expectEnd();
  return hello;
}

/** Before anything else: a server that does not speak TLS 1.3 has different extensions and may not echo the session id. `reader` stays where it is. */
export function selectsTls13(reader: ByteReader): boolean {
  const start = reader.offset;
  let found = false;
  const legacyVersion = reader.readUint16();
  reader.advance(32);
  reader.vector(1, 0);
  reader.advance(3);
  if (legacyVersion >= Version.Tls12 && reader.bytesLeft > 0) {
    parseExtensions(reader, undefined, known(), type => {
      if (type === ExtensionType.SupportedVersions) found = true;
      return false;
    });
  }
  reader.offset = start;
  return found;
}

/** SHA-256 of "HelloRetryRequest", RFC 8446 §4.1.3. */
const RETRY_RANDOM = new Uint8Array([
  207, 33, 173, 116, 229, 154, 97, 17, 190, 29, 140, 2, 30, 101, 184, 145, 194, 162, 17, 22, 122, 187, 140, 94, 7, 158,
  9, 226, 200, 168, 51, 156,
]);
