/**
 * What a connection leaves behind for later ones, as opaque bytes: they can be kept in flash, and hold a secret. Both protocol versions use this encoding, which is this
 * project's own; another one will have another number.
 *
 *   struct {
 *       uint8 format = 1;
 *       uint16 version;
 *       uint16 suite;
 *       uint8 extended_master_secret;
 *       uint32 issued_at, lifetime, age_add, max_early_data;
 *       opaque secret<0..2^16-1>, session_id<0..2^16-1>, ticket<0..2^16-1>, pin<0..2^16-1>, server_name<0..2^16-1>, alpn_protocol<0..2^16-1>;
 *   } Session;
 */
import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { ringletError, usageError } from '../errors.js';
import { sameBytes } from '../x509/der-values.js';
import type { TlsClientConfig } from './config.js';
import type { ClientHandshake } from './handshake-state.js';
import { digestOf, EMPTY } from './key-schedule.js';

export interface Session {
  /** ProtocolVersion: 0x0303 or 0x0304. */
  version: number;
  /** CipherSuite; in TLS 1.3 only its hash counts. */
  suite: number;
  /** TLS 1.2: RFC 7627. */
  extendedMasterSecret: boolean;
  /** When the ticket came: seconds since 1970-01-01T00:00Z. */
  issuedAt: number;
  /** From then on. */
  lifetimeSeconds: number;
  ageAdd: number;
  /** Bytes of early data that the server takes; 0 if it takes none. */
  maxEarlyData: number;
  /** TLS 1.3: the ticket's PSK; TLS 1.2: the master secret. */
  secret: Uint8Array;
  /** TLS 1.2: empty if there is none. */
  sessionId: Uint8Array;
  /** TLS 1.2: empty if there is none. */
  ticket: Uint8Array;
  /** SHA-256 of the SubjectPublicKeyInfo of the certificate that authenticated the server; empty if it was a pre-shared key. */
  pin: Uint8Array;
  /** As in the configuration. */
  serverName: string;
  /** Empty if there was none. */
  alpnProtocol: string;
}

/** The only one that is understood. */
export const SESSION_FORMAT = 1;

export function encodeSession(session: Session): Uint8Array {
  const texts = [session.serverName, session.alpnProtocol];
  const arrays = [session.secret, session.sessionId, session.ticket, session.pin];
  let size = 22 + 2 * 6;
  for (const array of arrays) size += array.length;
  for (const text of texts) size += text.length;
  const bytes = new Uint8Array(size);
  const writer = new ByteWriter(bytes, 0, size, () => new Error('session: size'));
  writer.writeUint8(SESSION_FORMAT);
  writer.writeUint16(session.version);
  writer.writeUint16(session.suite);
  writer.writeUint8(session.extendedMasterSecret ? 1 : 0);
  for (const word of [session.issuedAt, session.lifetimeSeconds, session.ageAdd, session.maxEarlyData]) {
    writer.writeUint32(word);
  }
  for (const array of arrays) {
    writer.writeUint16(array.length);
    writer.append(array, 0, array.length);
  }
  for (const text of texts) {
    writer.writeUint16(text.length);
    writer.ascii(text);
  }
  return bytes;
}

/** The arrays are copies, for the caller to wipe. Throws ERR_USAGE for what `encodeSession` of this version has not made. */
export function parseSession(bytes: Uint8Array): Session {
  const reader = new ByteReader(bytes, 0, bytes.length, what => ringletError('ERR_USAGE', 'session ' + what));
  const array = () => new Uint8Array(reader.vector(2, 0).rest());
  const text = () => {
    let characters = '';
    const codes = array();
    for (let i = 0; i < codes.length; i++) characters += String.fromCharCode(codes[i]);
    return characters;
  };
  if (reader.readUint8() !== SESSION_FORMAT) reader.fail('of another format');
  // Fields are evaluated in their order.
  const session: Session = {
    version: reader.readUint16(),
    suite: reader.readUint16(),
    extendedMasterSecret: reader.readUint8() > 0,
    issuedAt: reader.readUint(4),
    lifetimeSeconds: reader.readUint(4),
    ageAdd: reader.readUint(4),
    maxEarlyData: reader.readUint(4),
    secret: array(),
    sessionId: array(),
    ticket: array(),
    pin: array(),
    serverName: text(),
    alpnProtocol: text(),
  };
  reader.expectEnd();
  return session;
}

/**
 * The session of the configuration, unless it is over, or its server's key is not one of the pins. Throws ERR_USAGE if it is none, or of another server. How old it is
 * can only be known while the time is: without a clock no session is used.
 */
export function usableSession(config: TlsClientConfig): Session | undefined {
  if (!config.session) return undefined;
  const session = parseSession(config.session);
  const now = config.unixTime();
  const pins = config.trust.pins;
  // One that an external key has authenticated says nothing to who wants a certificate.
  const trusted = session.pin.length
    ? !pins || pins.filter(pin => sameBytes(pin, session.pin)).length > 0
    : !!config.psk;
  if (session.serverName !== config.serverName) usageError('session of another server: ' + session.serverName);
  const age = now === undefined ? -1 : Math.floor(now) - session.issuedAt;
  return trusted && age >= 0 && age < session.lifetimeSeconds ? session : undefined;
}

/** SHA-256 of the key in this connection's certificate; without one that of the session that it began with. */
export function pinOf(tls: ClientHandshake, session: Session | undefined): Uint8Array {
  const path = tls.serverPath;
  if (!path) return session ? session.pin : EMPTY;
  for (const algorithm of tls.clientConfig.crypto.hashes) {
    if (algorithm.name !== 'sha256') continue;
    const spki = path.publicKey.spki;
    const hash = algorithm.create();
    hash.update(spki, 0, spki.length);
    return digestOf(algorithm, hash);
  }
  return EMPTY;
}
