/**
 * The search for a path from the server's certificate to a trust anchor, RFC 5280 §6.1, depth first with backtracking: the same
 * name may have several keys (renewed and cross-signed issuers). Issuers are found by the exact bytes of their names, which is
 * stricter than RFC 5280 §7.1 and what issuers keep to. Every step costs a signature check, and those are counted, so the
 * search is bounded whatever a server sends.
 */
import type { CryptoProvider, PublicKey } from '../crypto/provider.js';
import type { RingletError } from '../errors.js';
import { ringletError } from '../errors.js';
import type { Certificate } from './certificate.js';
import { KeyUsage, parseCertificate } from './certificate.js';
import { sameBytes } from './der-reader.js';
import { verifyCertificateSignature } from './signature.js';
import type { TrustAnchor } from './trust.js';
import { verifyValidity } from './validity.js';

/** Certificates in a path, without the anchor. */
const MAX_PATH = 8;
const MAX_SIGNATURE_CHECKS = 32;

/** How much an error says: no issuer found, or a certificate that cannot be read and may have been the issuer. */
const VAGUE = 0;
/** There is an issuer by that name, but it will not do. */
const SPECIFIC = 1;
/** The search was given up. */
const FINAL = 99;

/**
 * Extends `path`, which holds the server's parsed certificate, with issuers out of `chain` and answers the anchor that has issued
 * its last. The server's certificate itself may be an anchor, by name and key, if another has issued it: then its signature,
 * whose issuer need not be known, is not verified. Throws the error of the attempt that came furthest.
 */
export function findPath(
  path: Certificate[],
  chain: ReadonlyArray<Uint8Array>,
  anchors: ReadonlyArray<TrustAnchor>,
  unixTime: number | undefined,
  crypto: CryptoProvider,
): TrustAnchor {
  const leaf = path[0];
  if (!sameBytes(leaf.issuer, leaf.subject)) {
    for (const anchor of anchors) if (hasSameKey(leaf, anchor)) return anchor;
  }
  const search = new PathSearch(path, chain, anchors, unixTime, crypto);
  const anchor = search.extend();
  if (!anchor) throw search.failure;
  return anchor;
}

function hasSameKey(certificate: Certificate, anchor: TrustAnchor /* or a Certificate */): boolean {
  return sameBytes(certificate.subject, anchor.subject) && sameBytes(certificate.publicKey.spki, anchor.publicKey.spki);
}

class PathSearch {
  /** The error of the longest path so far. */
  failure: RingletError;
  private failureRank: number;
  private readonly path: Certificate[];
  private readonly chain: ReadonlyArray<Uint8Array>;
  private readonly anchors: ReadonlyArray<TrustAnchor>;
  private readonly unixTime: number | undefined;
  private readonly crypto: CryptoProvider;
  /** What has been parsed of `chain`, by index; an error where it could not be. */
  private readonly parsed: (Certificate | RingletError | undefined)[];
  private signatureChecks: number;

  constructor(
    path: Certificate[],
    chain: ReadonlyArray<Uint8Array>,
    anchors: ReadonlyArray<TrustAnchor>,
    unixTime: number | undefined,
    crypto: CryptoProvider,
  ) {
    this.path = path;
    this.chain = chain;
    this.anchors = anchors;
    this.unixTime = unixTime;
    this.crypto = crypto;
    this.parsed = [path[0]];
    this.signatureChecks = 0;
    this.failureRank = -1;
    this.failure = unknownIssuer();
  }

  /** The anchor that ends `path`, which it extends on the way; undefined if there is none, `path` as it was. */
  extend(): TrustAnchor | undefined {
    const last = this.path[this.path.length - 1];
    for (const anchor of this.anchors) {
      if (sameBytes(anchor.subject, last.issuer) && this.isSignedBy(last, anchor.publicKey)) return anchor;
    }
    for (let i = 1; i < this.chain.length; i++) {
      const issuer = this.parse(i);
      if (!issuer || this.isInPath(issuer) || !sameBytes(issuer.subject, last.issuer)) continue;
      try {
        this.verifyIssuer(issuer);
      } catch (error) {
        this.note(error as RingletError, SPECIFIC);
        continue;
      }
      if (!this.isSignedBy(last, issuer.publicKey)) continue;
      this.path.push(issuer);
      const anchor = this.extend();
      if (anchor) return anchor;
      this.path.pop();
    }
    this.note(unknownIssuer(), VAGUE);
    return undefined;
  }

  /** The certificate at `index` of the chain, or undefined if it is none. */
  private parse(index: number): Certificate | undefined {
    let parsed = this.parsed[index];
    if (!parsed) {
      try {
        parsed = parseCertificate(this.chain[index]);
      } catch (error) {
        parsed = error as RingletError;
      }
      this.parsed[index] = parsed;
    }
    if ((parsed as Certificate).der) return parsed as Certificate;
    this.note(parsed as RingletError, VAGUE);
    return undefined;
  }

  /** May `issuer` issue the last certificate of the path? RFC 5280 §6.1.4. */
  private verifyIssuer(issuer: Certificate): void {
    if (!issuer.ca) throw ringletError('ERR_CERT_NOT_A_CA', 'A certificate was issued by one that is not a CA');
    if (issuer.keyUsage !== undefined && !(issuer.keyUsage & KeyUsage.KeyCertSign)) {
      throw ringletError('ERR_CERT_USAGE', 'A CA certificate is not for signing certificates');
    }
    if (!issuer.serverAuth) throw ringletError('ERR_CERT_USAGE', 'A CA certificate is not for TLS servers');
    verifyValidity(issuer, this.unixTime);
    if (this.path.length === MAX_PATH) throw ringletError('ERR_CERT_PATH_LENGTH', 'The certificate chain is too long');
    if (issuer.pathLength === undefined) return;
    let below = 0;
    for (let i = 1; i < this.path.length; i++) {
      // Self-issued certificates do not count, RFC 5280 §4.2.1.9.
      if (!sameBytes(this.path[i].subject, this.path[i].issuer)) below++;
    }
    if (below > issuer.pathLength) {
      throw ringletError('ERR_CERT_PATH_LENGTH', 'There are more certificates below a CA than it may have');
    }
  }

  private isSignedBy(certificate: Certificate, key: PublicKey): boolean {
    if (this.signatureChecks === MAX_SIGNATURE_CHECKS) {
      this.note(ringletError('ERR_CERT_UNSUPPORTED', 'The certificate chain has too many possible issuers'), FINAL);
      return false;
    }
    this.signatureChecks++;
    try {
      if (verifyCertificateSignature(certificate, key, this.crypto)) return true;
      this.note(ringletError('ERR_CERT_BAD_SIGNATURE', 'The signature on a certificate is wrong'), SPECIFIC);
    } catch (error) {
      this.note(error as RingletError, SPECIFIC);
    }
    return false;
  }

  /** The same name and key twice lead nowhere. */
  private isInPath(issuer: Certificate): boolean {
    for (const certificate of this.path) if (hasSameKey(certificate, issuer)) return true;
    return false;
  }

  /** Keeps the error of the longest path, of two the more specific, else the first. */
  private note(error: RingletError, specificity: number): void {
    const rank = this.path.length * 2 + specificity;
    if (rank <= this.failureRank) return;
    this.failureRank = rank;
    this.failure = error;
  }
}

function unknownIssuer(): RingletError {
  return ringletError('ERR_CERT_UNKNOWN_ISSUER', 'Nobody trusted has issued the certificate');
}
