/** CertificateVerify, RFC 8446 §4.4.3. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import type { PublicKey } from '../../crypto/provider.js';
import { ringletError } from '../../errors.js';
import { type SignatureScheme, schemeFitsKey } from '../cipher-suites.js';
import { illegalParameter } from '../errors.js';

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
  const id = reader.uint16();
  const signature = reader.vector(2, 0, 65535);
  reader.finish();
  for (const scheme of schemes) {
    const verifier = scheme.verifier;
    if (scheme.id === id && verifier && schemeFitsKey(scheme, key)) {
      const content = signedContent(transcriptHash);
      if (!verifier.verify(key, scheme.hash, content, signature.view(signature.remaining))) {
        throw ringletError('ERR_TLS_BAD_CERTIFICATE_VERIFY', 'the server does not have the key of its certificate');
      }
      return;
    }
  }
  illegalParameter('signature scheme ' + id + ' was not offered or does not fit the key');
}

/** 64 spaces, the context string, a zero byte, the transcript hash. */
function signedContent(transcriptHash: Uint8Array): Uint8Array {
  const context = 'TLS 1.3, server CertificateVerify';
  const content = new Uint8Array(65 + context.length + transcriptHash.length);
  for (let i = 0; i < 64; i++) content[i] = 0x20;
  for (let i = 0; i < context.length; i++) content[64 + i] = context.charCodeAt(i);
  content.set(transcriptHash, 65 + context.length);
  return content;
}
