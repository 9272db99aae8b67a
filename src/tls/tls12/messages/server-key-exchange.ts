/** ServerKeyExchange, RFC 8422 §5.4. */
import type { ByteReader } from '../../../bytes/byte-reader.js';
import type { Computation } from '../../../crypto/computation.js';
import type { CryptoProvider, KeyExchangeGroup, PublicKey } from '../../../crypto/provider.js';
import { groupId, type SignatureScheme } from '../../cipher-suites.js';
import { illegalParameter } from '../../errors.js';
import { tls12Verifier } from '../cipher-suites.js';

export interface ServerKeyExchange {
  readonly group: KeyExchangeGroup;
  /** The server's share: a copy. */
  readonly point: Uint8Array;
  /** Is the signature the key's? It looks at the message. */
  readonly check: Computation<boolean>;
}

/**
 *   struct {
 *       ECCurveType curve_type = named_curve(3);
 *       NamedCurve namedcurve;
 *       opaque point <1..2^8-1>;
 *   } ServerECDHParams;
 *
 *   struct {
 *       ServerECDHParams params;
 *       SignatureAndHashAlgorithm algorithm;
 *       opaque signature<0..2^16-1>;       of both randoms (`randoms`) and params
 *   } ServerKeyExchange;
 *
 * `schemes` are those of the ClientHello. Throws if the scheme is none of them or not one for that `key`.
 */
export function parseServerKeyExchange(
  reader: ByteReader,
  randoms: Uint8Array,
  schemes: SignatureScheme[],
  key: PublicKey,
  crypto: CryptoProvider,
): ServerKeyExchange {
  const start = reader.offset;
  const curveType = reader.readUint8();
  const curve = reader.readUint16();
  const point = new Uint8Array(reader.vector(1, 1).rest());
  const params = reader.bytes.subarray(start, reader.offset);
  const id = reader.readUint16();
  const signature = reader.vector(2, 0).rest();
  reader.expectEnd();
  let group: KeyExchangeGroup | undefined;
  for (const candidate of crypto.groups) if (groupId(candidate) === curve) group = candidate;
  if (curveType !== 3 || !group) return illegalParameter('curve');
  const content = new Uint8Array(randoms.length + params.length);
  content.set(randoms);
  content.set(params, randoms.length);
  for (const scheme of schemes) {
    const verifier = scheme.id === id ? tls12Verifier(scheme, key, crypto) : undefined;
    if (verifier) return { group, point, check: verifier.verify(key, scheme.hash, content, signature) };
  }
  return illegalParameter('signature scheme for this key');
}
