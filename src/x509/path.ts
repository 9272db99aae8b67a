/**
 * The search for a path from the server's certificate to a trust anchor, RFC 5280 §6.1, depth first with backtracking: the same
 * name may have several keys (renewed and cross-signed issuers). Issuers are found by the exact bytes of their names, which is
 * stricter than RFC 5280 §7.1 and what issuers keep to. Every step costs a signature check, and those are counted, so the
 * search is bounded whatever a server sends.
 */
import type { Computation } from '../crypto/computation.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { type RingletError, ringletError } from '../errors.js';
import { type Certificate, KeyUsage } from './certificate.js';
import { unsupported } from './certificate-errors.js';
import { sameBytes } from './der-values.js';
import { verifyCertificateSignature } from './signature.js';
import type { TrustAnchor } from './trust.js';
import { verifyValidity } from './validity.js';
import type { VerifiedPath } from './verify.js';

/** Certificates in a path, without the anchor. */
const MAX_PATH = 8;
/**
 * The longest path and four wrong turns. More would only help a server that has no certificate at all: a microcontroller may take a
 * minute for each.
 */
const MAX_SIGNATURE_CHECKS = 12;

/** How much an error says. No issuer found: */
const VAGUE = 0;
/** There is an issuer by that name, but it will not do: */
const SPECIFIC = 1;
/** The search was given up: */
const FINAL = 99;

/**
 * Looks for a path from the first of `chain`, the server's certificate, by way of the others to one of `anchors`. The server's certificate itself
 * may be an anchor, by name and key, if another has issued it: then its signature, whose issuer need not be known, is not verified.
 * Without `anchors` its path is itself alone. `step` throws the error of the attempt that came furthest:
 *
 *   ERR_CERT_UNKNOWN_ISSUER   or `doubt`, the reason why an issuer may be missing in `chain`, if there is one
 *   ERR_CERT_BAD_SIGNATURE, ERR_CERT_NOT_A_CA, ERR_CERT_PATH_LENGTH, ERR_CERT_USAGE, ERR_CERT_EXPIRED, ERR_CERT_NOT_YET_VALID
 *   ERR_CERT_UNSUPPORTED      a signature algorithm (MD5, SHA-1, RSA below 2048 bits) is not supported, or too many issuers were tried
 */
export function findPath(
  chain: ReadonlyArray<Certificate>,
  doubt: RingletError | undefined,
  anchors: ReadonlyArray<TrustAnchor> | undefined,
  unixTime: number | undefined,
  crypto: CryptoProvider,
): Computation<VerifiedPath> {
  const leaf = chain[0];
  const path = [leaf];
  const trusted = anchors || [];
  /** The next candidate for the issuer of each certificate of the path: anchors come first. */
  const next = [0];
  let candidate: TrustAnchor | undefined;
  let check: Computation<boolean> | undefined;
  let signatureChecks = 0;
  let found = !anchors;
  let failure: unknown;
  let failureRank = -1;
  if (!sameBytes(leaf.issuer, leaf.subject)) {
    for (const anchor of trusted) {
      if (found || !hasSameKey(leaf, anchor)) continue;
      candidate = anchor;
      found = true;
    }
  }

  /** Keeps the error of the longest path, of two the one that says more, else the first. */
  const note = (error: unknown, specificity: number): void => {
    const rank = path.length * 2 + specificity;
    if (rank > failureRank) {
      failureRank = rank;
      failure = error;
    }
  };

  /** Takes the next candidate for the last certificate, a certificate that must be fit for that or else an anchor. If there is none, goes back by one. */
  const tryNext = (): void => {
    const end = path.length - 1;
    const last = path[end];
    const at = next[end] - trusted.length;
    const issuer = chain[at + 1];
    next[end]++;
    candidate = at < 0 ? trusted[at + trusted.length] : issuer;
    if (!candidate) {
      note(doubt || ringletError('ERR_CERT_UNKNOWN_ISSUER', 'The issuer of a certificate is not trusted'), VAGUE);
      if (!end) throw failure as RingletError;
      path.pop();
      next.pop();
    } else if (sameBytes(candidate.subject, last.issuer) && (at < 0 || !isIn(path, issuer))) {
      try {
        if (at >= 0) verifyIssuer(issuer, path, unixTime);
        if (++signatureChecks > MAX_SIGNATURE_CHECKS) unsupported('number of possible issuers');
        check = verifyCertificateSignature(last, candidate.publicKey, crypto);
      } catch (error) {
        note(error, signatureChecks > MAX_SIGNATURE_CHECKS ? FINAL : SPECIFIC);
      }
    }
  };

  return {
    step(budget: number): boolean {
      while (!found) {
        if (!check) {
          tryNext();
          continue;
        }
        if (!check.step(budget)) return false;
        if (!check.result()) {
          note(ringletError('ERR_CERT_BAD_SIGNATURE', 'Certificate with a wrong signature'), SPECIFIC);
        } else if (next[path.length - 1] <= trusted.length) found = true;
        else {
          path.push(candidate as Certificate);
          next.push(0);
        }
        check = undefined;
      }
      return true;
    },
    result: () => ({ publicKey: leaf.publicKey, path, anchor: candidate }),
  };
}

/** May `issuer` issue the last certificate of the path? RFC 5280 §6.1.4. */
function verifyIssuer(issuer: Certificate, path: Certificate[], unixTime: number | undefined): void {
  if (!issuer.ca) throw ringletError('ERR_CERT_NOT_A_CA', 'Issuer that is not a CA');
  if (!issuer.serverAuth || !(issuer.keyUsage & KeyUsage.KeyCertSign)) {
    throw ringletError('ERR_CERT_USAGE', 'Issuer that may not issue for TLS servers');
  }
  verifyValidity(issuer, unixTime);
  let below = 0;
  // Self-issued certificates do not count, RFC 5280 §4.2.1.9; nor does the server's.
  for (let i = 1; i < path.length; i++) if (!sameBytes(path[i].subject, path[i].issuer)) below++;
  if (below > issuer.pathLength || path.length === MAX_PATH) {
    throw ringletError('ERR_CERT_PATH_LENGTH', 'Certificate chain too long');
  }
}

/** The same name and key twice lead nowhere. */
function isIn(path: Certificate[], issuer: Certificate): boolean {
  for (const certificate of path) if (hasSameKey(certificate, issuer)) return true;
  return false;
}

function hasSameKey(a: TrustAnchor, b: TrustAnchor): boolean {
  return sameBytes(a.subject, b.subject) && sameBytes(a.publicKey.spki, b.publicKey.spki);
}
