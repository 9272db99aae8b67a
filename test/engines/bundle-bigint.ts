/** Known answers of everything in src/crypto/bigint/, and its self-test, to be run inside an engine; one without BigInt says that it skips them. */
import { chacha20Poly1305 } from '../../src/crypto/bigint/chacha20-poly1305.js';
import { ecdsaP256, ecdsaP384 } from '../../src/crypto/bigint/ecdsa.js';
import { ecdsaP256Signer } from '../../src/crypto/bigint/ecdsa-sign.js';
import { rsaPkcs1, rsaPss } from '../../src/crypto/bigint/rsa.js';
import { rsaPkcs1Signer, rsaPssSigner } from '../../src/crypto/bigint/rsa-sign.js';
import { secp256r1 } from '../../src/crypto/bigint/secp256r1.js';
import { checkBigInt } from '../../src/crypto/bigint/self-test.js';
import { sha256 } from '../../src/crypto/bigint/sha256.js';
import { sha384, sha512 } from '../../src/crypto/bigint/sha512.js';
import { x25519 } from '../../src/crypto/bigint/x25519.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { publicKeyAnswers } from './public-key-answers.js';
import { attempt, done } from './report.js';
import { symmetricAnswers } from './symmetric-answers.js';

const provider: CryptoProvider = {
  hashes: [sha256, sha384, sha512],
  aeads: [chacha20Poly1305],
  groups: [x25519, secp256r1],
  signatures: [ecdsaP256, ecdsaP384, rsaPss, rsaPkcs1],
};

if (typeof BigInt === 'function') {
  attempt('self-test', () => {
    checkBigInt();
    return true;
  });
  symmetricAnswers(provider);
  publicKeyAnswers(provider, [ecdsaP256Signer, rsaPssSigner, rsaPkcs1Signer]);
} else {
  attempt('skipped: this engine has no BigInt', () => true);
}
done();
