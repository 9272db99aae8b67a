/** All that src/crypto/bigint has, for what compares providers; boards list what they need. */
import { chacha20Poly1305 } from '../src/crypto/bigint/chacha20-poly1305.js';
import { ecdsaP256, ecdsaP384 } from '../src/crypto/bigint/ecdsa.js';
import { ecdsaP256Signer } from '../src/crypto/bigint/ecdsa-sign.js';
import { rsaPkcs1, rsaPss } from '../src/crypto/bigint/rsa.js';
import { rsaPkcs1Signer, rsaPssSigner } from '../src/crypto/bigint/rsa-sign.js';
import { secp256r1 } from '../src/crypto/bigint/secp256r1.js';
import { sha256 } from '../src/crypto/bigint/sha256.js';
import { sha384, sha512 } from '../src/crypto/bigint/sha512.js';
import { x25519 } from '../src/crypto/bigint/x25519.js';
import type { CryptoProvider } from '../src/crypto/provider.js';

export const bigIntProvider: CryptoProvider = {
  hashes: [sha256, sha384, sha512],
  aeads: [chacha20Poly1305],
  groups: [x25519, secp256r1],
  signatures: [ecdsaP256, ecdsaP384, rsaPss, rsaPkcs1],
  signers: [ecdsaP256Signer, rsaPssSigner, rsaPkcs1Signer],
};
