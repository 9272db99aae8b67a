/**
 * The CryptoProvider for desktop Node: every primitive is node:crypto's (OpenSSL). Unlike the portable one it allocates
 * per record, because node:crypto does, and it takes its ephemeral keys from OpenSSL's generator, not from `random`.
 */
import * as nodeCrypto from 'node:crypto';
import { type Computation, done } from '../../src/crypto/computation.js';
import type {
  Aead,
  AeadAlgorithm,
  AeadName,
  CryptoProvider,
  Hash,
  HashAlgorithm,
  HashName,
  KeyExchangeGroup,
  KeyShare,
  PublicKey,
  SignatureName,
  SignatureVerifier,
} from '../../src/crypto/provider.js';
import { nodeSigners } from './signers.js';

class NodeHash implements Hash {
  constructor(private hash: nodeCrypto.Hash) {}

  update(bytes: Uint8Array, offset: number, length: number): void {
    this.hash.update(bytes.subarray(offset, offset + length));
  }

  digest(into: Uint8Array, offset: number): void {
    into.set(this.hash.copy().digest(), offset);
  }
}

/** node's Hmac cannot be copied, so this is RFC 2104 over two hashes that can. */
class NodeHmac implements Hash {
  private inner: nodeCrypto.Hash;
  private outer: nodeCrypto.Hash;

  constructor(name: HashName, key: Uint8Array) {
    const blockLength = name === 'sha256' ? 64 : 128;
    const block = Buffer.alloc(blockLength);
    block.set(key.length > blockLength ? nodeCrypto.createHash(name).update(key).digest() : key);
    this.inner = nodeCrypto.createHash(name).update(block.map(byte => byte ^ 0x36));
    this.outer = nodeCrypto.createHash(name).update(block.map(byte => byte ^ 0x5c));
    block.fill(0);
  }

  update(bytes: Uint8Array, offset: number, length: number): void {
    this.inner.update(bytes.subarray(offset, offset + length));
  }

  digest(into: Uint8Array, offset: number): void {
    into.set(this.outer.copy().update(this.inner.copy().digest()).digest(), offset);
  }
}

function hash(name: HashName, digestLength: number): HashAlgorithm {
  return {
    name,
    digestLength,
    create: () => new NodeHash(nodeCrypto.createHash(name)),
    createHmac: key => new NodeHmac(name, key),
  };
}

/** GCM and ChaCha20-Poly1305: ciphers that take their input in pieces and the tag at the end. */
class NodeAead implements Aead {
  private readonly key: Buffer;
  private cipher?: nodeCrypto.CipherGCM | nodeCrypto.DecipherGCM;
  private nonce: Uint8Array = new Uint8Array(12);
  private aad: Uint8Array = new Uint8Array(0);
  /** Of the ciphertext so far, once `authenticate` has been used: before that nobody asks for marks. */
  private digest?: nodeCrypto.Hash;

  constructor(
    private readonly name: 'aes-128-gcm' | 'aes-256-gcm',
    key: Uint8Array,
  ) {
    this.key = Buffer.from(key);
  }

  start(nonce: Uint8Array, aad: Uint8Array, aadLength: number, _length: number): void {
    this.nonce = nonce.slice();
    this.aad = aad.slice(0, aadLength);
    this.cipher = undefined;
    if (this.digest) this.digest = nodeCrypto.createHash('sha256');
  }

  seal(bytes: Uint8Array, offset: number, length: number): void {
    bytes.set(this.encryptor().update(bytes.subarray(offset, offset + length)), offset);
  }

  open(bytes: Uint8Array, offset: number, length: number): void {
    const piece = bytes.subarray(offset, offset + length);
    this.digest?.update(piece);
    bytes.set(this.decryptor().update(piece), offset);
  }

  authenticate(bytes: Uint8Array, offset: number, length: number): void {
    const piece = bytes.subarray(offset, offset + length);
    this.digest ??= nodeCrypto.createHash('sha256');
    this.digest.update(piece);
    this.decryptor().update(piece);
  }

