/** CertificateVerify, RFC 8446 §4.4.3. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import { finish } from '../../crypto/computation.js';
import type { PublicKey } from '../../crypto/provider.js';
import { type SignatureScheme, schemeFitsKey } from '../cipher-suites.js';
import { illegalParameter, tlsError } from '../errors.js';

/**
 *   struct {
 *       SignatureScheme algorithm;
 *       opaque signature<0..2^16-1>;
 *   } CertificateVerify;
 *
 * Throws unless it is `key`'s signature over `transcriptHash` (ClientHello...Certificate).
 */
export function verifyCertificateVerify(
  reader: ByteReader,
  schemes: SignatureScheme[],
  key: PublicKey,
  transcriptHash: Uint8Array,
): void {
  const id = reader.readUint16();
  const signature = reader.vector(2, 0);
  reader.expectEnd();
  for (const scheme of schemes) {
    if (scheme.id !== id || !schemeFitsKey(scheme, key)) continue;
    if (finish(scheme.verifier.verify(key, scheme.hash, signedContent(transcriptHash), signature.rest()))) return;
    tlsError('BAD_CERTIFICATE_VERIFY', 'the server does not have the key of its certificate');
  }
  illegalParameter('signature scheme for this key');
}

/** 64 spaces, the context string, a zero byte, the transcript hash. */
function signedContent(transcriptHash: Uint8Array): Uint8Array {
  const context = 'TLS 1.3, server CertificateVerify';
  const end = 64 + context.length;
  const content = new Uint8Array(end + 1 + transcriptHash.length);
  for (let i = 0; i < end; i++) content[i] = i < 64 ? 0x20 : context.charCodeAt(i - 64);
  content.set(transcriptHash, end + 1);
  return content;
}
