/** TLS 1.3 records (RFC 8446 §5) on node:crypto, for the scripted server: one direction under one traffic secret. */
import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto';
import { expandLabel, type Suite } from './key-schedule.js';

export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;

export type Protection = 'plaintext' | 'early' | 'handshake' | 'application';

export function plaintextRecord(type: number, content: Uint8Array, version = 0x0303): Buffer {
  const header = [type, version >> 8, version & 255, content.length >> 8, content.length & 255];
  return Buffer.concat([Buffer.from(header), content]);
}

/** The whole records that `wire` consists of, each with its header. */
export function recordsOf(wire: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < wire.length; ) {
    const end = at + 5 + wire.readUInt16BE(at + 3);
    records.push(wire.subarray(at, end));
    at = end;
  }
  return records;
}

export class TrafficKeys {
  private readonly key: Buffer;
  private readonly iv: Buffer;
  private sequence = 0;

  constructor(
    private readonly suite: Suite,
    readonly secret: Buffer,
    readonly protection: Protection,
  ) {
    this.key = expandLabel(suite.hash, secret, 'key', Buffer.alloc(0), suite.keyLength);
    this.iv = expandLabel(suite.hash, secret, 'iv', Buffer.alloc(0), 12);
  }

  /** The keys after a KeyUpdate, RFC 8446 §7.2. */
  next(): TrafficKeys {
    const { hash, digestLength } = this.suite;
    const secret = expandLabel(hash, this.secret, 'traffic upd', Buffer.alloc(0), digestLength);
    return new TrafficKeys(this.suite, secret, this.protection);
  }

  /** The same keys, from the first record on. */
  again(): TrafficKeys {
    return new TrafficKeys(this.suite, this.secret, this.protection);
  }

  /** A protected record; `type` undefined leaves the inner content type out, so that the inner plaintext is all padding. */
  seal(type: number | undefined, content: Uint8Array, padding = 0): Buffer {
    const end = type === undefined ? [] : [type];
    return this.sealInner(Buffer.concat([content, Buffer.from(end), Buffer.alloc(padding)]));
  }

  private sealInner(inner: Buffer): Buffer {
    const header = plaintextRecord(APPLICATION_DATA, Buffer.alloc(inner.length + 16)).subarray(0, 5);
    const cipher = createCipheriv(this.suite.cipher as 'aes-128-gcm', this.key, this.nonce(), { authTagLength: 16 });
    (cipher as CipherGCM).setAAD(header, { plaintextLength: inner.length });
    const sealed = cipher.update(inner);
    return Buffer.concat([header, sealed, cipher.final(), cipher.getAuthTag()]);
  }

  /** Opens a whole record, header included; undefined if it was not sealed under these keys. */
  open(record: Buffer): { type: number; content: Buffer } | undefined {
    const header = record.subarray(0, 5);
    const sealed = record.subarray(5, record.length - 16);
    if (record.length < 5 + 16 + 1) return undefined;
    const decipher = createDecipheriv(this.suite.cipher as 'aes-128-gcm', this.key, this.nonce(), {
      authTagLength: 16,
    }) as DecipherGCM;
    decipher.setAuthTag(record.subarray(record.length - 16));
    decipher.setAAD(header, { plaintextLength: sealed.length });
    try {
      const inner = Buffer.concat([decipher.update(sealed), decipher.final()]);
      let end = inner.length - 1;
      while (end >= 0 && inner[end] === 0) end--;
      return end < 0 ? undefined : { type: inner[end], content: inner.subarray(0, end) };
    } catch {
      return undefined;
    }
  }

  private nonce(): Buffer {
    const nonce = Buffer.from(this.iv);
    const sequence = this.sequence++;
    for (let i = 0; i < 4; i++) nonce[11 - i] ^= (sequence >>> (8 * i)) & 255;
    return nonce;
  }
}
