/** What a TlsClient is made of, and whom it tells what. */
import type { ReceiveWindow } from '../bytes/byte-ring.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { usageError } from '../errors.js';
import type { RandomSource, UnixTime } from '../platform.js';
import type { Recorder } from '../recorder.js';
import { parseIpAddress } from '../x509/ip-address.js';
import { dnsName } from '../x509/server-identity.js';
import type { TrustPolicy } from '../x509/trust.js';
import { checkTrust } from '../x509/verify.js';
import { supportedSchemes, supportedSuites } from './cipher-suites.js';
import { Size } from './constants.js';
import type { ClientHello } from './messages/client-hello.js';
import type { NewSessionTicket } from './messages/post-handshake.js';

export interface TlsClientConfig {
  /** A DNS name, sent as SNI, or an IP address, which is not; the certificate must be for it. */
  serverName: string;
  crypto: CryptoProvider;
  random: RandomSource;
  unixTime: UnixTime;
  trust: TrustPolicy;
  /**
   * Ciphertext from the transport: the caller fills it, the engine looks, decrypts in place and discards. 256 bytes or more.
   * With a backlog 1024 or more; records may then be longer than the ring, and CCM, which cannot check where they lie, is not
   * offered.
   */
  input: ReceiveWindow;
  /** In order of preference; each 1 to 255 ASCII characters. */
  alpnProtocols?: ReadonlyArray<string>;
  /** Bytes of the output ring: 512 or more, by default 2048. */
  outputSize?: number;
  /**
   * The largest certificate, and the largest other handshake message, in bytes: 1024 or more, by default 6144. Of Certificate and CertificateRequest only a piece
   * is there at a time: they may be 16 times as large.
   */
  handshakeBufferSize?: number;
  /** Bytes of the server's certificates that are kept at a time until a path is found among them: 1024 or more, by default 8192. */
  chainMemory?: number;
  /** What takes long is left to `compute`; `read` answers NO_DATA_YET meanwhile. By default it is done by whatever call meets it. */
  sliced?: boolean;
  listener?: TlsListener;
  /** Is told of records, messages and alerts. @internal */
  tape?: Recorder;
}

/**
 * Called between the engine's steps, so that calling anything of it from here is safe. The events of the constructor come
 * with the first `read`.
 */
export interface TlsListener {
  /** Every handshake message both ways, the server's when its header is here; `length` is in bytes, its 4-byte header included. */
  message?(sent: boolean, handshakeType: number, length: number): void;
  /** A line of an NSS key log file, without newline. Only if this is set are secrets ever formatted. */
  keylog?(line: string): void;
  /** A ticket for a later resumption. Only if this is set does the ClientHello ask for tickets. */
  session?(ticket: NewSessionTicket): void;
}

/** An option that is there and a whole number of at least `floor`, or its default. */
export function sizeOption(value: number | undefined, name: string, fallback: number, floor: number): number {
  if (value === undefined) return fallback;
  if (!(value >= floor) || value % 1 !== 0) usageError(name + ' must be ' + floor + ' or more');
  return value;
}

/** What the first ClientHello says but for `randoms` and `keyShare`. Throws ERR_USAGE, naming the option that is to be changed. */
export function firstClientHello(config: TlsClientConfig): ClientHello {
  const crypto = config.crypto;
  const backlog = config.input.backlog;
  const suites = supportedSuites(crypto, !backlog);
  const schemes = supportedSchemes(crypto);
  const keyGroup = crypto.groups[0];
  const applicationProtocols = config.alpnProtocols || [];
  const sni = sniOf(config.serverName);
  const fitting = config.input.capacity - Size.RecordHeader - Size.Tag;
  checkTrust(config.trust);
  if (!suites.length || !schemes.length || !keyGroup) {
    usageError('crypto lacks AEADs (other than CCM, with recordsInChip), their hashes, groups or signatures');
  }
  for (const protocol of applicationProtocols) {
    if (!(protocol.length >= 1 && protocol.length <= 255)) {
      usageError('alpnProtocols must have 1 to 255 characters each');
    }
  }
  return {
    randoms: new Uint8Array(64),
    suites,
    sni,
    groups: crypto.groups,
    schemes,
    applicationProtocols,
    recordSizeLimit: fitting > Size.MaxFragment ? Size.MaxFragment + 1 : fitting,
    tickets: !!(config.listener && config.listener.session),
    retryCookie: undefined,
    keyGroup,
    keyShare: undefined,
  };
}

/** Checks `serverName` and answers what to send as SNI: '' for an IP address (RFC 6066 §3 forbids those), no trailing dot. */
function sniOf(serverName: string): string {
  if (!serverName) usageError('serverName is missing');
  return parseIpAddress(serverName) ? '' : dnsName(serverName);
}
