/** All signers in portable TypeScript, for a provider's `signers`: a board with client certificates lists those of its keys. */
import { ecdsaP256Signer } from './ecdsa-sign.js';
import type { Signer } from './provider.js';
import { rsaPkcs1Signer, rsaPssSigner } from './rsa-sign.js';

export const portableSigners: ReadonlyArray<Signer> = [ecdsaP256Signer, rsaPssSigner, rsaPkcs1Signer];
