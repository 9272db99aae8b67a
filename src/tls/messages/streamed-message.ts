/**
 * Messages that may be larger than the handshake buffer are taken in pieces: Certificate (RFC 8446 §4.4.2), of which one certificate at a time is in
 * the buffer; CertificateRequest (§4.3.2), of which only the signature algorithms are looked at (a server that trusts the public web names 20 KB of
 * authorities); and a NewSessionTicket (§4.6.1) that does not fit, which is skipped.
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
import type { ServerChain } from '../../x509/server-chain.js';
import { ExtensionType, HandshakeType } from '../constants.js';
import { illegalParameter, messageTooLarge, tlsError } from '../errors.js';
import { checkExtension, missingExtension } from './extensions.js';

/** What a piece is. */
const enum Piece {
  Header,
  ContextAndLength,
  EntryLength,
  Certificate,
  ExtensionsLength,
  ExtensionHeader,
  Algorithms,
  Skipped,
}

export class StreamedMessage {
  private readonly largestPiece: number;
  private readonly offered: ReadonlyArray<number>;
  private readonly serverChain: ServerChain | undefined;
  private readonly seen: number[];
  private piece: Piece;
  /** Bytes of the message behind this piece. */
  private left: number;
  /** Bytes behind the list of extensions we are in; otherwise not less than `left`. */
  private behind: number;
  /** Bytes behind this piece that are to be skipped before anything else. */
  private skipLeft: number;
  /** After the certificate of an entry: its extensions follow. */
  private inEntry: boolean;
  private hasAlgorithms: boolean;

  /**
   * A piece has at most `largestPiece` bytes. `offered` are the extensions of the ClientHello. `serverChain` takes the certificates of a Certificate, the
   * server's own first; it is undefined for any other message.
   */
  constructor(largestPiece: number, offered: ReadonlyArray<number>, serverChain: ServerChain | undefined) {
    this.largestPiece = largestPiece;
    this.offered = offered;
    this.serverChain = serverChain;
    this.seen = [];
    this.piece = Piece.Header;
    this.left = this.behind = this.skipLeft = 0;
    this.inEntry = this.hasAlgorithms = false;
  }

  /** Reads a whole piece, first the message's header, and answers how many bytes the next one is to have; 0 if it was the last. */
  next(reader: ByteReader): number {
    const chain = this.serverChain;
    switch (this.piece) {
      case Piece.Header: {
        const type = reader.readUint8();
        this.left = this.behind = reader.readUint(3);
        if (type !== HandshakeType.NewSessionTicket) return this.ask(Piece.ContextAndLength, chain ? 4 : 3, reader);
        this.hasAlgorithms = true;
        this.skipLeft = this.left;
        break;
      }
      case Piece.ContextAndLength: {
        // "SHALL be zero length" during the handshake.
        if (reader.readUint8() > 0) illegalParameter('certificate_request_context');
        const length = reader.readUint(chain ? 3 : 2);
        if (length !== this.left) reader.fail('has a vector of ' + length + ' bytes');
        if (!chain) this.behind = 0;
        else if (!length) tlsError('MISSING_CERTIFICATE', 'the server sent no certificate');
        break;
      }
      case Piece.EntryLength: {
        const length = reader.readUint(3);
        this.inEntry = true;
        if (length <= this.largestPiece || length > this.left) return this.ask(Piece.Certificate, length, reader);
        (chain as ServerChain).leaveOut(messageTooLarge(length, this.largestPiece, 'handshakeBufferSize'));
        this.skipLeft = length;
        break;
      }
      case Piece.Certificate:
        if (chain && !chain.add(reader.rest())) {
          chain.leaveOut(messageTooLarge(chain.bytesSeen, chain.memory, 'chainMemory'));
        }
        break;
      case Piece.ExtensionsLength:
        this.inEntry = false;
        this.behind = this.left - reader.readUint16();
        if (this.behind < 0) reader.fail('ends early');
        break;
      case Piece.ExtensionHeader: {
        const type = reader.readUint16();
        const length = reader.readUint16();
        // We offer none of the extensions that an entry may have.
        if (chain) checkExtension(type, this.seen, this.offered, []);
        else checkExtension(type, this.seen, undefined, [ExtensionType.SignatureAlgorithms]);
        if (type === ExtensionType.SignatureAlgorithms) return this.ask(Piece.Algorithms, length, reader);
        this.skipLeft = length;
        break;
      }
      case Piece.Algorithms: {
        const algorithms = reader.vector(2, 2);
        while (algorithms.bytesLeft > 0) algorithms.readUint16();
        reader.expectEnd();
        this.hasAlgorithms = true;
        break;
      }
      default:
    }
    const skip = this.skipLeft;
    if (skip > 0) {
      if (skip > this.room) reader.fail('ends early');
      const length = skip < this.largestPiece ? skip : this.largestPiece;
      this.skipLeft = skip - length;
      return this.ask(Piece.Skipped, length, reader);
    }
    if (this.inEntry) return this.ask(Piece.ExtensionsLength, 2, reader);
    if (this.left > this.behind) return this.ask(Piece.ExtensionHeader, 4, reader);
    if (this.left > 0) return this.ask(Piece.EntryLength, 3, reader);
    if (!chain && !this.hasAlgorithms) missingExtension('signature_algorithms');
    return 0;
  }

  /** Bytes left of what we are in: the list of extensions, or the message. */
  private get room(): number {
    return this.left > this.behind ? this.left - this.behind : this.left;
  }

  private ask(piece: Piece, length: number, reader: ByteReader): number {
    if (length < 1 || length > this.room) reader.fail('ends early');
    this.piece = piece;
    this.left -= length;
    return length;
  }
}

/** The answer to a CertificateRequest of one that has no certificate: empty context, empty list (RFC 8446 §4.4.2). */
export function emptyCertificate(): Uint8Array {
  return new Uint8Array([HandshakeType.Certificate, 0, 0, 4, 0, 0, 0, 0]);
}
