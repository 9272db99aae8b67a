/**
 * The certificates of a server, which come one after the other, and a stated number of bytes to keep them in. The server's own is checked as soon as it
 * is here. Of the others those are kept that may lead on from it, in whatever order they come, and the rest as long as there is room.
 *
 * Memory: copies of at most MAX_KEPT certificates of at most `memory` bytes together, or the server's alone if that is larger.
 */
import type { CryptoProvider } from '../crypto/provider.js';
import type { RingletError } from '../errors.js';
import { type Certificate, parseCertificate } from './certificate.js';
import { sameBytes } from './der-values.js';
import { findPath } from './path.js';
import type { TrustPolicy } from './trust.js';
import { type VerifiedPath, verifyServer } from './verify.js';

/** Twice the longest path. What parsing a certificate costs beside its bytes is bounded by this. */
const MAX_KEPT = 16;

export class ServerChain {
  /** Bytes of all certificates so far. */
  bytesSeen: number;
  readonly memory: number;
  private readonly serverName: string;
  private readonly policy: TrustPolicy;
  private readonly unixTime: number | undefined;
  private readonly crypto: CryptoProvider;
  /** The server's first. */
  private readonly kept: Certificate[];
  private bytesKept: number;
  /** Why an issuer may be missing, if not because there is none. */
  private doubt: RingletError | undefined;

  /**
   * `serverName` is a DNS name or an IP address. `unixTime` is in seconds, undefined if unknown. `memory` is in bytes.
   */
  constructor(
    serverName: string,
    policy: TrustPolicy,
    unixTime: number | undefined,
    crypto: CryptoProvider,
    memory: number,
  ) {
    this.serverName = serverName;
    this.policy = policy;
    this.unixTime = unixTime;
    this.crypto = crypto;
    this.memory = memory;
    this.bytesSeen = this.bytesKept = 0;
    this.kept = [];
    this.doubt = undefined;
  }

  /**
   * The next certificate, DER, of which copies are made. Throws if it is the server's and not right for it (verify.ts). Answers false if there was not
   * room for all that may be needed.
   */
  add(der: Uint8Array): boolean {
    const kept = this.kept;
    const length = der.length;
    this.bytesSeen += length;
    if (!kept.length) {
      const copy = new Uint8Array(der);
      this.keep(verifyServer(copy, this.serverName, this.policy, this.unixTime, this.crypto));
      return true;
    }
    // A pinned key needs no path.
    if (!this.policy.anchors) return true;
    let issuer: Certificate;
    try {
      issuer = parseCertificate(der);
    } catch (error) {
      if (!this.doubt) this.doubt = error as RingletError;
      return true;
    }
    const roomForAll = this.hasRoom(length);
    if (!roomForAll) {
      const useful = leadingOn(kept.concat([issuer]));
      if (useful.indexOf(issuer) < 0) return false;
      for (let i = kept.length - 1; i > 0 && !this.hasRoom(length); i--) {
        if (useful.indexOf(kept[i]) < 0) this.bytesKept -= kept.splice(i, 1)[0].der.length;
      }
      if (!this.hasRoom(length)) return false;
    }
    this.keep(parseCertificate(new Uint8Array(der)));
    return roomForAll;
  }

  /** A certificate is missing, for this reason: thrown at once if it is the server's, otherwise by `verify` if there is no path without it. */
  leaveOut(reason: RingletError): void {
    if (!this.kept.length) throw reason;
    this.doubt = reason;
  }

  /** When all are here, and there was one. Throws what findPath throws (path.ts). */
  verify(): VerifiedPath {
    const path = [this.kept[0]];
    const publicKey = path[0].publicKey;
    const anchors = this.policy.anchors;
    if (!anchors) return { publicKey: publicKey, path: path };
    const anchor = findPath(path, this.kept, this.doubt, anchors, this.unixTime, this.crypto);
    return { publicKey: publicKey, path: path, anchor: anchor };
  }

  private hasRoom(length: number): boolean {
    return this.bytesKept + length <= this.memory && this.kept.length < MAX_KEPT;
  }

  private keep(certificate: Certificate): void {
    this.kept.push(certificate);
    this.bytesKept += certificate.der.length;
  }
}

/** The first, and those that by their names may be an issuer of it, of its issuer, and so on. */
function leadingOn(certificates: Certificate[]): Certificate[] {
  const found = [certificates[0]];
  for (let i = 0; i < found.length; i++) {
    for (const other of certificates) {
      if (found.indexOf(other) < 0 && sameBytes(other.subject, found[i].issuer)) found.push(other);
    }
  }
  return found;
}
