/**
 * What a board's TLS consists of besides the handshake of RFC 8446 itself, which alone cannot tell who the server is. A composition root lists what it wants; the rest is
 * neither offered to a server nor in the bundle. Types only: this file costs no byte.
 */
import type { CertificateChain } from '../x509/server-chain.js';
import type { TlsClientConfig } from './config.js';
import type { Extension } from './extensions/extension.js';
import type { ClientHandshake, Expected } from './handshake-state.js';
import type { KeySchedule } from './key-schedule.js';
import type { HelloWriter } from './messages/client-hello.js';

export interface TlsProfile {
  /** How the server proves who it is: `serverCertificates`. Without it only a pre-shared key does. */
  readonly certificates?: ServerAuthentication;
  /** Offered in this order, before all others. */
  readonly extensions: ReadonlyArray<Extension>;
  /** For exportKeyingMaterial: `keyingMaterialExporter`. */
  readonly exporter?: Exporter;
}

/** Certificate and CertificateVerify, RFC 8446 §4.4.2 and §4.4.3: at their end `serverPath` of the handshake is set. */
export interface ServerAuthentication {
  /** Throws ERR_USAGE if the configuration does not say whom to trust. */
  check(config: TlsClientConfig): void;
  /** signature_algorithms. */
  offer(tls: ClientHandshake, hello: HelloWriter): void;
  /** Takes and verifies the certificates of one handshake. */
  chain(config: TlsClientConfig): CertificateChain;
  /** What comes behind EncryptedExtensions. */
  begin(tls: ClientHandshake): Expected;
}

/** Keying material exporters, RFC 8446 §7.5 and RFC 5705: what they answer becomes `keyingMaterial` of the handshake when it is authenticated. */
export interface Exporter {
  /** The stage of `schedule` is that of the application data; `transcriptHash` covers ClientHello...server Finished. */
  tls13(schedule: KeySchedule, transcriptHash: Uint8Array): KeyingMaterial;
  /**
   * `prf` is that of TLS 1.2 under the connection's master secret, which has to be an extended one (RFC 7627 §5.4); `randoms` are ClientHello.random and
   * ServerHello.random, 64 bytes. `wipe` is called when nothing will be exported any more.
   */
  tls12(prf: Prf, randoms: Uint8Array, wipe: () => void): KeyingMaterial;
}

/** `length` bytes of PRF(secret, label, seed), RFC 5246 §5, as a new array. */
export type Prf = (label: string, seed: Uint8Array, length: number) => Uint8Array;

export interface KeyingMaterial {
  /** `length` bytes, a new array. Throws ERR_USAGE. */
  export(length: number, label: string, context: Uint8Array | undefined): Uint8Array;
  wipe(): void;
}