  mark(into: Uint8Array, offset: number): void {
    if (this.digest) into.set(this.digest.copy().digest().subarray(0, 8), offset);
  }

  tag(into: Uint8Array, offset: number): void {
    const cipher = this.encryptor();
    cipher.final();
    into.set(cipher.getAuthTag(), offset);
  }

  verify(tag: Uint8Array, offset: number): boolean {
    const decipher = this.decryptor();
    decipher.setAuthTag(tag.slice(offset, offset + 16));
    try {
      decipher.final();
      return true;
    } catch {
      return false;
    }
  }

  wipe(): void {
    this.key.fill(0);
    this.cipher = undefined;
  }

  private encryptor(): nodeCrypto.CipherGCM {
    if (!this.cipher) {
      const cipher = nodeCrypto.createCipheriv(this.name, this.key, this.nonce, { authTagLength: 16 });
      cipher.setAAD(this.aad);
      this.cipher = cipher;
    }
    return this.cipher as nodeCrypto.CipherGCM;
  }

  private decryptor(): nodeCrypto.DecipherGCM {
    if (!this.cipher) {
      const decipher = nodeCrypto.createDecipheriv(this.name, this.key, this.nonce, { authTagLength: 16 });
      decipher.setAAD(this.aad);
      this.cipher = decipher;
    }
    return this.cipher as nodeCrypto.DecipherGCM;
  }
}

/**
 * CCM in pieces (RFC 3610, L = 3, M = 16): node's own CCM wants a whole message and the tag before it, so this is its
 * definition, AES-CTR and CBC-MAC, out of node's AES.
 */
class NodeCcm implements Aead {
  private readonly key: Buffer;
  private counter!: nodeCrypto.Cipher;
  private mac!: nodeCrypto.Cipher;
  private macInput = 0;
  private mask = Buffer.alloc(16);
  private lastMacBlock = Buffer.alloc(16);

  constructor(key: Uint8Array) {
    this.key = Buffer.from(key);
  }

  start(nonce: Uint8Array, aad: Uint8Array, aadLength: number, length: number): void {
    const a0 = Buffer.from([2, ...nonce, 0, 0, 0]);
    this.counter = nodeCrypto.createCipheriv('aes-128-ctr', this.key, a0);
    this.mask = this.counter.update(Buffer.alloc(16));
    this.mac = nodeCrypto.createCipheriv('aes-128-cbc', this.key, Buffer.alloc(16));
    this.macInput = 0;
    const flags = (aadLength > 0 ? 0x40 : 0) | (((16 - 2) / 2) << 3) | (3 - 1);
    this.absorb(Buffer.from([flags, ...nonce, (length >> 16) & 255, (length >> 8) & 255, length & 255]));
    if (aadLength > 0) {
      this.absorb(Buffer.from([aadLength >> 8, aadLength & 255]));
      this.absorb(aad.subarray(0, aadLength));
      this.pad();
    }
  }

  seal(bytes: Uint8Array, offset: number, length: number): void {
    const piece = bytes.subarray(offset, offset + length);
    this.absorb(piece);
    piece.set(this.counter.update(piece));
  }

  open(bytes: Uint8Array, offset: number, length: number): void {
    const piece = bytes.subarray(offset, offset + length);
    piece.set(this.counter.update(piece));
    this.absorb(piece);
  }

  authenticate(): never {
    throw new Error('the MAC of CCM is over the plaintext');
  }

  mark(): never {
    throw new Error('the MAC of CCM is over the plaintext');
  }

  tag(into: Uint8Array, offset: number): void {
    this.pad();
    for (let i = 0; i < 16; i++) into[offset + i] = this.lastMacBlock[i] ^ this.mask[i];
  }

  verify(tag: Uint8Array, offset: number): boolean {
    const expected = Buffer.alloc(16);
    this.tag(expected, 0);
    return nodeCrypto.timingSafeEqual(expected, tag.subarray(offset, offset + 16));
  }

