/**
 * Puts records into the output ring, RFC 8446 §5, and seals them there, across the end of the ring too. Records are only
 * ever appended, so what the transport takes in pieces of any size is their exact concatenation.
 *
 * Some room is kept for change_cipher_spec, user_canceled and close_notify, so that a full ring can still say how it ends. Allocates nothing per record.
 */
import { ByteRing } from '../bytes/byte-ring.js';
import type { MakeBuffer } from '../bytes/make-buffer.js';
import { Noted, note, type Recorder } from '../recorder.js';
import { Alert, ContentType, Size, Version } from './constants.js';
import { cross, type RecordKeys } from './record-protection.js';

export class RecordWriter {
  readonly output: ByteRing;
  /** Undefined as long as we send plaintext. */
  protection: RecordKeys | undefined;
  /** The largest content of one record; less if the peer's record_size_limit says so. */
  limit: number;
  /** Bytes of the ring that content does not get: two alert records, and what sealing adds to the content. */
  reserve: number;
  tape: Recorder | undefined;
  private readonly recordHeader: Uint8Array;
  /** Content type, then tag: what follows the content. */
  private readonly trailer: Uint8Array;
  private readonly alertContent: Uint8Array;
  private cipherSpecChanged: boolean;

  constructor(outputSize: number, makeBuffer?: MakeBuffer) {
    this.output = new ByteRing(outputSize, makeBuffer);
    this.protection = undefined;
    this.limit = Size.MaxFragment;
    this.reserve = 2 * Size.AlertRecord + Size.RecordHeader + 1 + Size.RecordOverhead;
    this.recordHeader = new Uint8Array(Size.RecordHeader);
    this.trailer = new Uint8Array(Size.Tag);
    this.alertContent = new Uint8Array(2);
    this.cipherSpecChanged = false;
  }

  /** Bytes of content that one more record can take; below zero if not even an empty one. */
  get room(): number {
    return this.output.space - this.reserve;
  }

  /** Appends one record. The caller has seen to it that it fits. */
  record(contentType: number, version: number, bytes: Uint8Array, offset: number, length: number): void {
    const output = this.output;
    const header = this.recordHeader;
    let protection = this.protection;
    const nonce = protection && protection.explicitNonce;
    // That of TLS 1.3 is for middleboxes.
    if (!nonce && contentType === ContentType.ChangeCipherSpec) protection = undefined;
    const front = Size.RecordHeader + (nonce ? nonce.length : 0);
    const inner = nonce ? length : length + 1;
    const fragment = protection ? front - Size.RecordHeader + inner + Size.Tag : length;
    note(this.tape, Noted.RecordOut, contentType, fragment);
    header[0] = protection && !nonce ? ContentType.ApplicationData : contentType;
    header[1] = version >> 8;
    header[2] = version;
    header[3] = fragment >> 8;
    header[4] = fragment;
    const start = output.length + front;
    if (protection) protection.start(header, inner);
    output.write(header, 0, Size.RecordHeader);
    if (nonce && nonce.length) output.write(nonce, 0, nonce.length);
    output.write(bytes, offset, length);
    if (!protection) return;
    const trailer = this.trailer;
    trailer[0] = contentType;
    if (!nonce) output.write(trailer, 0, 1);
    cross(protection.aead, output, start, inner, true);
    protection.aead.tag(trailer, 0);
    output.write(trailer, 0, Size.Tag);
  }

  /** For middleboxes that want to see TLS 1.2 (RFC 8446 §D.4), once. */
  changeCipherSpec(): void {
    const content = this.alertContent;
    if (this.cipherSpecChanged) return;
    content[0] = 1;
    this.cipherSpecChanged = true;
    this.record(ContentType.ChangeCipherSpec, Version.Tls12, content, 0, 1);
  }

  /**
   * Appends an alert record, for which there is always room. RFC 8446 §6: the level says nothing, but some peers look. One that takes the place of the second
   * flight has change_cipher_spec before it as well (§D.4): without it there are servers that do not read it.
   */
  sendAlert(alert: number): void {
    const content = this.alertContent;
    const protection = this.protection;
    const warning = alert === Alert.CloseNotify || (alert >= Alert.UserCanceled && alert <= Alert.NoRenegotiation);
    if (protection && !protection.explicitNonce) this.changeCipherSpec();
    content[0] = warning ? 1 : 2;
    content[1] = alert;
    this.record(ContentType.Alert, Version.Tls12, content, 0, 2);
  }
}
