/**
 * Reassembles handshake messages, RFC 8446 §4 and §5.1, from any number of records into one buffer, which grows up to a limit as they need it: a message at a time, or one that is
 * larger in pieces (messages/streamed-message.ts). The first piece of every message is its header.
 *
 *   struct {
 *       HandshakeType msg_type;
 *       uint24 length;
 *       ...
 *   } Handshake;
 *
 * Until the transcript's hash is known the ClientHello occupies the front of the buffer (`messageStart`).
 */
import { Size } from './constants.js';
import { messageTooLarge } from './errors.js';
import type { RecordReader } from './record-reader.js';

/** Few messages of a handshake need more. */
const FIRST = 1024;

export class HandshakeReader {
  messageBuffer: Uint8Array;
  /** Of the buffer, in bytes: FIRST or more. */
  readonly limit: number;
  /** Where the piece begins. */
  messageStart: number;
  /** Bytes of the piece that are here. */
  pieceLength: number;
  /** How many it is to have. */
  wanted: number;
  /** Bytes of the message that have come so far, header included; 0 between messages. */
  bytesHere: number;
  /** Bytes of the whole message, header included; 0 until the header is here. */
  messageLength: number;
  /** The most of the buffer there ever was in use. */
  mostUsed: number;

  constructor(size: number) {
    this.limit = size;
    this.messageBuffer = new Uint8Array(FIRST);
    this.messageStart = this.mostUsed = 0;
    this.pieceLength = this.bytesHere = this.messageLength = 0;
    this.wanted = Size.HandshakeHeader;
  }

  /** Takes what the opened record has of the piece; true once it is whole. Throws ERR_TLS_MESSAGE_TOO_LARGE if it cannot be. */
  fill(records: RecordReader): boolean {
    const at = this.messageStart + this.pieceLength;
    const missing = this.wanted - this.pieceLength;
    const taken = missing < records.remaining ? missing : records.remaining;
    if (at + missing > this.limit) this.tooLarge(at + missing, 1);
    if (taken > 0) {
      records.take(this.reserve(at + missing), at, taken);
      this.pieceLength += taken;
      this.bytesHere += taken;
      if (at + taken > this.mostUsed) this.mostUsed = at + taken;
    }
    return missing === taken;
  }

  nextMessage(): void {
    this.pieceLength = this.bytesHere = this.messageLength = 0;
    this.wanted = Size.HandshakeHeader;
  }

  /** The buffer, with room for `length` bytes, at most `limit`. */
  reserve(length: number): Uint8Array {
    const before = this.messageBuffer;
    if (length > before.length) {
      this.messageBuffer = new Uint8Array(length);
      this.messageBuffer.set(before);
    }
    return this.messageBuffer;
  }

  /** Throws ERR_TLS_MESSAGE_TOO_LARGE: `length` bytes are more than `times` the buffer. */
  tooLarge(length: number, times: number): never {
    throw messageTooLarge(length, this.limit * times, 'handshakeBufferSize');
  }
}
