/**
 * `npm run differential`: every primitive of every provider against node:crypto, 10,000 inputs each.
 *
 *   npm run differential -- 500                 fewer inputs
 *   npm run differential -- 10000 portable ecdsa  only this provider, only primitives whose name contains this
 */
import { portableProvider } from '../src/crypto/portable-provider.js';
import { portableSigners } from '../src/crypto/portable-signers.js';
import type { CryptoProvider } from '../src/crypto/provider.js';
import { differentials } from '../test/crypto/differential.js';
import { bigIntProvider } from './bigint-provider.js';

const PROVIDERS: Record<string, CryptoProvider> = {
  bigint: bigIntProvider,
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