  wipe(): void {
    this.key.fill(0);
  }

  private absorb(bytes: Uint8Array): void {
    this.macInput += bytes.length;
    const out = this.mac.update(bytes);
    if (out.length >= 16) this.lastMacBlock = out.subarray(out.length - 16);
  }

  private pad(): void {
    if (this.macInput % 16) this.absorb(Buffer.alloc(16 - (this.macInput % 16)));
  }
}

function aead(name: AeadName, keyLength: number): AeadAlgorithm {
  return {
    name,
    keyLength,
    macsCiphertext: name !== 'aes-128-ccm',
    create: key => (name === 'aes-128-ccm' ? new NodeCcm(key) : new NodeAead(name as 'aes-128-gcm', key)),
  };
}

const X25519_SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

const x25519: KeyExchangeGroup = {
  name: 'x25519',
  publicKeyLength: 32,
  generate(): Computation<KeyShare> {
    const pair = nodeCrypto.generateKeyPairSync('x25519');
    const spki = pair.publicKey.export({ format: 'der', type: 'spki' });
    return done({
      publicKey: new Uint8Array(spki.subarray(spki.length - 32)),
      agree(peer) {
        if (peer.length !== 32) return done(undefined);
        const key = Buffer.concat([X25519_SPKI_PREFIX, peer]);
        try {
          const publicKey = nodeCrypto.createPublicKey({ key, format: 'der', type: 'spki' });
          const secret = nodeCrypto.diffieHellman({ privateKey: pair.privateKey, publicKey });
          return done(secret.some(byte => byte !== 0) ? new Uint8Array(secret) : undefined);
        } catch {
          return done(undefined);
        }
      },
      wipe() {},
    });
  },
};

const secp256r1: KeyExchangeGroup = {
  name: 'secp256r1',
  publicKeyLength: 65,
  generate(): Computation<KeyShare> {
    const ecdh = nodeCrypto.createECDH('prime256v1');
    const publicKey = new Uint8Array(ecdh.generateKeys());
    return done({
      publicKey,
      agree(peer) {
        if (peer.length !== 65 || peer[0] !== 4) return done(undefined);
        try {
          return done(new Uint8Array(ecdh.computeSecret(peer)));
        } catch {
          return done(undefined);
        }
      },
      wipe() {},
    });
  },
};

function signature(name: SignatureName, fits: (key: PublicKey) => boolean, padding?: number): SignatureVerifier {
  return {
    name,
    verify(key, hash, message, signatureBytes) {
      if (!fits(key)) return done(false);
      try {
        const publicKey = nodeCrypto.createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' });
        const options = padding === undefined ? publicKey : { key: publicKey, padding, saltLength: hash.digestLength };
        return done(nodeCrypto.verify(name === 'ed25519' ? null : hash.name, message, options, signatureBytes));
      } catch {
        return done(false);
      }
    },
  };
}

const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = nodeCrypto.constants;

export const nodeCryptoProvider: CryptoProvider = {
  hashes: [hash('sha256', 32), hash('sha384', 48), hash('sha512', 64)],
  aeads: [aead('aes-128-gcm', 16), aead('chacha20-poly1305', 32), aead('aes-256-gcm', 32), aead('aes-128-ccm', 16)],
  groups: [x25519, secp256r1],
  signatures: [
    signature('ecdsa-secp256r1', key => key.curve === 'secp256r1'),
    signature('ecdsa-secp384r1', key => key.curve === 'secp384r1'),
    signature('ed25519', key => key.kind === 'ed25519'),
    signature('rsa-pss', key => key.kind === 'rsa', RSA_PKCS1_PSS_PADDING),
    signature('rsa-pkcs1', key => key.kind === 'rsa', RSA_PKCS1_PADDING),
  ],
  signers: nodeSigners,
};

/** For RandomSource parameters on desktop Node. */
export function nodeRandom(into: Uint8Array, offset: number, length: number): void {
  nodeCrypto.randomFillSync(into, offset, length);
}
