/** Certificate and CertificateRequest, RFC 8446 §4.4.2, §4.3.2. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { ringletError } from '../../errors.js';
import { ExtensionType, HandshakeType } from '../constants.js';
import { illegalParameter } from '../errors.js';
import { missingExtension, parseExtensions } from './extensions.js';

/**
 *   struct {
 *       opaque cert_data<1..2^24-1>;
 *       Extension extensions<0..2^16-1>;
 *   } CertificateEntry;
 *
 *   struct {
 *       opaque certificate_request_context<0..2^8-1>;
 *       CertificateEntry certificate_list<0..2^24-1>;
 *   } Certificate;
 *
 * Answers the certificates, the server's own first, as views of the message.
 */
export function parseCertificate(reader: ByteReader, offered: ReadonlyArray<number>): Uint8Array[] {
  const chain: Uint8Array[] = [];
  checkContext(reader);
  const list = reader.vector(3, 0, 0xffffff);
  reader.finish();
  while (list.remaining > 0) {
    const certificate = list.vector(3, 1, 0xffffff);
    chain.push(certificate.view(certificate.remaining));
    // We offer none of the extensions that an entry may have.
    parseExtensions(list, offered, [], () => true);
  }
  if (chain.length === 0) throw ringletError('ERR_TLS_MISSING_CERTIFICATE', 'the server sent no certificate');
  return chain;
}

/**
 *   struct {
 *       opaque certificate_request_context<0..2^8-1>;
 *       Extension extensions<2..2^16-1>;
 *   } CertificateRequest;
 *
 * What it asks for does not matter: the answer is "none".
 */
export function parseCertificateRequest(reader: ByteReader): void {
  let hasAlgorithms = false;
  checkContext(reader);
  parseExtensions(reader, undefined, [ExtensionType.SignatureAlgorithms], (type, body) => {
    if (type !== ExtensionType.SignatureAlgorithms) return false;
    hasAlgorithms = true;
    const algorithms = body.vector(2, 2, 65534);
    while (algorithms.remaining > 0) algorithms.uint16();
    return true;
  });
  reader.finish();
  if (!hasAlgorithms) missingExtension('signature_algorithms');
}

/** "SHALL be zero length" during the handshake. */
function checkContext(reader: ByteReader): void {
  if (reader.vector(1, 0, 255).remaining > 0) illegalParameter('certificate_request_context is not empty');
}

/** The answer to a CertificateRequest of one that has no certificate: empty context, empty list (RFC 8446 §4.4.2). */
export function emptyCertificate(): Uint8Array {
  return new Uint8Array([HandshakeType.Certificate, 0, 0, 4, 0, 0, 0, 0]);
}
