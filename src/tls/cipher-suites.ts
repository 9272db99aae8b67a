/** Cipher suites, groups and signature schemes (RFC 8446 §B.4, §4.2.7, §4.2.3) as far as the crypto provider has them. */
import type {
  AeadAlgorithm,
  CryptoProvider,
  HashAlgorithm,
  KeyExchangeGroup,
  PublicKey,
  SignatureVerifier,
} from '../crypto/provider.js';

export interface CipherSuite {
  readonly id: number;
  readonly aead: AeadAlgorithm;
  readonly hash: HashAlgorithm;
  /** TLS 1.2: what its name has in front of that of the AEAD. */
  readonly prefix?: string;
}

export interface SignatureScheme {
  readonly id: number;
  readonly verifier: SignatureVerifier;
  readonly hash: HashAlgorithm;
}

/** The suites this provider can do, in the order of its AEADs; without `ccm` only those whose MAC is over the ciphertext. */
export function supportedSuites(crypto: CryptoProvider, ccm: boolean): CipherSuite[] {
  const suites: CipherSuite[] = [];
  const hashes = crypto.hashes;
  for (const aead of crypto.aeads) {
    const at = AEADS.indexOf(aead.name);
    const hash = hashNumber(hashes, at === 1 ? 1 : 0);
    if (at >= 0 && hash && (ccm || aead.macsCiphertext)) suites.push({ id: 0x1301 + at, aead, hash });
  }
  return suites;
}

export function suiteOf(suites: ReadonlyArray<CipherSuite>, id: number): CipherSuite | undefined {
  for (const suite of suites) if (suite.id === id) return suite;
  return undefined;
}

/** Its name in the registry: aes-128-gcm with sha256 makes TLS_AES_128_GCM_SHA256. */
export function suiteName(suite: CipherSuite): string {
  return ('tls-' + (suite.prefix || '') + suite.aead.name + '-' + suite.hash.name).split('-').join('_').toUpperCase();
}

/** The schemes this provider can verify, in the order of its signatures. */
export function supportedSchemes(crypto: CryptoProvider): SignatureScheme[] {
  const schemes: SignatureScheme[] = [];
  const hashes = crypto.hashes;
  for (const verifier of crypto.signatures) {
    const ids = SCHEMES[verifier.name] || [];
    for (let i = 0; i < ids.length; i++) {
      const hash = hashNumber(hashes, i % 3);
      if (ids[i] && hash) schemes.push({ id: ids[i], verifier, hash });
    }
  }
  return schemes;
}

/** NamedGroup, RFC 8446 §4.2.7. */
export function groupId(group: KeyExchangeGroup): number {
  return group.name === 'x25519' ? 0x001d : group.name === 'secp256r1' ? 0x0017 : 0x0018;
}

/** RFC 8446 §4.2.3: whether a CertificateVerify of this scheme can be made by this key. */
export function schemeFitsKey(scheme: SignatureScheme, key: PublicKey): boolean {
  const name = scheme.verifier.name;
  // rsa_pss_rsae_* wants an rsaEncryption key, rsa_pss_pss_* an id-RSASSA-PSS one. rsa_pkcs1_* signs certificates only.
  if (key.kind === 'rsa') return name === 'rsa-pss' && !key.pssOnly === scheme.id < 0x0809;
  return name === (key.kind === 'ec' ? 'ecdsa-' + key.curve : key.kind);
}

/** 0 is SHA-256, 1 SHA-384, 2 SHA-512. */
function hashNumber(hashes: ReadonlyArray<HashAlgorithm>, number: number): HashAlgorithm | undefined {
  for (const hash of hashes) if (hash.digestLength === 32 + 16 * number) return hash;
  return undefined;
}

/** Of the suites from 0x1301 on. */
const AEADS = ['aes-128-gcm', 'aes-256-gcm', 'chacha20-poly1305', 'aes-128-ccm'];

/** Signature schemes, each in the column of its hash, the columns twice over; 0 where there is none. */
const SCHEMES: { [name: string]: number[] } = {
  'ecdsa-secp256r1': [0x0403],
  'ecdsa-secp384r1': [0, 0x0503],
  ed25519: [0, 0, 0x0807],
  'rsa-pss': [0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b],
  'rsa-pkcs1': [0x0401, 0x0501, 0x0601],
};
