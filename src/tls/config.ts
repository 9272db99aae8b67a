/** What a TlsClient is made of, and whom it tells what. */
import type { ReceiveWindow } from '../bytes/byte-ring.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { usageError } from '../errors.js';
import type { RandomSource, UnixTime } from '../platform.js';
import type { TrustPolicy } from '../x509/trust.js';
import type { NewSessionTicket } from './messages/post-handshake.js';

export interface TlsClientConfig {
  /** A DNS name, sent as SNI, or an IP address, which is not; the certificate must be for it. */
  serverName: string;
  crypto: CryptoProvider;
  random: RandomSource;
  unixTime: UnixTime;
  trust: TrustPolicy;
  /** Ciphertext from the transport: the caller fills it, the engine looks, decrypts in place and discards. 256 bytes or more. */
  input: ReceiveWindow;
  /** In order of preference; each 1 to 255 ASCII characters. */
  alpnProtocols?: ReadonlyArray<string>;
  /** Bytes of the output ring: 512 or more, by default 2048. */
  outputSize?: number;
  /** The largest handshake message, in bytes: 1024 or more, by default 8192. Certificate chains decide. */
  handshakeBufferSize?: number;
  listener?: TlsListener;
}

/**
 * Called between the engine's steps, so that calling anything of it from here is safe. The events of the constructor come
 * with the first `read`.
 */
export interface TlsListener {
  /** Every handshake message both ways; `length` is in bytes, its 4-byte header included. */
  message?(sent: boolean, handshakeType: number, length: number): void;
  /** A line of an NSS key log file, without newline. Only if this is set are secrets ever formatted. */
  keylog?(line: string): void;
  /** A ticket for a later resumption. Only if this is set does the ClientHello ask for tickets. */
  session?(ticket: NewSessionTicket): void;
}

/** An option that is there and a whole number of at least `floor`, or its default. */
export function sizeOption(value: number | undefined, name: string, fallback: number, floor: number): number {
  if (value === undefined) return fallback;
  if (!(value >= floor) || Math.floor(value) !== value) usageError(name + ' must be ' + floor + ' or more');
  return value;
}

/** Checks `serverName` and answers what to send as SNI: '' for an IP address (RFC 6066 §3 forbids those), no trailing dot. */
export function sniOf(serverName: string): string {
  let dnsName = false;
  const name = '' + serverName;
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    if (c <= 32 || c >= 127) usageError('serverName must be ASCII (use the xn-- form)');
    if (!((c >= 48 && c <= 57) || c === 46)) dnsName = true;
  }
  if (!serverName || name.length > 254) usageError('serverName must be a DNS name or an IP address');
  if (!dnsName || name.indexOf(':') >= 0) return '';
  return name.charAt(name.length - 1) === '.' ? name.substring(0, name.length - 1) : name;
}

export function checkAlpnProtocols(protocols: ReadonlyArray<string>): void {
  for (const protocol of protocols) {
    if (!(protocol.length >= 1 && protocol.length <= 255))
      usageError('alpnProtocols must have 1 to 255 characters each');
  }
}
