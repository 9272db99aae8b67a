import { rsaPkcs1, rsaPss } from '../../src/crypto/rsa.js';
import { skip } from '../skip.js';
import { hashNamed, nodeVerifier, rsaVectorFiles, runSignatureVectors } from './public-key-fixtures.js';
import { rsaCases } from './rsa-cases.js';
import { NO_VECTORS, wycheproof } from './wycheproof.js';

const FILES = rsaVectorFiles(rsaPkcs1, rsaPss);

describe('crypto: rsa', () => {
  for (const { verifier, file } of FILES) {
    for (const [label, implementation] of [
      ['portable', verifier],
      ['node:crypto', nodeVerifier(verifier.name)],
    ] as const) {
      it(`gives the answers of Wycheproof ${file} (${label})`, function () {
        this.timeout(60000);
        const groups = wycheproof(file);
        if (!groups) skip(this, NO_VECTORS);
        // The one acceptable vector lacks the NULL in DigestInfo, which RFC 8017 §9.2 note 1 wants there.
        const strict = label === 'portable' ? false : undefined;
        console.log(`      ${runSignatureVectors(groups, implementation, group => hashNamed(group.sha), strict)}`);
      });
    }
  }

  rsaCases(
    () => rsaPkcs1,
    () => rsaPss,
  );
});
