/**
 * Everything, in portable TypeScript. A board that needs less lists less: rollup leaves out what is not named.
 * ChaCha20-Poly1305 comes first because without hardware AES it is several times cheaper than GCM.
 */
import { aes128Ccm } from './aes-ccm.js';
import { aes128Gcm, aes256Gcm } from './aes-gcm.js';
import { chacha20Poly1305 } from './chacha20-poly1305.js';
import { ecdsaP256, ecdsaP384 } from './ecdsa.js';
import { createEd25519 } from './ed25519.js';
import type { CryptoProvider } from './provider.js';
import { rsaPkcs1, rsaPss } from './rsa.js';
import { secp256r1 } from './secp256r1.js';
import { sha256 } from './sha256.js';
import { sha384, sha512 } from './sha512.js';
import { x25519 } from './x25519.js';

export const portableProvider: CryptoProvider = {
  hashes: [sha256, sha384, sha512],
  aeads: [chacha20Poly1305, aes128Gcm, aes256Gcm, aes128Ccm],
  groups: [x25519, secp256r1],
  signatures: [ecdsaP256, ecdsaP384, createEd25519(sha512), rsaPss, rsaPkcs1],
};
