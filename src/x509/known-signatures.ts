/**
 * A server's certificates are the same ones at every connection, and the signatures on them are most of what a handshake computes. Which signatures were right is
 * therefore remembered, and nothing else: "under this key, with this algorithm, this is a signature over these bytes" holds for ever and for everybody. Names, validity,
 * usage, pins and the path to an anchor are looked at every time, under the policy and the time of that connection, and CertificateVerify, which is over
 * bytes that never come again, is always computed.
 *
 * Memory: a hash of 32 bytes for each of the last 8 signatures, so those of about four servers. It is lost with the power.
 */
import { type Computation, done } from '../crypto/computation.js';
import type { CryptoProvider, HashAlgorithm, SignatureVerifier } from '../crypto/provider.js';
import { sameBytes } from './der-values.js';

const MAX_KNOWN = 8;

interface KnownSignature {
  readonly verifier: SignatureVerifier;
  readonly hash: HashAlgorithm;
  /** SHA-256 of key, message and signature: of the first two DER says where they end. */
  readonly digest: Uint8Array;
}

export class KnownSignatures {
  private known: KnownSignature[];

  constructor() {
    this.known = [];
  }

  /** `crypto`, whose verifiers answer at once for a signature on a certificate that they have found right before. Without SHA-256 it stays as it is. */
  remembering(crypto: CryptoProvider): CryptoProvider {
    const sha256 = crypto.hashes.filter(hash => hash.name === 'sha256')[0];
    if (!sha256) return crypto;
    return {
      hashes: crypto.hashes,
      aeads: crypto.aeads,
      groups: crypto.groups,
      signatures: crypto.signatures.map(verifier => this.over(verifier, sha256)),
    };
  }

  private over(verifier: SignatureVerifier, sha256: HashAlgorithm): SignatureVerifier {
    return {
      name: verifier.name,
      verify: (key, hash, message, signature) => {
        const running = sha256.create();
        const digest = new Uint8Array(32);
        for (const part of [key.spki, message, signature]) running.update(part, 0, part.length);
        running.digest(digest, 0);
        for (const known of this.known) {
          if (known.verifier === verifier && known.hash === hash && sameBytes(known.digest, digest)) return done(true);
        }
        return this.keeping(verifier.verify(key, hash, message, signature), { verifier, hash, digest });
      },
    };
  }

  private keeping(check: Computation<boolean>, signature: KnownSignature): Computation<boolean> {
    return {
      step: budget => check.step(budget),
      result: () => {
        const good = check.result();
        if (good) this.known = [signature].concat(this.known.filter(other => other !== signature)).slice(0, MAX_KNOWN);
        return good;
      },
    };
  }
}
