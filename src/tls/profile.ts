/**
 * What a board's TLS consists of besides the handshake of RFC 8446 itself, which alone cannot tell who the server is. A composition root lists what it wants; the rest is
 * neither offered to a server nor in the bundle. Types only: this file costs no byte.
 */
import type { CertificateChain } from '../x509/server-chain.js';
import type { TlsClientConfig } from './config.js';
import type { Extension } from './extensions/extension.js';
import type { ClientHandshake, Expected } from './handshake-state.js';
import type { HelloWriter } from './messages/client-hello.js';

export interface TlsProfile {
  /** How the server proves who it is: `serverCertificates`. Without it only a pre-shared key does. */
  readonly certificates?: ServerAuthentication;
  /** Offered in this order, before all others. */
  readonly extensions: ReadonlyArray<Extension>;
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
