/**
 * Messages that may be larger than the handshake buffer are taken in pieces: Certificate (RFC 8446 §4.4.2), of which one certificate at a time is in
 * the buffer; and CertificateRequest (§4.3.2), of which only the signature algorithms are looked at (a server that trusts the public web names 20 KB of
 * authorities).
 *
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
 *   struct {
 *       opaque certificate_request_context<0..2^8-1>;
 *       Extension extensions<2..2^16-1>;
 *   } CertificateRequest;
 *
 * Every length is checked against the one around it before its content is waited for.
 */
import type { ByteReader } from '../../bytes/byte-reader.js';
import type { CertificateChain } from '../../x509/server-chain.js';
import { ExtensionType, Size } from '../constants.js';
import { illegalParameter, malformedMessage, messageTooLarge, tlsError } from '../errors.js';
import { type ClientHandshake, type PieceReader, pieces } from '../handshake-state.js';
import { checkExtension, missingExtension } from './extensions.js';

/** Takes a message of `length` bytes in pieces of up to `capacity`, and forgets them. */
export function skippedMessage(length: number, capacity: number): PieceReader {
  let left = length - Size.HandshakeHeader;
  return () => {
    const size = left < capacity ? left : capacity;
    left -= size;
    return size;
  };
}

/** For what is of use, but nothing fails without it: only if it is larger than the handshake buffer is it taken in pieces. */
export function skippedIfLarge(tls: ClientHandshake, length: number): PieceReader | undefined {
  const capacity = tls.incoming.capacity;
  return length > capacity ? pieces(tls, length, skippedMessage(length, capacity)) : undefined;
}

/**
 * Answers what takes the pieces of a Certificate or CertificateRequest of `length` bytes. None is longer than `capacity`, except
 * those that nothing works without: the server's own certificate, and signature algorithms. `offered` are the extensions of the ClientHello.
 * `chain` takes the certificates of a Certificate; it is undefined for a CertificateRequest. `take`, if it is there, takes status_request of the
 * server's own certificate, or the signature algorithms.
 * With `bare` it is a Certificate of TLS 1.2, without context and extensions (RFC 5246 §7.4.2).
 */
export function streamedMessage(
  length: number,
  capacity: number,
  offered: ReadonlyArray<number>,
  chain: CertificateChain | undefined,
  take?: (content: ByteReader) => void,
  bare?: boolean,
): PieceReader {
  let entries = 0;
  let seen: number[] = [];
  let hasAlgorithms = false;
  /** Bytes of the message behind the piece that was asked for last. */
  let left = length - Size.HandshakeHeader;
  /** Bytes behind the list of extensions we are in; otherwise `left` is not more. */
  let behind = left;

  /** How much of what we are in is left. */
  const within = (): number => (left > behind ? left - behind : left);

  const piece = (size: number, then: PieceReader): number => {
    if (size < 1 || size > within()) wrongLength();
    left -= size;
    reads = then;
    return size;
  };

  const skip = (size: number, then: () => number): number => {
    const taken = size < capacity ? size : capacity;
    if (size > within()) wrongLength();
    return taken ? piece(taken, () => skip(size - taken, then)) : then();
  };

  let reads: PieceReader = () => piece(chain && !bare ? 4 : 3, context);

  const context = (reader: ByteReader): number => {
    // "SHALL be zero length" during the handshake.
    if (!bare && reader.readUint8() > 0) illegalParameter('certificate_request_context');
    if (reader.readUint(chain ? 3 : 2) !== left) wrongLength();
    if (!chain) behind = 0;
    else if (!left) tlsError('MISSING_CERTIFICATE', 'the server sent no certificate');
    return goOn();
  };

  const goOn = (): number => {
    if (left > behind) return piece(4, extension);
    if (left) return piece(3, entry);
    if (!chain && !hasAlgorithms) missingExtension('signature_algorithms');
    return 0;
  };

  const entry = (reader: ByteReader): number => {
    const size = reader.readUint(3);
    const certificates = chain as CertificateChain;
    entries++;
    if (size <= capacity || !certificates.kept.length) return piece(size, certificate);
    certificates.doubt = messageTooLarge(size, capacity, 'handshakeBufferSize');
    return skip(size, extensionsLength);
  };

  const certificate = (reader: ByteReader): number => {
    const certificates = chain as CertificateChain;
    if (!certificates.add(reader.rest())) {
      // So much would do.
      certificates.doubt = messageTooLarge(length, certificates.memory, 'chainMemory');
    }
    return extensionsLength();
  };

  const extensionsLength = (): number => (bare ? goOn() : piece(2, extensions));

  const extensions = (reader: ByteReader): number => {
    behind = left - reader.readUint16();
    seen = [];
    if (behind < 0) wrongLength();
    return goOn();
  };

  const extension = (reader: ByteReader): number => {
    const extensionType = reader.readUint16();
    const size = reader.readUint16();
    const allowed = chain ? ExtensionType.StatusRequest : ExtensionType.SignatureAlgorithms;
    checkExtension(extensionType, seen, chain && offered, [allowed]);
    if (extensionType === ExtensionType.SignatureAlgorithms) return piece(size, algorithms);
    return take && entries === 1 && size <= capacity ? piece(size, status) : skip(size, goOn);
  };

  const status = (reader: ByteReader): number => {
    (take as (content: ByteReader) => void)(reader);
    return goOn();
  };

  const algorithms = (reader: ByteReader): number => {
    const list = reader.vector(2, 2);
    if (take) take(list);
    while (list.bytesLeft > 0) list.readUint16();
    reader.expectEnd();
    hasAlgorithms = true;
    return goOn();
  };

  return reader => reads(reader);
}

function wrongLength(): never {
  malformedMessage('has a wrong length');
}
