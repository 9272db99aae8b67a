/** The providers whose symmetric algorithms take the same tests, and the small tools of those tests. */
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { aes128Ccm } from '../../src/crypto/aes-ccm.js';
import { aes128Gcm, aes256Gcm } from '../../src/crypto/aes-gcm.js';
import { chacha20Poly1305 } from '../../src/crypto/chacha20-poly1305.js';
import type { AeadAlgorithm, CryptoProvider, Hash, HashAlgorithm, HashName } from '../../src/crypto/provider.js';
import { sha256 } from '../../src/crypto/sha256.js';
import { sha384, sha512 } from '../../src/crypto/sha512.js';
import { nativeSymmetric } from '../native/native-provider.js';
import { SEED } from '../seed.js';

export const portableAeads: AeadAlgorithm[] = [aes128Gcm, aes256Gcm, aes128Ccm, chacha20Poly1305];

export const PROVIDERS: Array<[string, Pick<CryptoProvider, 'hashes' | 'aeads'>]> = [
  ['portable', { hashes: [sha256, sha384, sha512], aeads: portableAeads }],
  ['node:crypto', nodeCryptoProvider],
  ['machine code', nativeSymmetric],
];

/** Emulation is slow: what takes minutes there runs with NATIVE=all (`npm run test:native`). */
export const isThorough = (label: string): boolean => label !== 'machine code' || process.env['NATIVE'] === 'all';

export function hashNamed(provider: Pick<CryptoProvider, 'hashes'>, name: HashName): HashAlgorithm {
  return provider.hashes.find(hash => hash.name === name) as HashAlgorithm;
}

export const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
export const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
export const hex = (array: Uint8Array): string => Buffer.from(array).toString('hex');

export function digest(hash: Hash, length: number): string {
  const into = new Uint8Array(length);
  hash.digest(into, 0);
  return hex(into);
}

export class SeededRandom {
  private state = SEED;

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    // Marsaglia's xorshift32.
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % limit;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  /** Mostly short, because short lengths are where block boundaries are; now and then up to `limit`. */
  length(limit: number): number {
    return this.below(8) === 0 ? this.below(limit + 1) : this.below(Math.min(limit, 300) + 1);
  }

  /** Calls `each` with the offsets and lengths of a random partition; pieces may be empty. */
  pieces(total: number, each: (offset: number, length: number) => void): void {
    for (let offset = 0; offset < total || this.below(3) === 0; ) {
      const length = Math.min(total - offset, [this.below(4), this.below(40), this.below(5000)][this.below(3)]);
      each(offset, length);
      offset += length;
    }
  }
}
