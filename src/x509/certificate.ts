/**
 * One X.509 certificate (RFC 5280 §4.1) parsed into the fields a TLS client uses. Everything is a view of the DER, which
 * must stay unchanged as long as the Certificate is used.
 */
import type { PublicKey } from '../crypto/provider.js';
import { malformed, unsupported } from './certificate-errors.js';
import { type DerReader, readSequence, Tag } from './der-reader.js';
import { readBoolean, readInteger, readNamedBits, readOctets, readOid, sameBytes } from './der-values.js';
import { Oid } from './oids.js';
import { parsePublicKey } from './public-key.js';
import { parseTime } from './time.js';

/** Bits of `keyUsage`, RFC 5280 §4.2.1.3. */
export const enum KeyUsage {
  DigitalSignature = 0x80,
  KeyCertSign = 0x04,
}

export interface Certificate {
  /** The whole certificate. */
  readonly der: Uint8Array;
  /** tbsCertificate with tag and length: what the issuer has signed. */
  readonly tbs: Uint8Array;
  /** Names with tag and length. The issuer's is never empty. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Unix seconds; both are part of the validity. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: PublicKey;
  /** The AlgorithmIdentifier with tag and length; see signature.ts. */
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
  /** basicConstraints cA. */
  ca: boolean;
  /** pathLenConstraint; without one 127, more than any path has. */
  pathLength: number;
  /** The first eight bits (KeyUsage), all of them without the extension. */
  keyUsage: number;
  /** True if the extended key usage has serverAuth or anyExtendedKeyUsage, or is absent. */
  serverAuth: boolean;
  /** The contents of the GeneralNames, not looked into. */
  subjectAltName?: Uint8Array;
}

/**
 * Parses a certificate of version 3, or 1, which has no extensions and so is neither a CA nor good for any name.
 * Throws ERR_CERT_MALFORMED, and ERR_CERT_UNSUPPORTED for a version 2, unique identifiers, a key that is not supported
 * (public-key.ts), an unknown critical extension, and for name constraints, critical or not: what is not enforced must not
 * be trusted.
 */
export function parseCertificate(der: Uint8Array): Certificate {
  const outer = readSequence(der);
  const tbs = outer.whole();
  const signatureAlgorithm = outer.whole();
  const signature = readOctets(outer);
  outer.finish();

  const reader = readSequence(tbs);
  const version3 = readVersion3(reader);
  // The serial number only matters to those who revoke.
  readInteger(reader);
  // RFC 5280 §4.1.1.2: both must be the same, else an attacker could choose the one that is not signed.
  if (!sameBytes(reader.whole(), signatureAlgorithm)) malformed('signature algorithm');
  const issuer = reader.whole();
  if (issuer.length === 2) malformed('issuer');
  const validity = reader.enter(Tag.Sequence);
  const notBefore = parseTime(validity);
  const notAfter = parseTime(validity);
  validity.finish();
  const subject = reader.whole();
  const certificate: Certificate = {
    der: der,
    tbs: tbs,
    issuer: issuer,
    subject: subject,
    notBefore: notBefore,
    notAfter: notAfter,
    publicKey: parsePublicKey(reader.whole()),
    signatureAlgorithm: signatureAlgorithm,
    signature: signature,
    ca: false,
    pathLength: 127,
    keyUsage: 0xff,
    serverAuth: true,
  };
  const unique = reader.peek();
  if (unique === Tag.Context + 1 || unique === Tag.Context + 2) unsupported('unique identifiers');
  if (version3 && reader.peek() === Tag.Explicit + 3) parseExtensions(certificate, reader.enter(Tag.Explicit + 3));
  reader.finish();
  return certificate;
}

/** The key in a certificate that is nobody's to judge here, because it is the application's own. Throws ERR_CERT_MALFORMED and ERR_CERT_UNSUPPORTED. */
export function publicKeyIn(der: Uint8Array): PublicKey {
  const reader = readSequence(readSequence(der).whole());
  if (reader.peek() === Tag.Explicit) reader.enter(Tag.Explicit);
  reader.enter(Tag.Integer);
  // Signature algorithm, issuer, validity, subject.
  for (let i = 0; i < 4; i++) reader.whole();
  return parsePublicKey(reader.whole());
}

/** `[0] EXPLICIT INTEGER DEFAULT v1`, v3 is 2. */
function readVersion3(reader: DerReader): boolean {
  if (reader.peek() !== Tag.Explicit) return false;
  const explicit = reader.enter(Tag.Explicit);
  const version = readInteger(explicit);
  explicit.finish();
  if (version.length !== 1 || version[0] === 0) malformed('version');
  if (version[0] !== 2) unsupported('version');
  return true;
}

/** RFC 5280 §4.2. */
function parseExtensions(certificate: Certificate, explicit: DerReader): void {
  const extensions = explicit.enter(Tag.Sequence);
  explicit.finish();
  const seen: string[] = [];
  do {
    const extension = extensions.enter(Tag.Sequence);
    const oid = readOid(extension);
    const critical = readBoolean(extension);
    const value = extension.enter(Tag.OctetString);
    extension.finish();
    if (seen.indexOf(oid) >= 0) malformed('second extension ' + oid);
    seen.push(oid);
    if (parseExtension(certificate, oid, value)) value.finish();
    else if (critical || oid === Oid.NameConstraints) unsupported('extension ' + oid);
  } while (extensions.peek() >= 0);
}

/** True if it knows the extension. */
function parseExtension(certificate: Certificate, oid: string, value: DerReader): boolean {
  if (oid === Oid.BasicConstraints) parseBasicConstraints(certificate, value.enter(Tag.Sequence));
  else if (oid === Oid.KeyUsage) certificate.keyUsage = readNamedBits(value);
  else if (oid === Oid.ExtendedKeyUsage) certificate.serverAuth = hasServerAuth(value.enter(Tag.Sequence));
  else if (oid === Oid.SubjectAltName) certificate.subjectAltName = value.view(Tag.Sequence);
  else return false;
  return true;
}

/** RFC 5280 §4.2.1.9. */
function parseBasicConstraints(certificate: Certificate, reader: DerReader): void {
  certificate.ca = readBoolean(reader);
  if (reader.peek() === Tag.Integer) {
    const value = readInteger(reader);
    if (!certificate.ca || value[0] >= 0x80) malformed('path length');
    if (value.length === 1) certificate.pathLength = value[0];
  }
  reader.finish();
}

/** RFC 5280 §4.2.1.12. */
function hasServerAuth(purposes: DerReader): boolean {
  let found = false;
  do {
    const purpose = readOid(purposes);
    if (purpose === Oid.ServerAuth || purpose === Oid.AnyExtendedKeyUsage) found = true;
  } while (purposes.peek() >= 0);
  return found;
}
