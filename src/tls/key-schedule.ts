/**
 * The key schedule, RFC 8446 §7.1, in its own order. A secret is wiped as soon as the next one has taken its place.
 *
 *             0
 *   PSK or 0 -> HKDF-Extract = Early Secret     constructor
 *             +-> "ext binder", "res binder", "c e traffic": psk/
 *             Derive-Secret(., "derived", "")
 *   (EC)DHE -> HKDF-Extract = Handshake Secret  enter
 *             +-> "c hs traffic", "s hs traffic"
 *             Derive-Secret(., "derived", "")
 *   0 -> HKDF-Extract = Master Secret           enter
 *             +-> "c ap traffic", "s ap traffic"
 *             +-> "res master": psk/
 *
 * "c" and "s" secrets are `clientSecret` and `serverSecret`: of the handshake first, of the application data afterwards.
 */
import { hkdfExpand, hkdfExtract } from '../crypto/hkdf.js';
import type { Hash, HashAlgorithm } from '../crypto/provider.js';

export class KeySchedule {
  /** The traffic secrets of the current stage. */
  clientSecret: Uint8Array;
  serverSecret: Uint8Array;
  /** Early, Handshake or Master Secret; whoever enters the last stage wipes it when nothing more is to be derived. */
  stageSecret: Uint8Array;
  readonly hashAlgorithm: HashAlgorithm;
  /** Of no message: the context of "derived" and of the binder keys. */
  readonly emptyHash: Uint8Array;

  constructor(hash: HashAlgorithm, psk?: Uint8Array) {
    const zeros = new Uint8Array(hash.digestLength);
    this.hashAlgorithm = hash;
    this.emptyHash = digestOf(hash, hash.create());
    this.clientSecret = this.serverSecret = zeros;
    this.stageSecret = hkdfExtract(hash, zeros, psk || zeros);
  }

  /**
   * With a `sharedSecret`, which is wiped, begins the stage of the handshake: `transcriptHash` covers ClientHello...ServerHello. Without
   * one that of the application data: it covers ClientHello...server Finished. The caller wipes that stage's own secret, when everything is derived from it.
   */
  enter(sharedSecret: Uint8Array | undefined, transcriptHash: Uint8Array): void {
    const hash = this.hashAlgorithm;
    const label = sharedSecret ? ' hs traffic' : ' ap traffic';
    const inputKey = sharedSecret || new Uint8Array(hash.digestLength);
    const derived = deriveSecret(hash, this.stageSecret, 'derived', this.emptyHash);
    const secret = hkdfExtract(hash, derived, inputKey);
    this.wipe();
    derived.fill(0);
    inputKey.fill(0);
    this.clientSecret = deriveSecret(hash, secret, 'c' + label, transcriptHash);
    this.serverSecret = deriveSecret(hash, secret, 's' + label, transcriptHash);
    this.stageSecret = secret;
  }

  /** verify_data under `baseKey` (`clientSecret` or `serverSecret`), RFC 8446 §4.4.4. */
  verifyData(baseKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
    const finishedKey = deriveSecret(this.hashAlgorithm, baseKey, 'finished', EMPTY);
    // HKDF-Extract is nothing but HMAC(salt, input).
    const verifyData = hkdfExtract(this.hashAlgorithm, finishedKey, transcriptHash);
    finishedKey.fill(0);
    return verifyData;
  }

  /** application_traffic_secret_N+1 of our side, RFC 8446 §7.2. */
  updateClient(): Uint8Array {
    return (this.clientSecret = nextSecret(this.hashAlgorithm, this.clientSecret));
  }

  updateServer(): Uint8Array {
    return (this.serverSecret = nextSecret(this.hashAlgorithm, this.serverSecret));
  }

  wipe(): void {
    this.stageSecret.fill(0);
    this.clientSecret.fill(0);
    this.serverSecret.fill(0);
  }
}

export const EMPTY = new Uint8Array(0);

/** What `running` has hashed so far, as a new array. */
export function digestOf(algorithm: HashAlgorithm, running: Hash): Uint8Array {
  const digest = new Uint8Array(algorithm.digestLength);
  running.digest(digest, 0);
  return digest;
}

/** Derive-Secret, its transcript hashed already. */
export function deriveSecret(
  hash: HashAlgorithm,
  secret: Uint8Array,
  label: string,
  transcriptHash: Uint8Array,
): Uint8Array {
  return hkdfExpandLabel(hash, secret, label, transcriptHash, hash.digestLength);
}

/** RFC 8446 §7.2. `secret` is wiped. */
function nextSecret(hash: HashAlgorithm, secret: Uint8Array): Uint8Array {
  const next = deriveSecret(hash, secret, 'traffic upd', EMPTY);
  secret.fill(0);
  return next;
}

/**
 * HKDF-Expand-Label, RFC 8446 §7.1.
 *
 *   struct {
 *       uint16 length;
 *       opaque label<7..255> = "tls13 " + Label;
 *       opaque context<0..255> = Context;
 *   } HkdfLabel;
 */
export function hkdfExpandLabel(
  hash: HashAlgorithm,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const end = 9 + label.length;
  const info = new Uint8Array(end + 1 + context.length);
  // "tls13 ", in front of every label.
  info.set([length >> 8, length, end - 3, 116, 108, 115, 49, 51, 32]);
  for (let i = 9; i < end; i++) info[i] = label.charCodeAt(i - 9);
  info[end] = context.length;
  info.set(context, end + 1);
  return hkdfExpand(hash, secret, info, length);
}
