/** What the tests of the machine code's public-key part share: its algorithms, and Wycheproof's vectors for them. */

import assert from 'node:assert/strict';
import { finish } from '../../src/crypto/computation.js';
import { createEcdsaP256Signer } from '../../src/crypto/ecdsa-sign.js';
import { nativeSecp256r1, nativeX25519 } from '../../src/crypto/native/key-exchange.js';
import type { NativeCode } from '../../src/crypto/native/native-code.js';
import { nativeEcdsaP256, nativeEcdsaP384, nativeRsaPkcs1, nativeRsaPss } from '../../src/crypto/native/signatures.js';
import type { CryptoProvider, KeyExchangeGroup } from '../../src/crypto/provider.js';
import { sha256 } from '../../src/crypto/sha256.js';
import { sha384, sha512 } from '../../src/crypto/sha512.js';
import { bytes, hashNamed, hex, runSignatureVectors } from '../crypto/public-key-fixtures.js';

/** With the portable hashes: those of the machine code have tests of their own. */
export function publicKeyOf(code: NativeCode): CryptoProvider {
  return {
    hashes: [sha256, sha384, sha512],
    aeads: [],
    groups: [nativeX25519(code), nativeSecp256r1(code)],
    signatures: [nativeEcdsaP256(code), nativeEcdsaP384(code), nativeRsaPkcs1(code), nativeRsaPss(code)],
    signers: [createEcdsaP256Signer(nativeSecp256r1(code))],
  };
}

/** Of each file: which algorithm it is for, and how many vectors the emulated core takes. */
export const WYCHEPROOF: { file: string; name: string; emulated: number }[] = [
  { file: 'x25519_test.json', name: 'x25519', emulated: 4 },
  { file: 'ecdh_secp256r1_test.json', name: 'secp256r1', emulated: 4 },
  { file: 'ecdsa_secp256r1_sha256_test.json', name: 'ecdsa-secp256r1', emulated: 8 },
  { file: 'ecdsa_secp384r1_sha384_test.json', name: 'ecdsa-secp384r1', emulated: 3 },
  { file: 'rsa_signature_2048_sha256_test.json', name: 'rsa-pkcs1', emulated: 2 },
  { file: 'rsa_signature_2048_sha384_test.json', name: 'rsa-pkcs1', emulated: 1 },
  { file: 'rsa_signature_3072_sha256_test.json', name: 'rsa-pkcs1', emulated: 1 },
  { file: 'rsa_signature_4096_sha256_test.json', name: 'rsa-pkcs1', emulated: 1 },
  { file: 'rsa_signature_4096_sha512_test.json', name: 'rsa-pkcs1', emulated: 1 },
  { file: 'rsa_pss_2048_sha256_mgf1_32_test.json', name: 'rsa-pss', emulated: 2 },
  { file: 'rsa_pss_3072_sha256_mgf1_32_test.json', name: 'rsa-pss', emulated: 1 },
  { file: 'rsa_pss_4096_sha512_mgf1_64_test.json', name: 'rsa-pss', emulated: 1 },
];

/** Runs `most` of the vectors in `groups`, evenly spread; answers a line that says how many of how many. */
export function runVectors(provider: CryptoProvider, name: string, groups: any[], most: number): string {
  const total = groups.reduce((sum, group) => sum + group.tests.length, 0);
  let seen = 0;
  const sample = groups.map(group => ({
    ...group,
    tests: group.tests.filter(() => {
      seen++;
      return Math.floor((seen * most) / total) > Math.floor(((seen - 1) * most) / total);
    }),
  }));
  const chosen = sample.filter(group => group.tests.length > 0);
  const agreement = provider.groups.find(group => group.name === name);
  const verifier = provider.signatures.find(candidate => candidate.name === name);
  let line = '';
  if (agreement) line = (name === 'x25519' ? runX25519 : runP256)(agreement, chosen);
  // The one acceptable vector lacks the NULL in DigestInfo, which RFC 8017 §9.2 note 1 wants there.
  if (verifier) line = runSignatureVectors(chosen, verifier, group => hashNamed(group.sha), false);
  return `${Math.min(most, total)} of ${total}: ${line}`;
}

function runX25519(group: KeyExchangeGroup, groups: any[]): string {
  let agreed = 0;
  let refused = 0;
  for (const test of groups.flatMap(({ tests }) => tests)) {
    const share = finish(group.generate((into, offset) => into.set(bytes(test.private), offset)));
    const secret = finish(share.agree(bytes(test.public)));
    const zero = test.flags.includes('ZeroSharedSecret');
    assert.equal(hex(secret), zero ? undefined : test.shared, `tcId ${test.tcId} ${test.comment}`);
    if (zero) refused++;
    else agreed++;
  }
  return `${agreed} secrets, ${refused} refused`;
}

function runP256(group: KeyExchangeGroup, groups: any[]): string {
  // SubjectPublicKeyInfo of an uncompressed point on the named curve; in TLS only the point is sent.
  const prefix = '3059301306072a8648ce3d020106082a8648ce3d030107034200';
  const counts = { secrets: 0, refused: 0, 'not applicable': 0 };
  for (const test of groups.flatMap(({ tests }) => tests)) {
    if (!test.public.startsWith(prefix) || test.public.length !== prefix.length + 130) {
      counts['not applicable']++;
      continue;
    }
    const scalar = Buffer.from(test.private.slice(-64).padStart(80, '0'), 'hex').reverse();
    const share = finish(group.generate((into, offset) => into.set(scalar, offset)));
    const secret = hex(finish(share.agree(bytes(test.public.slice(prefix.length)))));
    // An acceptable one may be refused: some of those have a wrong point under bad ASN.1.
    const refusable = test.result === 'invalid' || (test.result === 'acceptable' && secret === undefined);
    assert.equal(secret, refusable ? undefined : test.shared, `tcId ${test.tcId} ${test.comment}`);
    counts[secret ? 'secrets' : 'refused']++;
  }
  return Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
}
