/** CertificateVerify, RFC 8446 §4.4.3. */
import type { ByteReader } from '../../bytes/byte-reader.js';
import type { Computation } from '../../crypto/computation.js';
import type { PublicKey } from '../../crypto/provider.js';
import { type SignatureScheme, schemeFitsKey } from '../cipher-suites.js';
import { illegalParameter } from '../errors.js';

/**
 *   struct {
 *       SignatureScheme algorithm;
 *       opaque signature<0..2^16-1>;
 *   } CertificateVerify;
 *
 * Is it `key`'s signature over `transcriptHash` (ClientHello...Certificate)? Throws if its scheme is not one for that key.
 */
export function verifyCertificateVerify(
  reader: ByteReader,
  schemes: SignatureScheme[],
  key: PublicKey,
  transcriptHash: Uint8Array,
): Computation<boolean> {
  const id = reader.readUint16();
  const signature = reader.vector(2, 0);
  reader.expectEnd();
  for (const scheme of schemes) {
    if (scheme.id !== id || !schemeFitsKey(scheme, key)) continue;
    return scheme.verifier.verify(key, scheme.hash, signedContent(transcriptHash, 'server'), signature.rest());
  }
  return illegalParameter('signature scheme for this key');
}

/** 64 spaces, the context string, a zero byte, the transcript hash. `side` is 'client' or 'server'. */
export function signedContent(transcriptHash: Uint8Array, side: string): Uint8Array {
  const context = 'TLS 1.3, ' + side + ' CertificateVerify';
  const end = 64 + context.length;
  const content = new Uint8Array(end + 1 + transcriptHash.length);
  for (let i = 0; i < end; i++) content[i] = i < 64 ? 0x20 : context.charCodeAt(i - 64);
  content.set(transcriptHash, end + 1);
  return content;
}
