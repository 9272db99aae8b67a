/**
 * What targets need to be the same in every run: certificates and keys (fixtures.json, made by tools/fuzz/make-fixtures.ts), key
 * shares, randomness and time. The private keys are nobody's: they sign for server.test only.
 */
import { createECDH, createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { done, finish } from '../../src/crypto/computation.js';
import type { CryptoProvider, KeyExchangeGroup, KeyShare } from '../../src/crypto/provider.js';
import { trustAnchor } from '../../src/x509/trust.js';

export const SERVER_NAME = 'server.test';
/** 2026-06-01; the certificates are for 2020 to 2045. */
export const NOW = 1780272000;

export type CertificateName = 'root' | 'server' | 'chainRoot' | 'chainMiddle' | 'chainLeaf';

interface Fixtures {
  /** DER, base64. */
  certificates: Record<CertificateName, string>;
  /** Of `server`: an Ed25519 key, because its signatures are the same every time. PKCS#8, base64. */
  serverKey: string;
}

/** The top of the checkout, from build/test/fuzz/. */
export const top = new URL('../../../', import.meta.url);

const stored = JSON.parse(readFileSync(new URL('test/fuzz/fixtures.json', top), 'utf8')) as Fixtures;

export function fixture(name: CertificateName): Uint8Array {
  return new Uint8Array(Buffer.from(stored.certificates[name], 'base64'));
}

export const serverKey: KeyObject = createPrivateKey({
  key: Buffer.from(stored.serverKey, 'base64'),
  format: 'der',
  type: 'pkcs8',
});

/** The trust anchor of `server`. */
export const anchor = trustAnchor(fixture('root'));

/** The client's randomness: 0, 1, 2 … */
export function countingRandom(): (into: Uint8Array, offset: number, length: number) => void {
  let next = 0;
  return (into, offset, length) => {
    for (let i = 0; i < length; i++) into[offset + i] = next++;
  };
}

const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const X25519_SPKI = Buffer.from('302a300506032b656e032100', 'hex');

function x25519Key(fill: number): KeyObject {
  return createPrivateKey({ key: Buffer.concat([X25519_PKCS8, Buffer.alloc(32, fill)]), format: 'der', type: 'pkcs8' });
}

export function x25519PublicKey(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(12);
}

const clientX25519 = x25519Key(0x11);
export const serverX25519 = x25519Key(0x22);
const clientP256 = createECDH('prime256v1');
clientP256.setPrivateKey(Buffer.alloc(32, 0x33));
export const serverP256 = createECDH('prime256v1');
serverP256.setPrivateKey(Buffer.alloc(32, 0x44));

/** Answers of OpenSSL, which takes longer for them than all the rest of a run takes. */
class Memory<T> {
  private known = new Map<string, T>();

  /** What `compute` answers for these bytes. */
  recall(parts: Uint8Array[], compute: () => T): T {
    const slot = parts.map(part => `${part.length} ${Buffer.from(part).toString('latin1')}`).join('');
    if (!this.known.has(slot)) {
      if (this.known.size > 500) this.known = new Map();
      this.known.set(slot, compute());
    }
    return this.known.get(slot) as T;
  }
}

const verdicts = new Memory<boolean>();

/** A group with one key for ever. */
function fixedGroup(
  name: 'x25519' | 'secp256r1',
  publicKey: Uint8Array,
  agree: (peer: Uint8Array) => Uint8Array,
): KeyExchangeGroup {
  const secrets = new Memory<Uint8Array | undefined>();
  const agreeOrNot = (peer: Uint8Array): Uint8Array | undefined => {
    try {
      const secret = agree(peer);
      return secret.some(byte => byte !== 0) ? secret : undefined;
    } catch {
      return undefined;
    }
  };
  const share: KeyShare = {
    publicKey,
    agree(peer) {
      if (peer.length !== publicKey.length) return done(undefined);
      const secret = secrets.recall([peer], () => agreeOrNot(peer));
      return done(secret && new Uint8Array(secret));
    },
    wipe() {},
  };
  return { name, publicKeyLength: publicKey.length, generate: () => done(share) };
}

/** node:crypto's, with fixed key shares: a ClientHello is always the same. */
export const fixedCrypto: CryptoProvider = {
  ...nodeCryptoProvider,
  signatures: nodeCryptoProvider.signatures.map(({ name, verify }) => ({
    name,
    verify(key, hash, message, signature) {
      const parts = [Buffer.from(name + hash.name), key.spki, message, signature];
      return done(verdicts.recall(parts, () => finish(verify(key, hash, message, signature))));
    },
  })),
  groups: [
    fixedGroup('x25519', new Uint8Array(x25519PublicKey(clientX25519)), peer =>
      diffieHellman({
        privateKey: clientX25519,
        publicKey: createPublicKey({ key: Buffer.concat([X25519_SPKI, peer]), format: 'der', type: 'spki' }),
      }),
    ),
    fixedGroup('secp256r1', new Uint8Array(clientP256.getPublicKey()), peer => clientP256.computeSecret(peer)),
  ],
};

/** Believes every signature on a certificate, so that damage gets past them. */
export const credulousCrypto: CryptoProvider = {
  ...nodeCryptoProvider,
  signatures: nodeCryptoProvider.signatures.map(({ name }) => ({ name, verify: () => done(true) })),
};
