/**
 * The cryptography TLS and X.509 need, as lists of capabilities. A board's composition root chooses implementations
 * (portable TypeScript, native code, node:crypto) and lists them; what is not listed is not offered to the peer and not
 * in the bundle. Types only: nothing here costs a byte.
 *
 * Unless a comment says otherwise no function keeps a caller's array, and outputs are written into caller's memory.
 */
import type { RandomSource } from '../platform.js';
import type { Computation } from './computation.js';

export interface CryptoProvider {
  /** In order of preference, the most preferred first; the order decides what ClientHello offers. */
  readonly hashes: ReadonlyArray<HashAlgorithm>;
  readonly aeads: ReadonlyArray<AeadAlgorithm>;
  readonly groups: ReadonlyArray<KeyExchangeGroup>;
  readonly signatures: ReadonlyArray<SignatureVerifier>;
  /** Missing: no client certificates. */
  readonly signers?: ReadonlyArray<Signer>;
}

export type HashName = 'sha256' | 'sha384' | 'sha512';

export interface HashAlgorithm {
  readonly name: HashName;
  /** Bytes: 32, 48 or 64. */
  readonly digestLength: number;
  create(): Hash;
  /** HMAC (RFC 2104) with this hash; `key` of any length is copied. */
  createHmac(key: Uint8Array): Hash;
  /** The HMAC of `message` under `key`, together below 256 bytes, where that is cheaper at once. The answer is a new array. */
  hmac?(key: Uint8Array, message: Uint8Array): Uint8Array;
}

/** A running hash or MAC. */
export interface Hash {
  update(bytes: Uint8Array, offset: number, length: number): void;
  /** Writes the digest of everything so far (digestLength bytes) to `into` at `offset`. The hash can be updated further. */
  digest(into: Uint8Array, offset: number): void;
}

export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305' | 'aes-128-ccm';

export interface AeadAlgorithm {
  readonly name: AeadName;
  /** Bytes: 16 or 32. */
  readonly keyLength: number;
  /** False for CCM, whose MAC is over the plaintext: it has neither `authenticate` nor `mark`. */
  readonly macsCiphertext: boolean;
  /** Copies `key` (keyLength bytes). */
  create(key: Uint8Array): Aead;
}

/**
 * One AEAD key (RFC 5116; nonce 12 bytes, tag 16 bytes). A message is: `start`, then `seal` or `open` over its pieces in
 * order (pieces of any length, so that a message may lie across the end of a ring), then `tag` or `verify`.
 * Plaintext from `open` is not authentic before `verify` has answered true. No call allocates once the key is created
 * (the node:crypto provider excepted).
 */
export interface Aead {
  /** Begins a message of `length` bytes (CCM needs to know it) under `nonce` (12 bytes) with additional data `aad`. */
  start(nonce: Uint8Array, aad: Uint8Array, aadLength: number, length: number): void;
  /** Encrypts `length` bytes (0 or more) of `bytes` at `offset` in place. */
  seal(bytes: Uint8Array, offset: number, length: number): void;
  /** Decrypts `length` bytes (0 or more) of `bytes` at `offset` in place. */
  open(bytes: Uint8Array, offset: number, length: number): void;
  /** As `open`, but leaves the bytes as they are; `length` is a multiple of 64, and so was that of every piece before. */
  authenticate(bytes: Uint8Array, offset: number, length: number): void;
  /**
   * Writes 8 bytes to `into` at `offset` that stand for all ciphertext so far (a multiple of 16 bytes): opening the same
   * message again gives the same mark at the same place. It is not to be shown to anybody.
   */
  mark(into: Uint8Array, offset: number): void;
  /** After the last `seal`: writes the 16-byte tag. */
  tag(into: Uint8Array, offset: number): void;
  /** After the last `open`: compares with the received 16-byte tag in constant time. */
  verify(tag: Uint8Array, offset: number): boolean;
  /** Overwrites the key and everything derived from it. The object is of no further use. */
  wipe(): void;
}

export type GroupName = 'x25519' | 'secp256r1' | 'secp384r1';

