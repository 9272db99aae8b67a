/**
 * The keys of one direction in TLS 1.2, RFC 5246 §6.2.3.3. Allocates nothing per record.
 *
 *   AES-GCM             nonce: 4 bytes of the key block, 8 that stand in front of the ciphertext: ours are the sequence number (RFC 5288 §3)
 *   ChaCha20-Poly1305   nonce: 12 bytes of the key block XOR the sequence number; nothing in front (RFC 7905 §2)
 *
 *   additional_data = seq_num + TLSCompressed.type + TLSCompressed.version + TLSCompressed.length
 */
import { copyBytes } from '../../bytes/copy-bytes.js';
import type { Aead } from '../../crypto/provider.js';
import { EMPTY } from '../key-schedule.js';
import type { RecordKeys } from '../record-protection.js';

export class Tls12RecordKeys implements RecordKeys {
  readonly aead: Aead;
  readonly explicitNonce: Uint8Array;
  private readonly iv: Uint8Array;
  private readonly recordNonce: Uint8Array;
  /** Its first 8 bytes are the sequence number. */
  private readonly additionalData: Uint8Array;
  /** The explicit nonce is what was received. */
  private readonly opensGcm: boolean;

  /** `iv` is 4 bytes for AES-GCM, 12 for ChaCha20-Poly1305. */
  constructor(aead: Aead, iv: Uint8Array, opens: boolean) {
    this.aead = aead;
    this.iv = new Uint8Array(12);
    this.iv.set(iv);
    this.recordNonce = new Uint8Array(this.iv);
    this.explicitNonce = iv.length > 4 ? EMPTY : this.recordNonce.subarray(4);
    this.opensGcm = opens && iv.length === 4;
    this.additionalData = new Uint8Array(13);
    // One less than 0.
    this.additionalData.fill(255);
  }

  start(header: Uint8Array, length: number): void {
    const additionalData = this.additionalData;
    for (let i = 7; i >= 0; i--) {
      additionalData[i]++;
      if (additionalData[i]) break;
    }
    if (!this.opensGcm) for (let i = 4; i < 12; i++) this.recordNonce[i] = this.iv[i] ^ additionalData[i - 4];
    copyBytes(additionalData, 8, header, 0, 3);
    additionalData[11] = length >> 8;
    additionalData[12] = length;
    this.restart(header, length);
  }

  restart(_: Uint8Array, length: number): void {
    this.aead.start(this.recordNonce, this.additionalData, 13, length);
  }

  /** After 2^23 records, as in TLS 1.3: 2^24.5 would be the bound for AES-GCM (RFC 8446 §5.5). */
  get exhausted(): boolean {
    return !this.additionalData[0] && this.additionalData[5] > 127;
  }

  wipe(): void {
    this.aead.wipe();
    this.iv.fill(0);
    this.recordNonce.fill(0);
  }
}
