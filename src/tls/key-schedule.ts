/**
 * The key schedule, RFC 8446 §7.1, in its own order. A secret is wiped as soon as the next one has taken its place.
 *
 *             0
 *   0 ->  HKDF-Extract = Early Secret           constructor
 *             Derive-Secret(., "derived", "")
 *   (EC)DHE -> HKDF-Extract = Handshake Secret  enterHandshake
 *             +-> "c hs traffic", "s hs traffic"
 *             Derive-Secret(., "derived", "")
 *   0 -> HKDF-Extract = Master Secret           enterApplication
 *             +-> "c ap traffic", "s ap traffic"
 *
 * "c" and "s" secrets are `client` and `server`: of the handshake first, of the application data afterwards.
 */
import { hkdfExpand, hkdfExtract } from '../crypto/hkdf.js';
import type { HashAlgorithm } from '../crypto/provider.js';

export class KeySchedule {
  /** The traffic secrets of the current stage. */
  client: Uint8Array;
  server: Uint8Array;
  private readonly hash: HashAlgorithm;
  private secret: Uint8Array;

  constructor(hash: HashAlgorithm) {
    this.hash = hash;
    this.client = this.server = new Uint8Array(0);
    const zeros = new Uint8Array(hash.digestLength);
    this.secret = hkdfExtract(hash, zeros, zeros);
  }

  /** `sharedSecret` is wiped; `transcriptHash` covers ClientHello...ServerHello. */
  enterHandshake(sharedSecret: Uint8Array, transcriptHash: Uint8Array): void {
    this.extract(sharedSecret);
    this.client = this.expand('c hs traffic', transcriptHash);
    this.server = this.expand('s hs traffic', transcriptHash);
  }

  /** `transcriptHash` covers ClientHello...server Finished. The master secret itself is not needed any longer. */
  enterApplication(transcriptHash: Uint8Array): void {
    this.extract(new Uint8Array(this.hash.digestLength));
    this.client.fill(0);
    this.server.fill(0);
    this.client = this.expand('c ap traffic', transcriptHash);
    this.server = this.expand('s ap traffic', transcriptHash);
    this.secret.fill(0);
  }

  /** verify_data under `baseKey` (`client` or `server`), RFC 8446 §4.4.4. */
  verifyData(baseKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
    const finishedKey = hkdfExpandLabel(this.hash, baseKey, 'finished', EMPTY, this.hash.digestLength);
    const hmac = this.hash.createHmac(finishedKey);
    const verifyData = new Uint8Array(this.hash.digestLength);
    hmac.update(transcriptHash, 0, transcriptHash.length);
    hmac.digest(verifyData, 0);
    finishedKey.fill(0);
    return verifyData;
  }

  /** application_traffic_secret_N+1 of our side, RFC 8446 §7.2. */
  updateClient(): Uint8Array {
    this.client = this.next(this.client);
    return this.client;
  }

  updateServer(): Uint8Array {
    this.server = this.next(this.server);
    return this.server;
  }

  wipe(): void {
    this.secret.fill(0);
    this.client.fill(0);
    this.server.fill(0);
  }

  private extract(inputKey: Uint8Array): void {
    const empty = new Uint8Array(this.hash.digestLength);
    this.hash.create().digest(empty, 0);
    const derived = this.expand('derived', empty);
    this.secret.fill(0);
    this.secret = hkdfExtract(this.hash, derived, inputKey);
    derived.fill(0);
    inputKey.fill(0);
  }

  /** Derive-Secret, its transcript hashed already. */
  private expand(label: string, transcriptHash: Uint8Array): Uint8Array {
    return hkdfExpandLabel(this.hash, this.secret, label, transcriptHash, this.hash.digestLength);
  }

  private next(secret: Uint8Array): Uint8Array {
    const next = hkdfExpandLabel(this.hash, secret, 'traffic upd', EMPTY, this.hash.digestLength);
    secret.fill(0);
    return next;
  }
}

const EMPTY = new Uint8Array(0);

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
  const full = 'tls13 ' + label;
  const info = new Uint8Array(4 + full.length + context.length);
  info[1] = length;
  info[2] = full.length;
  for (let i = 0; i < full.length; i++) info[3 + i] = full.charCodeAt(i);
  info[3 + full.length] = context.length;
  info.set(context, 4 + full.length);
  return hkdfExpand(hash, secret, info, length);
}
