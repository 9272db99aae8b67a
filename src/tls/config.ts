/** What a TlsClient is made of, and whom it tells what. */
import type { ReceiveWindow } from '../bytes/byte-ring.js';
import type { MakeBuffer } from '../bytes/make-buffer.js';
import type { CryptoProvider, PrivateKey } from '../crypto/provider.js';
import { usageError } from '../errors.js';
import type { RandomSource, UnixTime } from '../platform.js';
import type { Recorder } from '../recorder.js';
import type { TrustPolicy } from '../x509/trust.js';
import { type CipherSuite, supportedSuites } from './cipher-suites.js';
import { Version } from './constants.js';
import type { ClientHello } from './messages/client-hello.js';
import type { TlsProfile } from './profile.js';
import type { ExternalPsk } from './psk/external-psk.js';

export interface TlsClientConfig {
  /** What it can do: profiles.ts has some that will do for most. */
  profile: TlsProfile;
  /** A DNS name, sent as SNI, or an IP address, which is not; the certificate must be for it. */
  serverName: string;
  /** As in Node's tls; by default everything that the profile has. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3';
  maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  /**
   * TLS 1.2: whether the server may ask for another handshake, a few times, if it has secure renegotiation (RFC 5746) and its certificate stays the same. By default it is
   * refused with a warning, and the connection goes on.
   */
  renegotiation?: boolean;
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
  /** The client's certificate for servers that ask for one, DER, and those above it that the server may lack, each followed by its issuer's. With `key`. */
  cert?: ReadonlyArray<Uint8Array>;
  /** That of the first of `cert`, P-256 or RSA; `crypto` needs `signers` for it. It stays as it is as long as the handshake lasts. */
  key?: PrivateKey;
  /** Bytes of the output ring: 512 or more, by default 2048; it is larger if `cert` needs more. */
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
  /** One that a listener was given, of the same server. An older one than the server allows is not used; what is none is ERR_USAGE. Use each once. */
  session?: Uint8Array;
  /** A key that was given to this server too, by other means. */
  psk?: ExternalPsk;
  /**
   * How a key of `session` or `psk` is used (RFC 8446 §4.2.9). 'psk_dhe_ke', which is meant if this is missing: with a key exchange. 'psk_ke': without one, which saves nearly all of the
   * handshake's time, on servers that allow it, and has no forward secrecy: whoever learns the key later can read what was recorded today.
   */
  pskMode?: 'psk_dhe_ke' | 'psk_ke';
  /**
   * Goes out with the first flight, before the server has said a word, if `session` allows it and there is room for it. Anybody who records it can send it to the server again:
   * only for what does no harm when it is done twice. The answer is `earlyData` of the listener.
   */
  earlyData?: Uint8Array;
  /** Makes the output ring, the handshake buffer and what certificates are copied to; missing: in the engine's heap. */
  makeBuffer?: MakeBuffer;
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
  /**
   * What a later connection to this server can resume: `session` of its configuration. Opaque, and secret. Several may come, at any time. Only if this is set does the
   * ClientHello ask for tickets.
   */
  session?(session: Uint8Array): void;
  /** What became of `earlyData`, told once when the server is authenticated. If it was not accepted, or not sent at all, it has to be written again: it is `bytes`. */
  earlyData?(accepted: boolean, bytes: Uint8Array): void;
}

/** An option that is there and a whole number of at least `floor`, or its default. */
export function sizeOption(value: number | undefined, name: string, fallback: number, floor: number): number {
  if (value === undefined) return fallback;
  if (!(value >= floor) || value % 1 !== 0) usageError(name + ' must be ' + floor + ' or more');
  return value;
}

/** Bytes of output that the client's certificate takes in the second flight. */
export function certificateFlight(config: TlsClientConfig): number {
  const own = config.profile.clientCertificates;
  return own ? own.flight(config) : 0;
}

/** Throws ERR_USAGE if there is none. */
export function suitesOf(config: TlsClientConfig): CipherSuite[] {
  const suites = supportedSuites(config.crypto, !config.input.backlog);
  if (!suites.length) usageError('crypto lacks AEADs (other than CCM, with recordsInChip) or hashes');
  return suites;
}

/** What the first ClientHello says but for `randoms` and `keyShare`. Throws ERR_USAGE, naming the option that is to be changed. */
export function firstClientHello(config: TlsClientConfig, suites: CipherSuite[]): ClientHello {
  const profile = config.profile;
  const groups = config.crypto.groups;
  if (profile.certificates) profile.certificates.check(config);
  if (profile.extensions) for (const extension of profile.extensions) if (extension.check) extension.check(config);
  if (profile.preSharedKeys) profile.preSharedKeys.check(config);
  else if (!profile.certificates || !groups.length) usageError('profile or crypto lacks what it needs');
  if (!profile.tls12 && config.maxVersion === 'TLSv1.2') usageError('the profile lacks TLS 1.2');
  return {
    randoms: new Uint8Array(64),
    sessionIdLength: 32,
    suites: suites.map(suite => suite.id),
    versions: [Version.Tls13],
    groups,
    keyGroup: groups[0],
    keyShare: undefined,
    retryCookie: undefined,
  };
}
