/**
 * Reassembles handshake messages, RFC 8446 §4 and §5.1, from any number of records into one fixed buffer, one message at a time.
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

export class HandshakeReader {
  readonly messageBuffer: Uint8Array;
  /** Where the message begins. */
  messageStart: number;
  /** Bytes of it that are here, header included; to be set to 0 when it has been read. */
  bytesHere: number;
  /** The most of the buffer there ever was in use. */
  mostUsed: number;

  constructor(size: number) {
    this.messageBuffer = new Uint8Array(size);
    this.messageStart = this.bytesHere = this.mostUsed = 0;
  }

  /**
   * Takes what the opened record has of this message; true once it is whole. `checkType` is told its type as soon as its
   * header is here, before its body is waited for, and again with each record of it; it may throw.
   */
  fill(records: RecordReader, checkType: (handshakeType: number) => void): boolean {
    const buffer = this.messageBuffer;
    const start = this.messageStart;
    if (!this.fillUpTo(Size.HandshakeHeader, records)) return false;
    checkType(buffer[start]);
    const body = (buffer[start + 1] << 16) | (buffer[start + 2] << 8) | buffer[start + 3];
    return this.fillUpTo(Size.HandshakeHeader + body, records);
  }

  /** Takes until `whole` bytes of the message are here. */
  private fillUpTo(whole: number, records: RecordReader): boolean {
    const buffer = this.messageBuffer;
    const at = this.messageStart + this.bytesHere;
    const missing = whole - this.bytesHere;
    const taken = missing < records.remaining ? missing : records.remaining;
    if (this.messageStart + whole > buffer.length) {
      this.tooSmallFor(this.messageStart + whole);
    }
    if (taken > 0) {
      records.take(buffer, at, taken);
      this.bytesHere += taken;
      if (at + taken > this.mostUsed) this.mostUsed = at + taken;
    }
    return missing <= taken;
  }

  tooSmallFor(length: number): never {
    messageTooLarge(length, this.messageBuffer.length, 'handshakeBufferSize');
  }
}
