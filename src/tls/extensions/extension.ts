/** An extension that a board may compose in: what it says in a ClientHello, and what the server's answer to it means. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import type { TlsClientConfig } from '../config.js';
import type { ClientHandshake } from '../handshake-state.js';
import type { HelloWriter } from '../messages/client-hello.js';

export interface Extension {
  /** ExtensionType, RFC 8446 §4.2. */
  readonly type: number;
  /** Throws ERR_USAGE if it cannot say what the configuration wants it to. */
  check?(config: TlsClientConfig): void;
  /** Writes itself by `hello.extension` or `hello.list`, or is not offered. The same for each ClientHello of a handshake. */
  offer(tls: ClientHandshake, hello: HelloWriter): void;
  /**
   * The extension_data of the answer, in EncryptedExtensions or in a ServerHello of TLS 1.2; only if it was offered, and once. What it leaves unread is an
   * error. Throws if it is unacceptable.
   */
  accept(tls: ClientHandshake, body: ByteReader): void;
}
