/** TLS 1.2's PRF and records (RFC 5246 §5, §6.2.3.3) on node:crypto, for the scripted server. It shares no line with src/. */
import {
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  type DecipherGCM,
} from 'node:crypto';

export interface Tls12Suite {
  id: number;
  /** What is to be added to the id for a certificate with an RSA key. */
  rsa: number;
  hash: 'sha256' | 'sha384';
  cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  keyLength: number;
  ivLength: number;
}

/** RFC 5289 §3.2, RFC 7905 §2. */
export const tls12Suites: Record<string, Tls12Suite> = {
  'aes-128-gcm': { id: 0xc02b, rsa: 4, hash: 'sha256', cipher: 'aes-128-gcm', keyLength: 16, ivLength: 4 },
  'aes-256-gcm': { id: 0xc02c, rsa: 4, hash: 'sha384', cipher: 'aes-256-gcm', keyLength: 32, ivLength: 4 },
  'chacha20-poly1305': {
    id: 0xcca9,
    rsa: -1,
    hash: 'sha256',
    cipher: 'chacha20-poly1305',
    keyLength: 32,
    ivLength: 12,
  },
};

export function prf12(hash: string, secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const hmac = (bytes: Buffer) => createHmac(hash, secret).update(bytes).digest();
  const labelled = Buffer.concat([Buffer.from(label), seed]);
  let a = labelled;
  let output = Buffer.alloc(0);
  while (output.length < length) {
    a = hmac(a) as Buffer<ArrayBuffer>;
    output = Buffer.concat([output, hmac(Buffer.concat([a, labelled]))]);
  }
  return output.subarray(0, length);
}

export function hashOf(hash: string, bytes: Buffer): Buffer {
  return createHash(hash).update(bytes).digest();
}

/** One direction. */
export class Tls12Keys {
  private sequence = 0n;

  constructor(
    private readonly suite: Tls12Suite,
    private readonly key: Buffer,
    private readonly iv: Buffer,
  ) {}

  seal(type: number, content: Buffer): Buffer {
    const { additional, counter } = this.next(type, content.length);
    const explicit = this.suite.ivLength === 4 ? counter : Buffer.alloc(0);
    const cipher = createCipheriv(this.suite.cipher as 'aes-128-gcm', this.key, this.nonce(counter), {
      authTagLength: 16,
    }) as CipherGCM;
    cipher.setAAD(additional);
    const body = Buffer.concat([explicit, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
    return Buffer.concat([Buffer.from([type, 3, 3, body.length >> 8, body.length & 255]), body]);
  }

  /** Throws if it does not open. */
  open(record: Buffer): Buffer {
    const gcm = this.suite.ivLength === 4;
    const body = record.subarray(gcm ? 13 : 5, record.length - 16);
    const { additional, counter } = this.next(record[0]!, body.length);
    const nonce = gcm ? Buffer.concat([this.iv, record.subarray(5, 13)]) : this.nonce(counter);
    const decipher = createDecipheriv(this.suite.cipher as 'aes-128-gcm', this.key, nonce, {
      authTagLength: 16,
    }) as DecipherGCM;
    decipher.setAAD(additional);
    decipher.setAuthTag(record.subarray(record.length - 16));
    return Buffer.concat([decipher.update(body), decipher.final()]);
  }

  private next(type: number, length: number): { additional: Buffer; counter: Buffer } {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(this.sequence++);
    return { additional: Buffer.concat([counter, Buffer.from([type, 3, 3, length >> 8, length & 255])]), counter };
  }

  private nonce(counter: Buffer): Buffer {
    if (this.iv.length === 4) return Buffer.concat([this.iv, counter]);
    const nonce = Buffer.from(this.iv);
    for (let i = 0; i < 8; i++) nonce[4 + i]! ^= counter[i]!;
    return nonce;
  }
}
