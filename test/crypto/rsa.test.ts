import { rsaPkcs1, rsaPss } from '../../src/crypto/rsa.js';
import { skip } from '../skip.js';
import { hashNamed, nodeVerifier, runSignatureVectors } from './public-key-fixtures.js';
import { rsaCases } from './rsa-cases.js';
import { NO_VECTORS, wycheproof } from './wycheproof.js';

const FILES = [
  { verifier: rsaPkcs1, file: 'rsa_signature_2048_sha256_test.json' },
  { verifier: rsaPkcs1, file: 'rsa_signature_2048_sha384_test.json' },
  { verifier: rsaPkcs1, file: 'rsa_signature_3072_sha256_test.json' },
  { verifier: rsaPkcs1, file: 'rsa_signature_4096_sha256_test.json' },
  { verifier: rsaPkcs1, file: 'rsa_signature_4096_sha512_test.json' },
  { verifier: rsaPss, file: 'rsa_pss_2048_sha256_mgf1_32_test.json' },
  { verifier: rsaPss, file: 'rsa_pss_3072_sha256_mgf1_32_test.json' },
  { verifier: rsaPss, file: 'rsa_pss_4096_sha512_mgf1_64_test.json' },
];

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
