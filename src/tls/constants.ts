/** Numbers of RFC 8446 Appendix B (RFC 6066, 7301, 8449 for their extensions). Inlined: this file costs no bytes. */
export const enum ContentType {
  ChangeCipherSpec = 20,
  Alert = 21,
  Handshake = 22,
  ApplicationData = 23,
}

export const enum HandshakeType {
  /** TLS 1.2, as are the others that say so (RFC 5246 §7.4). */
  HelloRequest = 0,
  ClientHello = 1,
  ServerHello = 2,
  NewSessionTicket = 4,
  EndOfEarlyData = 5,
  EncryptedExtensions = 8,
  Certificate = 11,
  /** TLS 1.2. */
  ServerKeyExchange = 12,
  CertificateRequest = 13,
  /** TLS 1.2. */
  ServerHelloDone = 14,
  CertificateVerify = 15,
  /** TLS 1.2. */
  ClientKeyExchange = 16,
  Finished = 20,
  KeyUpdate = 24,
  MessageHash = 254,
}

export const enum ExtensionType {
  ServerName = 0,
  MaxFragmentLength = 1,
  StatusRequest = 5,
  SupportedGroups = 10,
  EcPointFormats = 11,
  SignatureAlgorithms = 13,
  ApplicationLayerProtocolNegotiation = 16,
  ExtendedMasterSecret = 23,
  RecordSizeLimit = 28,
  SessionTicket = 35,
  PreSharedKey = 41,
  EarlyData = 42,
  SupportedVersions = 43,
  Cookie = 44,
  PskKeyExchangeModes = 45,
  KeyShare = 51,
  RenegotiationInfo = 0xff01,
}

export const enum Alert {
  None = -1,
  CloseNotify = 0,
  UnexpectedMessage = 10,
  BadRecordMac = 20,
  RecordOverflow = 22,
  BadCertificate = 42,
  UnsupportedCertificate = 43,
  CertificateExpired = 45,
  CertificateUnknown = 46,
  IllegalParameter = 47,
  UnknownCa = 48,
  DecodeError = 50,
  DecryptError = 51,
  ProtocolVersion = 70,
  InternalError = 80,
  UserCanceled = 90,
  NoRenegotiation = 100,
  MissingExtension = 109,
  UnsupportedExtension = 110,
  NoApplicationProtocol = 120,
}

export const enum Version {
  /** TLS 1.0: legacy_record_version of the first ClientHello (RFC 8446 §5.1). */
  Tls10 = 0x0301,
  /** TLS 1.2: every legacy_version. */
  Tls12 = 0x0303,
  Tls13 = 0x0304,
}

export const enum Size {
  RecordHeader = 5,
  Tag = 16,
  /** What sealing adds to the content: header, content type, tag (RFC 8446 §5.2). */
  RecordOverhead = 22,
  HandshakeHeader = 4,
  /** The largest TLSPlaintext.fragment, RFC 8446 §5.1. */
  MaxFragment = 16384,
  /** An alert record under protection: 22 + 2. */
  AlertRecord = 24,
  /** The same of TLS 1.2: header, nonce, tag. */
  Tls12RecordOverhead = 29,
  /** The largest second flight of TLS 1.2, protected: Certificate (29 + 7), ClientKeyExchange (29 + 70), change_cipher_spec (29 + 1), Finished (29 + 16). */
  Tls12Flight = 210,
}
