/**
 * The transcript hash, RFC 8446 §4.4.1: every handshake message of both sides, header included, no record headers.
 * Which hash is known only after ServerHello; until then the ClientHello stays in the handshake buffer.
 */
import type { Hash, HashAlgorithm } from '../crypto/provider.js';
import { HandshakeType } from './constants.js';

export class Transcript {
  readonly algorithm: HashAlgorithm;
  private running: Hash;

  constructor(algorithm: HashAlgorithm) {
    this.algorithm = algorithm;
    this.running = algorithm.create();
  }

  add(bytes: Uint8Array, offset: number, length: number): void {
    this.running.update(bytes, offset, length);
  }

  /** The hash of everything so far. */
  hash(): Uint8Array {
    const digest = new Uint8Array(this.algorithm.digestLength);
    this.running.digest(digest, 0);
    return digest;
  }

  /**
   * After a HelloRetryRequest the first ClientHello is replaced by a message of its hash:
   *
   *   Transcript-Hash(ClientHello1, HelloRetryRequest, ... Mn) =
   *       Hash(message_hash || 00 00 Hash.length || Hash(ClientHello1) || HelloRetryRequest || ... || Mn)
   */
  replaceByMessageHash(): void {
    const digest = this.hash();
    this.running = this.algorithm.create();
    this.running.update(new Uint8Array([HandshakeType.MessageHash, 0, 0, digest.length]), 0, 4);
    this.running.update(digest, 0, digest.length);
  }
}
