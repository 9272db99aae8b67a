/** The algorithms that are in the machine code, on the Cortex-M0+ core, for the tests that every provider takes. */
import { nativeAes128Gcm, nativeAes256Gcm, nativeChaCha20Poly1305 } from '../../src/crypto/native/aead.js';
import { nativeHash } from '../../src/crypto/native/hash.js';
import type { NativeCode } from '../../src/crypto/native/native-code.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { ThumbCore } from './thumb-core.js';

export type Symmetric = Pick<CryptoProvider, 'hashes' | 'aeads'>;

export function symmetricOf(code: NativeCode): Symmetric {
  return {
    hashes: [256, 384, 512].map(bits => nativeHash(code, bits)),
    aeads: [nativeAes128Gcm(code), nativeAes256Gcm(code), nativeChaCha20Poly1305(code)],
  };
}

export const core = new ThumbCore();
export const nativeSymmetric = symmetricOf(core);
