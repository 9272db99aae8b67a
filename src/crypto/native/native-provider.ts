/**
 * All of the machine code's algorithms, as CryptoProvider lists them: what public servers need. A board that needs less lists less: rollup leaves out what
 * is not named. Lists are made when somebody asks for them: algorithms in use are few, and all of them would be 140 variables on Espruino. ChaCha20-Poly1305 comes first because without hardware AES it is the faster one in C, too.
 */
import type { CryptoProvider, SignatureVerifier } from '../provider.js';
import { nativeAes128Gcm, nativeAes256Gcm, nativeChaCha20Poly1305 } from './aead.js';
import { nativeHash } from './hash.js';
import { nativeSecp256r1, nativeX25519 } from './key-exchange.js';
import type { NativeCode } from './native-code.js';
import { nativeEcdsaP256, nativeEcdsaP384, nativeRsaPkcs1, nativeRsaPss } from './signatures.js';

export function nativeProvider(code: NativeCode): CryptoProvider {
  return {
    get hashes() {
      return [nativeHash(code, 256), nativeHash(code, 384), nativeHash(code, 512)];
    },
    get aeads() {
      return [nativeChaCha20Poly1305(code), nativeAes128Gcm(code), nativeAes256Gcm(code)];
    },
    get groups() {
      return [nativeX25519(code), nativeSecp256r1(code)];
    },
    get signatures() {
      return nativeSignatures(code);
    },
  };
}

function nativeSignatures(code: NativeCode): SignatureVerifier[] {
  return [nativeEcdsaP256(code), nativeEcdsaP384(code), nativeRsaPss(code), nativeRsaPkcs1(code)];
}
