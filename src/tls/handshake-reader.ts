/**
 * Reassembles handshake messages, RFC 8446 §4 and §5.1, from any number of records into one fixed buffer, one message at a time.
 *
 *   struct {
 *       HandshakeType msg_type;
 *       uint24 length;
 *       ...
 *   } Handshake;
 *
 * Until the transcript's hash is known the ClientHello occupies the front of the buffer (`start`).
 */
import { Size } from './constants.js';
import { messageTooLarge } from './errors.js';
import type { RecordReader } from './record-reader.js';

export class HandshakeReader {
  readonly buffer: Uint8Array;
  /** Where the message begins. */
  start: number;
  /** Bytes of it that are here, header included. */
  length: number;
  /** The most of the buffer there ever was in use. */
  peak: number;
  private readonly expect: (handshakeType: number) => void;

  /** `expect` is told the type of each message as soon as its header is here, before its body is waited for; it may throw. */
  constructor(size: number, expect: (handshakeType: number) => void) {
    this.buffer = new Uint8Array(size);
    this.start = this.length = this.peak = 0;
    this.expect = expect;
  }

  /** Takes what the opened record has of this message; true once it is whole. */
  fill(records: RecordReader): boolean {
    const buffer = this.buffer;
    const start = this.start;
    if (this.length < Size.HandshakeHeader) {
      if (start + Size.HandshakeHeader > buffer.length) this.tooLarge(Size.HandshakeHeader);
      if (!this.take(records, Size.HandshakeHeader)) return false;
      this.expect(buffer[start]);
    }
    const whole = Size.HandshakeHeader + ((buffer[start + 1] << 16) | (buffer[start + 2] << 8) | buffer[start + 3]);
    if (start + whole > buffer.length) this.tooLarge(whole);
    return this.take(records, whole);
  }

  /** The message has been read; the next one may come. */
  clear(): void {
    this.length = 0;
  }

  /** Takes until `length` bytes of the message are here. */
  private take(records: RecordReader, length: number): boolean {
    const missing = length - this.length;
    const taken = missing < records.remaining ? missing : records.remaining;
    if (taken > 0) records.take(this.buffer, this.start + this.length, taken);
    this.length += taken;
    if (this.start + this.length > this.peak) this.peak = this.start + this.length;
    return taken === missing;
  }

  private tooLarge(whole: number): never {
    throw messageTooLarge(this.start + whole, this.buffer.length, 'handshakeBufferSize');
  }
}
