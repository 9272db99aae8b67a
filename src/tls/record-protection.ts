/**
 * The keys of one direction, RFC 8446 §5.2, §5.3, §7.3: AEAD, per-record nonce, sequence number. Allocates nothing per record.
 *
 * The sequence number is two words of 24 bits, so that no engine has to box them. 48 of the 64 bits are enough: at a
 * record a microsecond they last nine years, and `exhausted` asks for new keys long before.
 */
import type { ReceiveWindow } from '../bytes/byte-ring.js';
import type { Aead } from '../crypto/provider.js';
import type { CipherSuite } from './cipher-suites.js';
import { EMPTY, hkdfExpandLabel } from './key-schedule.js';

/** The keys of one direction, as records are read and written with them. */
export interface RecordKeys {
  readonly aead: Aead;
  /** TLS 1.2 only: what stands of the nonce in front of the ciphertext, 0 or 8 bytes; when reading it is to be put there. In TLS 1.3, where it is missing, records hide their type. */
  readonly explicitNonce?: Uint8Array;
  /** True when they have protected as many records as they should. */
  readonly exhausted: boolean;
  /** Begins the next record: `length` bytes of plaintext as it is encrypted, `header` its 5 bytes of record header. */
  start(header: Uint8Array, length: number): void;
  /** Begins the same record once more. */
  restart(header: Uint8Array, length: number): void;
  wipe(): void;
}

/** Seals or opens what lies at `at` of the ring, in place. */
export function cross(aead: Aead, ring: ReceiveWindow, at: number, length: number, seal: boolean): void {
  let span = 0;
  for (; length > 0; length -= span) {
    const offset = ring.offsetAt(at);
    span = ring.spanAt(at, length);
    if (seal) aead.seal(ring.bytes, offset, span);
    else aead.open(ring.bytes, offset, span);
    at += span;
  }
}

/**
 * Records under one key before a KeyUpdate. RFC 8446 §5.5 allows AES-GCM 2^24.5 full records; AES-CCM stands 2^23
 * (RFC 9147 §B.1). One limit for all.
 */
export const USAGE_LIMIT = 0x800000;

export class RecordProtection {
  readonly aead: Aead;
  private readonly iv: Uint8Array;
  private readonly recordNonce: Uint8Array;
  private sequenceHigh: number;
  private sequenceLow: number;

  constructor(suite: CipherSuite, trafficSecret: Uint8Array) {
    const key = hkdfExpandLabel(suite.hash, trafficSecret, 'key', EMPTY, suite.aead.keyLength);
    this.aead = suite.aead.create(key);
    key.fill(0);
    this.iv = hkdfExpandLabel(suite.hash, trafficSecret, 'iv', EMPTY, 12);
    this.recordNonce = new Uint8Array(this.iv);
    this.sequenceHigh = this.sequenceLow = 0;
  }

  start(header: Uint8Array, length: number): void {
    const nonce = this.recordNonce;
    const iv = this.iv;
    const low = this.sequenceLow;
    let word = low;
    for (let i = 11; i > 5; i--) {
      nonce[i] = iv[i] ^ word;
      word = i === 9 ? this.sequenceHigh : word >> 8;
    }
    if (low === 0xffffff) this.sequenceHigh++;
    this.sequenceLow = (low + 1) & 0xffffff;
    this.restart(header, length);
  }

  restart(header: Uint8Array, length: number): void {
    this.aead.start(this.recordNonce, header, 5, length);
  }

  get exhausted(): boolean {
    return this.sequenceLow >= USAGE_LIMIT || this.sequenceHigh > 0;
  }

  wipe(): void {
    this.aead.wipe();
    this.iv.fill(0);
    this.recordNonce.fill(0);
  }
}
