/**
 * The certificates of a server, which come one after the other, and a stated number of bytes to keep them in. The server's own is checked as soon as it
 * is here. Of the others those are kept that may lead on from it, in whatever order they come, and the rest as long as there is room.
 *
 * Memory: copies of at most MAX_KEPT certificates of at most `memory` bytes together, or the server's alone if that is larger.
 */
import type { MakeBuffer } from '../bytes/make-buffer.js';
import type { Computation } from '../crypto/computation.js';
import type { CryptoProvider } from '../crypto/provider.js';
import type { RingletError } from '../errors.js';
import { type Certificate, parseCertificate } from './certificate.js';
import { sameBytes } from './der-values.js';
import { findPath } from './path.js';
import type { TrustPolicy } from './trust.js';
import { type VerifiedPath, verifyServer } from './verify.js';

/** Twice the longest path. What parsing a certificate costs beside its bytes is bounded by this. */
const MAX_KEPT = 16;

export interface ServerPolicy {
  /** A DNS name or an IP address. */
  readonly serverName: string;
  readonly trust: TrustPolicy;
  /** In seconds, undefined if unknown. */
  readonly unixTime: () => number | undefined;
  readonly crypto: CryptoProvider;
  readonly makeBuffer?: MakeBuffer;
}

/** Takes the certificates of a server, and says in the end whose they are. */
export interface CertificateChain {
  /** Those it keeps, the server's first. */
  readonly kept: ReadonlyArray<unknown>;
  /** See ServerChain. */
  doubt: RingletError | undefined;
  readonly memory: number;
  add(der: Uint8Array): boolean;
  verify(): Computation<VerifiedPath>;
}

export class ServerChain {
  /** The server's first. */
  kept: Certificate[];
  /** Why an issuer may be missing, if not because there is none: thrown by `verify` if there is no path without it. */
  doubt: RingletError | undefined;
  readonly memory: number;
  private readonly policy: ServerPolicy;
  private readonly now: number | undefined;

  /** `memory` is in bytes. */
  constructor(policy: ServerPolicy, memory: number) {
    this.policy = policy;
    this.now = policy.unixTime();
    this.memory = memory;
    this.kept = [];
    this.doubt = undefined;
  }

  /**
   * The next certificate, DER; it is copied. Throws if it is the server's and not right for it (verify.ts). Answers false
   * if there was not room for all.
   */
  add(der: Uint8Array): boolean {
    const policy = this.policy;
    const before = this.kept.length;
    if (!before) {
      this.kept.push(verifyServer(this.copyOf(der), policy.serverName, policy.trust, this.now, policy.crypto));
      return true;
    }
    // A pinned key needs no path.
    if (!policy.trust.anchors) return true;
    let certificate: Certificate;
    try {
      certificate = parseCertificate(this.copyOf(der));
    } catch (error) {
      if (!this.doubt) this.doubt = error as RingletError;
      return true;
    }
    this.kept = selection(this.kept.concat([certificate]), this.memory);
    return this.kept.length > before;
  }

  private copyOf(der: Uint8Array): Uint8Array {
    const policy = this.policy;
    const copy = policy.makeBuffer ? policy.makeBuffer(der.length) : new Uint8Array(der.length);
    copy.set(der);
    return copy;
  }

  /** When all are here, and there was one. Throws what findPath throws (path.ts). */
  verify(): Computation<VerifiedPath> {
    return findPath(this.kept, this.doubt, this.policy.trust.anchors, this.now, this.policy.crypto);
  }
}

/**
 * Those that there is room for: the first in any case; then those that by their names may be an issuer of it, of its issuer, and so on; then
 * the others. Empties `certificates`.
 */
function selection(certificates: Certificate[], memory: number): Certificate[] {
  const kept = [certificates.shift() as Certificate];
  let room = memory - kept[0].der.length;
  for (let i = 0; certificates.length; i++) {
    for (let j = 0; j < certificates.length; ) {
      const candidate = certificates[j];
      // When nothing more leads on, the next one is as good as any.
      if (i < kept.length && !sameBytes(candidate.subject, kept[i].issuer)) {
        j++;
        continue;
      }
      certificates.splice(j, 1);
      if (candidate.der.length <= room && kept.length < MAX_KEPT) {
        room -= candidate.der.length;
        kept.push(candidate);
      }
    }
  }
  return kept;
}
