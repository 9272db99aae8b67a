/**
 * `npm run differential`: every primitive of every provider against node:crypto, 10,000 inputs each.
 *
 *   npm run differential -- 500                 fewer inputs
 *   npm run differential -- 10000 portable ecdsa  only this provider, only primitives whose name contains this
 */
import { chacha20Poly1305 } from '../src/crypto/bigint/chacha20-poly1305.js';
import { ecdsaP256, ecdsaP384 } from '../src/crypto/bigint/ecdsa.js';
import { ecdsaP256Signer } from '../src/crypto/bigint/ecdsa-sign.js';
import { rsaPkcs1, rsaPss } from '../src/crypto/bigint/rsa.js';
import { rsaPkcs1Signer, rsaPssSigner } from '../src/crypto/bigint/rsa-sign.js';
import { secp256r1 } from '../src/crypto/bigint/secp256r1.js';
import { sha256 } from '../src/crypto/bigint/sha256.js';
import { sha384, sha512 } from '../src/crypto/bigint/sha512.js';
import { x25519 } from '../src/crypto/bigint/x25519.js';
import { portableProvider } from '../src/crypto/portable-provider.js';
import { portableSigners } from '../src/crypto/portable-signers.js';
import type { CryptoProvider } from '../src/crypto/provider.js';
import { differentials } from '../test/crypto/differential.js';

const bigint: CryptoProvider = {
  hashes: [sha256, sha384, sha512],
  aeads: [chacha20Poly1305],
  groups: [x25519, secp256r1],
  signatures: [ecdsaP256, ecdsaP384, rsaPss, rsaPkcs1],
  signers: [ecdsaP256Signer, rsaPssSigner, rsaPkcs1Signer],
};
const PROVIDERS: Record<string, CryptoProvider> = {
  bigint,
  portable: { ...portableProvider, signers: portableSigners },
};

const [count = '10000', wantedProvider = '', wantedPrimitive = ''] = process.argv.slice(2);
let failed = 0;
for (const [label, provider] of Object.entries(PROVIDERS)) {
  if (!label.includes(wantedProvider)) continue;
  for (const { name, run } of differentials(provider)) {
    if (!name.includes(wantedPrimitive)) continue;
    const started = performance.now();
    try {
      const inputs = run(Number(count));
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${label} ${name}: ${count} of ${count} as node:crypto (${inputs}; ${seconds} s)`);
    } catch (error) {
      failed++;
      console.error(`${label} ${name}: ${(error as Error).message}`);
    }
  }
}
process.exit(failed > 0 ? 1 : 0);
