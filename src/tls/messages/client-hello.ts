/** ClientHello, RFC 8446 §4.1.2. */
import type { ByteWriter } from '../../bytes/byte-writer.js';
import type { KeyExchangeGroup, KeyShare } from '../../crypto/provider.js';
import { type CipherSuite, groupId, type SignatureScheme } from '../cipher-suites.js';
import { ExtensionType, HandshakeType, Version } from '../constants.js';

/** What a ClientHello says; a second one differs in `keyGroup`, `keyShare` and `retryCookie` only. */
export interface ClientHello {
  /** 32 bytes of random, then 32 of legacy_session_id (middlebox compatibility, RFC 8446 §D.4). */
  randoms: Uint8Array;
  suites: CipherSuite[];
  /** A DNS name, or '' to send no server_name. */
  sni: string;
  groups: ReadonlyArray<KeyExchangeGroup>;
  schemes: SignatureScheme[];
  applicationProtocols: ReadonlyArray<string>;
  recordSizeLimit: number;
  /** Whether NewSessionTickets are welcome. */
  tickets: boolean;
  /** Of the HelloRetryRequest, if there was one. */
  retryCookie: Uint8Array | undefined;
  keyGroup: KeyExchangeGroup;
  /** Undefined until it is computed. */
  keyShare: KeyShare | undefined;
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
 * Writes the whole message with its header; answers the types of the extensions offered.
 */
export function writeClientHello(writer: ByteWriter, hello: ClientHello): number[] {
  const offered: number[] = [];
  const cookie = hello.retryCookie;
  const publicKey = (hello.keyShare as KeyShare).publicKey;

  const vector = (lengthBytes: number, write: () => void) => {
    const start = writer.openVector(lengthBytes);
    write();
    writer.closeVector(start, lengthBytes);
  };

  const extension = (type: number, write: () => void) => {
    offered.push(type);
    writer.writeUint16(type);
    vector(2, write);
  };

  /** A vector with a length of two bytes: what most extensions consist of. */
  const list = (type: number, write: () => void) => extension(type, () => vector(2, write));

  const extensions = () => {
    // RFC 6066 §3: struct { NameType name_type = host_name(0); opaque HostName<1..2^16-1>; } ServerName;
    if (hello.sni) {
      list(ExtensionType.ServerName, () => {
        writer.writeUint8(0);
        writer.writeUint16(hello.sni.length);
        writer.ascii(hello.sni);
      });
    }
    list(ExtensionType.SupportedGroups, () => {
      for (const group of hello.groups) writer.writeUint16(groupId(group));
    });
    list(ExtensionType.SignatureAlgorithms, () => {
      for (const scheme of hello.schemes) writer.writeUint16(scheme.id);
    });
    // RFC 7301 §3.1: opaque ProtocolName<1..2^8-1>; ProtocolName protocol_name_list<2..2^16-1>
    if (hello.applicationProtocols.length) {
      list(ExtensionType.ApplicationLayerProtocolNegotiation, () => {
        for (const protocol of hello.applicationProtocols) {
          writer.writeUint8(protocol.length);
          writer.ascii(protocol);
        }
      });
    }
    // RFC 8449 §4: uint16 RecordSizeLimit;
    extension(ExtensionType.RecordSizeLimit, () => writer.writeUint16(hello.recordSizeLimit));
    extension(ExtensionType.SupportedVersions, () => {
      writer.writeUint8(2);
      writer.writeUint16(Version.Tls13);
    });
    if (cookie) list(ExtensionType.Cookie, () => writer.append(cookie, 0, cookie.length));
    // Without a psk_key_exchange_modes a server must not send tickets (RFC 8446 §4.2.9): psk_dhe_ke(1).
    if (hello.tickets) extension(ExtensionType.PskKeyExchangeModes, () => writer.writeUint16(0x0101));
    // struct { NamedGroup group; opaque key_exchange<1..2^16-1>; } KeyShareEntry;
    list(ExtensionType.KeyShare, () => {
      writer.writeUint16(groupId(hello.keyGroup));
      writer.writeUint16(publicKey.length);
      writer.append(publicKey, 0, publicKey.length);
    });
  };

  writer.writeUint8(HandshakeType.ClientHello);
  vector(3, () => {
    writer.writeUint16(Version.Tls12);
    writer.append(hello.randoms, 0, 32);
    writer.writeUint8(32);
    writer.append(hello.randoms, 32, 32);
    vector(2, () => {
      for (const suite of hello.suites) writer.writeUint16(suite.id);
    });
    writer.writeUint16(0x0100); // one compression method: null
    vector(2, extensions);
  });
  return offered;
}
