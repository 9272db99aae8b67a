/** A sample of what `npm run differential` does: each portable primitive against node:crypto. */
import { portableProvider } from '../../src/crypto/portable-provider.js';
import { portableSigners } from '../../src/crypto/portable-signers.js';
import { differentials } from './differential.js';

const ALL = 10000;
/** Public-key operations take milliseconds each. */
const SAMPLE: Record<string, number> = {
  x25519: 400,
  secp256r1: 150,
  'ecdsa-secp256r1': 150,
  'ecdsa-secp384r1': 60,
  ed25519: 100,
  'rsa-pss': 100,
  'rsa-pkcs1': 100,
  'sign ecdsa-secp256r1': 100,
  'sign rsa-pss': 30,
  'sign rsa-pkcs1': 30,
};

describe('crypto: portable primitives against node:crypto', () => {
  for (const { name, run } of differentials({ ...portableProvider, signers: portableSigners })) {
    const count = SAMPLE[name] ?? 500;
    it(`${name}: ${count} of the ${ALL} inputs of npm run differential`, function () {
      this.timeout(60000);
      console.log(`      ${run(count)}`);
    });
  }
});
