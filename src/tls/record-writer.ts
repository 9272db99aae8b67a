/**
 * Puts records into the output ring, RFC 8446 §5, and seals them there, across the end of the ring too. Records are only
 * ever appended, so what the transport takes in pieces of any size is their exact concatenation.
 *
 * Some room is kept for change_cipher_spec, user_canceled and close_notify, so that a full ring can still say how it ends. Allocates nothing per record.
 */
import { ByteRing } from '../bytes/byte-ring.js';
import { Noted, note, type Recorder } from '../recorder.js';
import { Alert, ContentType, Size, Version } from './constants.js';
import type { RecordProtection } from './record-protection.js';

const RESERVE = 2 * Size.AlertRecord + Size.RecordHeader + 1;

export class RecordWriter {
  readonly output: ByteRing;
  /** Undefined as long as we send plaintext. */
  protection: RecordProtection | undefined;
  /** The largest content of one record; less if the peer's record_size_limit says so. */
  limit: number;
  tape: Recorder | undefined;
  private readonly recordHeader: Uint8Array;
  /** Content type, then tag: what follows the content. */
  private readonly trailer: Uint8Array;
  private readonly alertContent: Uint8Array;
  private cipherSpecChanged: boolean;

  constructor(outputSize: number) {
    this.output = new ByteRing(outputSize);
    this.protection = undefined;
    this.limit = Size.MaxFragment;
    this.recordHeader = new Uint8Array(Size.RecordHeader);
    this.trailer = new Uint8Array(Size.Tag);
    this.alertContent = new Uint8Array(2);
    this.cipherSpecChanged = false;
  }

  /** Bytes of content that one more record can take; below zero if not even an empty one. */
  get room(): number {
    return this.output.space - RESERVE - Size.RecordOverhead;
  }

  /** Appends one record. The caller has seen to it that it fits. */
  record(contentType: number, version: number, bytes: Uint8Array, offset: number, length: number): void {
    const output = this.output;
    const protection = contentType === ContentType.ChangeCipherSpec ? undefined : this.protection;
    const header = this.recordHeader;
    const inner = length + 1;
    const fragment = protection ? inner + Size.Tag : length;
    note(this.tape, Noted.RecordOut, contentType, fragment);
    header[0] = protection ? ContentType.ApplicationData : contentType;
    header[1] = version >> 8;
    header[2] = version;
    header[3] = fragment >> 8;
    header[4] = fragment;
    const start = output.length + Size.RecordHeader;
    output.write(header, 0, Size.RecordHeader);
    output.write(bytes, offset, length);
    if (!protection) return;
    const trailer = this.trailer;
    trailer[0] = contentType;
    output.write(trailer, 0, 1);
    protection.start(header, inner);
    protection.cross(output, start, inner, true);
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
    if (this.protection) this.changeCipherSpec();
    content[0] = alert === Alert.CloseNotify || alert === Alert.UserCanceled ? 1 : 2;
    content[1] = alert;
    this.record(ContentType.Alert, Version.Tls12, content, 0, 2);
  }
}