export interface KeyExchangeGroup {
  readonly name: GroupName;
  /** Bytes of a public key as TLS sends it: 32 for x25519, 65 (0x04, x, y) for secp256r1. */
  readonly publicKeyLength: number;
  /** Draws from `random` in this call, computes in slices. */
  generate(random: RandomSource): Computation<KeyShare>;
}

/** An ephemeral key pair. */
export interface KeyShare {
  readonly publicKey: Uint8Array;
  /**
   * The shared secret (32 bytes) with the peer's public key, or undefined if that key is not a valid one: wrong length,
   * not on the curve, or (RFC 7748 §6.1) an all-zero result. `peerPublicKey` stays as it is until then.
   */
  agree(peerPublicKey: Uint8Array): Computation<Uint8Array | undefined>;
  /** Overwrites the private key, and whatever an unfinished `agree` has, as far as the platform allows. */
  wipe(): void;
}

/** A public key out of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). The arrays may be views of a certificate. */
export interface PublicKey {
  readonly kind: 'rsa' | 'ec' | 'ed25519';
  /** The whole SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** ec only: the named curve. */
  readonly curve?: 'secp256r1' | 'secp384r1';
  /** ec: uncompressed point (0x04, x, y). ed25519: 32 bytes. */
  readonly point?: Uint8Array;
  /** rsa: big-endian, no leading zero. */
  readonly modulus?: Uint8Array;
  /** rsa: big-endian, no leading zero. */
  readonly exponent?: Uint8Array;
  /** rsa only: true for an id-RSASSA-PSS key, which must not verify PKCS#1 signatures (RFC 4055 §1.2). */
  readonly pssOnly?: boolean;
}

export type SignatureName = 'ecdsa-secp256r1' | 'ecdsa-secp384r1' | 'rsa-pkcs1' | 'rsa-pss' | 'ed25519';

export interface SignatureVerifier {
  readonly name: SignatureName;
  /**
   * True if `signature` is `key`'s over `message` hashed with `hash` (ignored by ed25519). ECDSA signatures are DER
   * (RFC 3279 §2.2.3), strictly. PSS uses MGF1 with the same hash and a salt as long as its digest (RFC 8446 §4.2.3).
   * Anything malformed is false; it never throws because of what a peer sent. The arrays stay as they are until then.
   */
  verify(key: PublicKey, hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): Computation<boolean>;
}

/**
 * A private key out of PKCS#8 (RFC 5958), SEC 1 (RFC 5915) or PKCS#1 (RFC 8017): see x509/private-key.ts. Numbers are
 * big-endian; those of RSA have no leading zero. One that lives elsewhere (external-key.ts) has `kind` and `curve` only.
 */
export interface PrivateKey {
  readonly kind: 'rsa' | 'ec';
  /** ec only: the named curve. */
  readonly curve?: 'secp256r1';
  /** ec: 32 bytes. */
  readonly scalar?: Uint8Array;
  /** ec: the public key (0x04, x, y), if the file has it. */
  readonly point?: Uint8Array;
  /** rsa: n of 2048 to 4096 bits. */
  readonly modulus?: Uint8Array;
  /** rsa: e, 1 to 4 bytes. */
  readonly exponent?: Uint8Array;
  /** rsa: d, p, q, d modulo p - 1, d modulo q - 1, and 1 / q modulo p, in the order of RFC 8017 §A.1.2. */
  readonly rsaSecrets?: ReadonlyArray<Uint8Array>;
  /** Overwrites the secret numbers. The key is of no further use. */
  erase?(): void;
}

export interface Signer {
  readonly name: SignatureName;
  /**
   * `key`'s signature over `digest` (hash.digestLength bytes), which was made with `hash`; ECDSA answers DER. What is needed of the arguments is copied, and drawn from
   * `random`, in this call, but for the key, which stays as it is until then. Throws ERR_USAGE for a key of another kind,
   * and so does `result` ERR_KEY_MISMATCH if the numbers of the key do not belong together.
   */
  sign(key: PrivateKey, hash: HashAlgorithm, digest: Uint8Array, random: RandomSource): Computation<Uint8Array>;
}
