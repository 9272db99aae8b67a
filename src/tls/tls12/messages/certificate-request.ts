/** CertificateRequest, RFC 5246 §7.4.4, in pieces: a server that trusts the public web names 20 KB of authorities. */
import type { ByteReader } from '../../../bytes/byte-reader.js';
import { Size } from '../../constants.js';
import { malformedMessage } from '../../errors.js';
import type { PieceReader } from '../../handshake-state.js';
import { skippedMessage } from '../../messages/streamed-message.js';

/**
 *   struct {
 *       ClientCertificateType certificate_types<1..2^8-1>;
 *       SignatureAndHashAlgorithm supported_signature_algorithms<2..2^16-2>;
 *       DistinguishedName certificate_authorities<0..2^16-1>;
 *   } CertificateRequest;
 *
 * Takes the pieces, up to `capacity` bytes each, of a message of `length` bytes. `accept` is given the signature algorithms.
 */
export function certificateRequestPieces(
  length: number,
  capacity: number,
  accept: (algorithms: ByteReader) => void,
): PieceReader {
  /** Behind the piece that was asked for last. */
  let left = length - Size.HandshakeHeader;

  const piece = (size: number, then: PieceReader): number => {
    left -= size;
    if (left < 0 || size > capacity) malformedMessage('has a wrong length');
    reads = then;
    return size;
  };

  let reads: PieceReader = () => piece(1, types);

  const types = (reader: ByteReader): number => piece(reader.readUint8() + 2, algorithms);

  const algorithms = (reader: ByteReader): number => {
    reader.advance(reader.bytesLeft - 2);
    return piece(reader.readUint16() + 2, authorities);
  };

  const authorities = (reader: ByteReader): number => {
    const size = reader.bytesLeft - 2;
    const list = reader.slice(size);
    if (size < 2 || size & 1 || reader.readUint16() !== left) malformedMessage('has a wrong length');
    accept(list);
    reads = skippedMessage(left + Size.HandshakeHeader, capacity);
    return reads(reader);
  };

  return reader => reads(reader);
}
