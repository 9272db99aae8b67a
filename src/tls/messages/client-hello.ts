/** ClientHello, RFC 8446 §4.1.2. */
import type { ByteWriter } from '../../bytes/byte-writer.js';
import type { KeyExchangeGroup, KeyShare } from '../../crypto/provider.js';
import { groupId } from '../cipher-suites.js';
import { ExtensionType, HandshakeType, Version } from '../constants.js';

/** What a ClientHello says itself; a second one differs in `keyGroup`, `keyShare` and `retryCookie` only. */
export interface ClientHello {
  /** 32 bytes of random, then up to 32 of session id: that of a session, or for middlebox compatibility (RFC 8446 §D.4). */
  readonly randoms: Uint8Array;
  sessionIdLength: number;
  /** Ids, the most preferred first. */
  suites: number[];
  /** The most preferred first. */
  versions: number[];
  readonly groups: ReadonlyArray<KeyExchangeGroup>;
  /** That of the key share; undefined if there is to be none. */
  keyGroup: KeyExchangeGroup | undefined;
  /** Undefined until it is computed. */
  keyShare: KeyShare | undefined;
  /** Of the HelloRetryRequest, if there was one. */
  retryCookie: Uint8Array | undefined;
}

/** Writes the extensions of a ClientHello, and remembers which. */
export class HelloWriter {
  readonly writer: ByteWriter;
  /** The types of those that are written. */
  readonly offered: number[];

  constructor(writer: ByteWriter) {
    this.writer = writer;
    this.offered = [];
  }

  /** An extension whose extension_data `write` writes. */
  extension(type: number, write: (writer: ByteWriter) => void): void {
    this.offered.push(type);
    this.writer.writeUint16(type);
    this.vector(2, write);
  }

  /** One that is a vector with a length of two bytes: what most consist of. */
  list(type: number, write: (writer: ByteWriter) => void): void {
    this.extension(type, () => this.vector(2, write));
  }

  vector(lengthBytes: number, write: (writer: ByteWriter) => void): void {
    const writer = this.writer;
    const start = writer.openVector(lengthBytes);
    write(writer);
    writer.closeVector(start, lengthBytes);
  }
}

/**
 *   struct {
 *       ProtocolVersion legacy_version = 0x0303;
 *       Random random;
 *       opaque legacy_session_id<0..32>;
 *       CipherSuite cipher_suites<2..2^16-2>;
 *       opaque legacy_compression_methods<1..2^8-1>;
 *       Extension extensions<8..2^16-1>;
 *   } ClientHello;
 *
 * The whole message with its header. `first` writes what goes before the extensions that are written here, `last` what behind them.
 */
export function writeClientHello(
  out: HelloWriter,
  hello: ClientHello,
  first: (out: HelloWriter) => void,
  last: (out: HelloWriter) => void,
): void {
  const writer = out.writer;
  const cookie = hello.retryCookie;
  const keyGroup = hello.keyGroup;
  writer.writeUint8(HandshakeType.ClientHello);
  // Without callbacks: Espruino counts to 14 calls of methods of one object inside one another, and then never gives that object back.
  const message = writer.openVector(3);
  writer.writeUint16(Version.Tls12);
  writer.append(hello.randoms, 0, 32);
  out.vector(1, () => writer.append(hello.randoms, 32, hello.sessionIdLength));
  out.vector(2, () => {
    for (const suite of hello.suites) writer.writeUint16(suite);
  });
  writer.writeUint16(0x0100); // one compression method: null
  const extensions = writer.openVector(2);
  first(out);
  if (hello.groups.length) {
    out.list(ExtensionType.SupportedGroups, () => {
      for (const group of hello.groups) writer.writeUint16(groupId(group));
    });
  }
  if (hello.versions[0] === Version.Tls13) {
    out.extension(ExtensionType.SupportedVersions, () =>
      out.vector(1, () => {
        for (const version of hello.versions) writer.writeUint16(version);
      }),
    );
  }
  if (cookie) out.list(ExtensionType.Cookie, () => writer.append(cookie, 0, cookie.length));
  // struct { NamedGroup group; opaque key_exchange<1..2^16-1>; } KeyShareEntry;
  if (keyGroup) {
    const publicKey = (hello.keyShare as KeyShare).publicKey;
    out.list(ExtensionType.KeyShare, () => {
      writer.writeUint16(groupId(keyGroup));
      out.vector(2, () => writer.append(publicKey, 0, publicKey.length));
    });
  }
  last(out);
  writer.closeVector(extensions, 2);
  writer.closeVector(message, 3);
}
