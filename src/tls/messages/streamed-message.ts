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

/** What the next piece is. */
const enum Step {
  Header,
  /** Context and length of the list. */
  Context,
  /** Length of a certificate. */
  Entry,
  Certificate,
  /** Length of its extensions. */
  Extensions,
  /** Type and length of one. */
  Extension,
  Status,
  Algorithms,
  Unwanted,
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
  let step = Step.Header;
  let entries = 0;
  /** An entry's certificate has been asked for, and its extensions have not. */
  let inEntry = false;
  let seen: number[] = [];
  let hasAlgorithms = false;
  /** Bytes of the message behind the piece that was asked for last. */
  let left = length - Size.HandshakeHeader;
  /** Bytes behind the list of extensions we are in; otherwise `left` is not more. */
  let behind = left;
  /** Bytes to come that nobody wants. */
  let unwanted = 0;

  const piece = (size: number, next: Step): number => {
    if (size < 1 || size + unwanted > (left > behind ? left - behind : left)) wrongLength();
    left -= size;
    step = next;
    return size;
  };

  // One function, because on Espruino every other one would be 9 variables.
  return reader => {
    const certificates = chain as CertificateChain;
    if (step === Step.Header) return piece(chain && !bare ? 4 : 3, Step.Context);
    if (step === Step.Context) {
      // "SHALL be zero length" during the handshake.
      if (!bare && reader.readUint8() > 0) illegalParameter('certificate_request_context');
      if (reader.readUint(chain ? 3 : 2) !== left) wrongLength();
      if (!chain) behind = 0;
      else if (!left) tlsError('MISSING_CERTIFICATE', 'the server sent no certificate');
    } else if (step === Step.Entry) {
      const size = reader.readUint(3);
      entries++;
      inEntry = !bare;
      if (size <= capacity || !certificates.kept.length) return piece(size, Step.Certificate);
      certificates.doubt = messageTooLarge(size, capacity, 'handshakeBufferSize');
      unwanted = size;
    } else if (step === Step.Certificate) {
      // So much would do.
      if (!certificates.add(reader.rest()))
        certificates.doubt = messageTooLarge(length, certificates.memory, 'chainMemory');
    } else if (step === Step.Extensions) {
      behind = left - reader.readUint16();
      seen = [];
      if (behind < 0) wrongLength();
    } else if (step === Step.Extension) {
      const type = reader.readUint16();
      const size = reader.readUint16();
      checkExtension(type, seen, chain && offered, [
        chain ? ExtensionType.StatusRequest : ExtensionType.SignatureAlgorithms,
      ]);
      if (type === ExtensionType.SignatureAlgorithms) return piece(size, Step.Algorithms);
      if (take && entries === 1 && size <= capacity) return piece(size, Step.Status);
      unwanted = size;
    } else if (step === Step.Status) {
      (take as (content: ByteReader) => void)(reader);
    } else if (step === Step.Algorithms) {
      const list = reader.vector(2, 2);
      if (take) take(list);
      while (list.bytesLeft > 0) list.readUint16();
      reader.expectEnd();
      hasAlgorithms = true;
    }
    if (unwanted) {
      const size = unwanted < capacity ? unwanted : capacity;
      unwanted -= size;
      return piece(size, Step.Unwanted);
    }
    if (inEntry) {
      inEntry = false;
      return piece(2, Step.Extensions);
    }
    if (left > behind) return piece(4, Step.Extension);
    if (left) return piece(3, Step.Entry);
    if (!chain && !hasAlgorithms) missingExtension('signature_algorithms');
    return 0;
  };
}

function wrongLength(): never {
  malformedMessage('has a wrong length');
}
