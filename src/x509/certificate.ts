/**
 * One X.509 certificate (RFC 5280 §4.1) parsed into the fields a TLS client uses. Everything is a view of the DER, which
 * must stay unchanged as long as the Certificate is used.
 */
import type { PublicKey } from '../crypto/provider.js';
import { ringletError } from '../errors.js';
import { type DerReader, malformed, readSequence, sameBytes, Tag } from './der-reader.js';
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
  /** The INTEGER's contents: two's complement, big-endian. */
  readonly serialNumber: Uint8Array;
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
  /** pathLenConstraint, undefined without one. */
  pathLength?: number;
  /** The first eight bits (KeyUsage), undefined without the extension. */
  keyUsage?: number;
  /** True if the extended key usage has serverAuth or anyExtendedKeyUsage, or is absent. */
  serverAuth: boolean;
  /** The contents of the GeneralNames, not looked into. */
  subjectAltName?: Uint8Array;
}

/**
 * Parses a certificate of version 3, or 1, which has no extensions and so is neither a CA nor good for any name.
 * Throws ERR_CERT_MALFORMED, and ERR_CERT_UNSUPPORTED for a version 2, a key that is not supported (public-key.ts), an
 * unknown critical extension, and for name constraints, critical or not: what is not enforced must not be trusted.
 */
export function parseCertificate(der: Uint8Array): Certificate {
  const outer = readSequence(der);
  const tbs = outer.whole(Tag.Sequence);
  const signatureAlgorithm = outer.whole(Tag.Sequence);
  const signature = outer.octetsInBitString();
  outer.finish();

  const reader = readSequence(tbs);
  const version3 = readVersion3(reader);
  const serialNumber = reader.integer();
  // RFC 5280 §4.1.1.2: both must be the same, else an attacker could choose the one that is not signed.
  if (!sameBytes(reader.whole(Tag.Sequence), signatureAlgorithm)) malformed('two signature algorithms');
  const issuer = reader.whole(Tag.Sequence);
  if (issuer.length === 2) malformed('no issuer');
  const validity = reader.enter(Tag.Sequence);
  const notBefore = parseTime(validity);
  const notAfter = parseTime(validity);
  validity.finish();
  const subject = reader.whole(Tag.Sequence);
  const certificate: Certificate = {
    der: der,
    tbs: tbs,
    serialNumber: serialNumber,
    issuer: issuer,
    subject: subject,
    notBefore: notBefore,
    notAfter: notAfter,
    publicKey: parsePublicKey(reader.whole(Tag.Sequence)),
    signatureAlgorithm: signatureAlgorithm,
    signature: signature,
    ca: false,
    serverAuth: true,
  };
  const unique = reader.peek();
  if (unique === Tag.Context + 1 || unique === Tag.Context + 2) unsupported('unique identifiers');
  if (version3 && reader.peek() === Tag.Explicit + 3) parseExtensions(certificate, reader.enter(Tag.Explicit + 3));
  reader.finish();
  return certificate;
}

/** `[0] EXPLICIT INTEGER DEFAULT v1`, v3 is 2. */
function readVersion3(reader: DerReader): boolean {
  if (reader.peek() !== Tag.Explicit) return false;
  const explicit = reader.enter(Tag.Explicit);
  const version = explicit.integer();
  explicit.finish();
  if (version.length !== 1 || version[0] === 0) malformed('bad version');
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
    const oid = extension.oid();
    const critical = extension.optionalBoolean();
    const value = extension.enter(Tag.OctetString);
    extension.finish();
    if (seen.indexOf(oid) >= 0) malformed('an extension twice');
    seen.push(oid);
    if (parseExtension(certificate, oid, value)) value.finish();
    else if (critical || oid === Oid.NameConstraints) unsupported('extension ' + oid);
  } while (extensions.peek() >= 0);
}

/** True if it knows the extension. */
function parseExtension(certificate: Certificate, oid: string, value: DerReader): boolean {
  if (oid === Oid.BasicConstraints) parseBasicConstraints(certificate, value.enter(Tag.Sequence));
  else if (oid === Oid.KeyUsage) certificate.keyUsage = value.namedBits();
  else if (oid === Oid.ExtendedKeyUsage) certificate.serverAuth = hasServerAuth(value.enter(Tag.Sequence));
  else if (oid === Oid.SubjectAltName) certificate.subjectAltName = value.view(Tag.Sequence);
  else return false;
  return true;
}

/** RFC 5280 §4.2.1.9. */
function parseBasicConstraints(certificate: Certificate, reader: DerReader): void {
  certificate.ca = reader.optionalBoolean();
  if (reader.peek() === Tag.Integer) {
    const value = reader.integer();
    if (!certificate.ca || value[0] >= 0x80) malformed('bad path length');
    // No path that is accepted is longer than 127.
    certificate.pathLength = value.length > 1 ? 127 : value[0];
  }
  reader.finish();
}

/** RFC 5280 §4.2.1.12. */
function hasServerAuth(purposes: DerReader): boolean {
  let found = false;
  do {
    const purpose = purposes.oid();
    if (purpose === Oid.ServerAuth || purpose === Oid.AnyExtendedKeyUsage) found = true;
  } while (purposes.peek() >= 0);
  return found;
}

function unsupported(what: string): never {
  throw ringletError('ERR_CERT_UNSUPPORTED', 'The certificate has an unsupported ' + what);
}
