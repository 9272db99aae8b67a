/**
 * The TLS 1.3 key schedule (RFC 8446 §7.1) on node:crypto, for the scripted server. It shares no line with src/, so that
 * one mistake cannot cancel out another.
 */
import { createHash, createHmac } from 'node:crypto';

export interface Suite {
  name: SuiteName;
  id: number;
  hash: 'sha256' | 'sha384';
  digestLength: number;
  cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305' | 'aes-128-ccm';
  keyLength: number;
}

export type SuiteName =
  | 'TLS_AES_128_GCM_SHA256'
  | 'TLS_AES_256_GCM_SHA384'
  | 'TLS_CHACHA20_POLY1305_SHA256'
  | 'TLS_AES_128_CCM_SHA256';

function suite(name: SuiteName, id: number, cipher: Suite['cipher'], keyLength: number): Suite {
  const hash = name.endsWith('384') ? 'sha384' : 'sha256';
  return { name, id, hash, digestLength: hash === 'sha384' ? 48 : 32, cipher, keyLength };
}

/** RFC 8446 §B.4. */
export const suites: readonly Suite[] = [
  suite('TLS_AES_128_GCM_SHA256', 0x1301, 'aes-128-gcm', 16),
  suite('TLS_AES_256_GCM_SHA384', 0x1302, 'aes-256-gcm', 32),
  suite('TLS_CHACHA20_POLY1305_SHA256', 0x1303, 'chacha20-poly1305', 32),
  suite('TLS_AES_128_CCM_SHA256', 0x1304, 'aes-128-ccm', 16),
];

export function suiteNamed(name: SuiteName): Suite {
  return suites.find(candidate => candidate.name === name)!;
}

export function digest(hash: string, bytes: Uint8Array): Buffer {
  return createHash(hash).update(bytes).digest();
}

export function hmac(hash: string, key: Uint8Array, bytes: Uint8Array): Buffer {
  return createHmac(hash, key).update(bytes).digest();
}

/** HKDF-Expand-Label, RFC 8446 §7.1, on HKDF-Expand, RFC 5869 §2.3. */
export function expandLabel(hash: string, secret: Uint8Array, label: string, context: Uint8Array, length: number) {
  const fullLabel = Buffer.from('tls13 ' + label);
  const info = Buffer.concat([
    Buffer.from([length >> 8, length & 255, fullLabel.length]),
    fullLabel,
    Buffer.from([context.length]),
    context,
  ]);
  let block = Buffer.alloc(0);
  let output = Buffer.alloc(0);
  for (let i = 1; output.length < length; i++) {
    block = hmac(hash, secret, Buffer.concat([block, info, Buffer.from([i])])) as Buffer<ArrayBuffer>;
    output = Buffer.concat([output, block]);
  }
  return output.subarray(0, length);
}

/** The secrets of one connection. Transcripts are given as bytes, hashed here. */
export class KeySchedule {
  /** Of the pre-shared key the connection uses. */
  psk: Buffer | undefined;
  private handshakeSecret: Buffer = Buffer.alloc(0);
  private masterSecret: Buffer = Buffer.alloc(0);

  constructor(private readonly suite: Suite) {}

  private earlySecret(psk: Uint8Array | undefined): Buffer {
    const zeros = Buffer.alloc(this.suite.digestLength);
    return hmac(this.suite.hash, zeros, psk ?? zeros);
  }

  /** RFC 8446 §4.2.11.2: `transcript` ends before the binders. */
  binder(psk: Uint8Array, external: boolean, transcript: Uint8Array): Buffer {
    const key = this.derive(this.earlySecret(psk), external ? 'ext binder' : 'res binder', Buffer.alloc(0));
    return this.verifyData(key, transcript);
  }

  /** `transcript` is the ClientHello. */
  earlyTrafficSecret(psk: Uint8Array, transcript: Uint8Array): Buffer {
    return this.derive(this.earlySecret(psk), 'c e traffic', transcript);
  }

  /** `transcript` is ClientHello...client Finished. */
  ticketKey(nonce: Uint8Array, transcript: Uint8Array): Buffer {
    const { hash, digestLength } = this.suite;
    return expandLabel(
      hash,
      this.derive(this.masterSecret, 'res master', transcript),
      'resumption',
      nonce,
      digestLength,
    );
  }

  /** `transcript` is ClientHello...ServerHello; no `sharedSecret` is psk_ke. */
  handshakeSecrets(sharedSecret: Uint8Array | undefined, transcript: Uint8Array): { client: Buffer; server: Buffer } {
    const { hash } = this.suite;
    const zeros = Buffer.alloc(this.suite.digestLength);
    const earlySecret = this.earlySecret(this.psk);
    this.handshakeSecret = hmac(hash, this.derive(earlySecret, 'derived', Buffer.alloc(0)), sharedSecret ?? zeros);
    return {
      client: this.derive(this.handshakeSecret, 'c hs traffic', transcript),
      server: this.derive(this.handshakeSecret, 's hs traffic', transcript),
    };
  }

  /** `transcript` is ClientHello...server Finished. */
  applicationSecrets(transcript: Uint8Array): { client: Buffer; server: Buffer } {
    const derived = this.derive(this.handshakeSecret, 'derived', Buffer.alloc(0));
    this.masterSecret = hmac(this.suite.hash, derived, Buffer.alloc(this.suite.digestLength));
    return {
      client: this.derive(this.masterSecret, 'c ap traffic', transcript),
      server: this.derive(this.masterSecret, 's ap traffic', transcript),
    };
  }

  /** verify_data of a Finished message, RFC 8446 §4.4.4. */
  verifyData(trafficSecret: Uint8Array, transcript: Uint8Array): Buffer {
    const { hash, digestLength } = this.suite;
    const finishedKey = expandLabel(hash, trafficSecret, 'finished', Buffer.alloc(0), digestLength);
    return hmac(hash, finishedKey, digest(hash, transcript));
  }

  private derive(secret: Uint8Array, label: string, messages: Uint8Array): Buffer {
    const { hash, digestLength } = this.suite;
    return expandLabel(hash, secret, label, digest(hash, messages), digestLength);
  }
}
