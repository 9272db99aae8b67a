/**
 * Reassembles handshake messages, RFC 8446 §4 and §5.1, from any number of records into one buffer, which grows with them: a message at a time, or one that is
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
import { copyBytes } from '../bytes/copy-bytes.js';
import type { MakeBuffer } from '../bytes/make-buffer.js';
import { Size } from './constants.js';
import { messageTooLarge } from './errors.js';
import type { RecordReader } from './record-reader.js';

export class HandshakeReader {
  messageBuffer: Uint8Array;
  /** How large it may become. */
  readonly capacity: number;
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
  private readonly makeBuffer?: MakeBuffer;

  constructor(capacity: number, makeBuffer?: MakeBuffer) {
    this.capacity = capacity;
    this.makeBuffer = makeBuffer;
    this.messageBuffer = new Uint8Array(0);
    this.messageStart = this.mostUsed = 0;
    this.pieceLength = this.bytesHere = this.messageLength = 0;
    this.wanted = Size.HandshakeHeader;
  }

  /** Takes what the opened record has of the piece; true once it is whole. Throws ERR_TLS_MESSAGE_TOO_LARGE if it cannot be. */
  fill(records: RecordReader): boolean {
    const at = this.messageStart + this.pieceLength;
    const missing = this.wanted - this.pieceLength;
    const taken = missing < records.remaining ? missing : records.remaining;
    const buffer = this.roomFor(at + missing, at);
    if (taken > 0) {
      records.take(buffer, at, taken);
      this.pieceLength += taken;
      this.bytesHere += taken;
      if (at + taken > this.mostUsed) this.mostUsed = at + taken;
    }
    return missing === taken;
  }

  /** The buffer with at least `size` bytes, the first `used` of them as they were. Throws ERR_TLS_MESSAGE_TOO_LARGE. */
  roomFor(size: number, used: number): Uint8Array {
    const buffer = this.messageBuffer;
    if (size > this.capacity) this.tooLarge(size, 1);
    if (size <= buffer.length) return buffer;
    // A little more, because the next message may be a little longer.
    const length = size + 64 < this.capacity ? size + 64 : this.capacity;
    this.messageBuffer = this.makeBuffer ? this.makeBuffer(length) : new Uint8Array(length);
    copyBytes(this.messageBuffer, 0, buffer, 0, used);
    return this.messageBuffer;
  }

  /** Between messages, when the next one is not expected soon. */
  release(): void {
    this.messageBuffer = new Uint8Array(0);
  }

  nextMessage(): void {
    this.pieceLength = this.bytesHere = this.messageLength = 0;
    this.wanted = Size.HandshakeHeader;
  }

  /** Throws ERR_TLS_MESSAGE_TOO_LARGE: `length` bytes are more than `times` the buffer. */
  tooLarge(length: number, times: number): never {
    throw messageTooLarge(length, this.capacity * times, 'handshakeBufferSize');
  }
}
