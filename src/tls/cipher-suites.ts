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
  readonly name: string;
  readonly aead: AeadAlgorithm;
  readonly hash: HashAlgorithm;
}

export interface SignatureScheme {
  readonly id: number;
  /** Undefined for schemes that sign certificates only (rsa_pkcs1_*): never accepted in CertificateVerify. */
  readonly verifier: SignatureVerifier | undefined;
  readonly hash: HashAlgorithm;
}

/** The suites this provider can do, in the order of its AEADs. */
export function supportedSuites(crypto: CryptoProvider): CipherSuite[] {
  const suites: CipherSuite[] = [];
  for (const aead of crypto.aeads) {
    for (const row of SUITES) {
      const hash = hashNamed(crypto, row[2] as string);
      if (row[1] === aead.name && hash) suites.push({ id: row[0] as number, name: row[3] as string, aead, hash });
    }
  }
  return suites;
}

/** The schemes this provider can verify, in the order of its signatures. */
export function supportedSchemes(crypto: CryptoProvider): SignatureScheme[] {
  const schemes: SignatureScheme[] = [];
  for (const verifier of crypto.signatures) {
    for (const row of SCHEMES) {
      const hash = hashNamed(crypto, row[2] as string);
      if (row[1] === verifier.name && hash) {
        schemes.push({ id: row[0] as number, verifier: verifier.name === 'rsa-pkcs1' ? undefined : verifier, hash });
      }
    }
  }
  return schemes;
}

/** NamedGroup, RFC 8446 §4.2.7. */
export function groupId(group: KeyExchangeGroup): number {
  return group.name === 'x25519' ? 0x001d : 0x0017;
}

/** RFC 8446 §4.2.3: whether a signature of this scheme can be made by this key. */
export function schemeFitsKey(scheme: SignatureScheme, key: PublicKey): boolean {
  const name = scheme.verifier ? scheme.verifier.name : '';
  if (name === 'rsa-pss') {
    // rsa_pss_rsae_* wants an rsaEncryption key, rsa_pss_pss_* an id-RSASSA-PSS one.
    return key.kind === 'rsa' && !key.pssOnly === scheme.id < 0x0809;
  }
  return name === (key.kind === 'ec' ? 'ecdsa-' + key.curve : key.kind);
}

function hashNamed(crypto: CryptoProvider, name: string): HashAlgorithm | undefined {
  for (const hash of crypto.hashes) if (hash.name === name) return hash;
  return undefined;
}

const SUITES = [
  [0x1301, 'aes-128-gcm', 'sha256', 'TLS_AES_128_GCM_SHA256'],
  [0x1302, 'aes-256-gcm', 'sha384', 'TLS_AES_256_GCM_SHA384'],
  [0x1303, 'chacha20-poly1305', 'sha256', 'TLS_CHACHA20_POLY1305_SHA256'],
  [0x1304, 'aes-128-ccm', 'sha256', 'TLS_AES_128_CCM_SHA256'],
];

const SCHEMES = [
  [0x0403, 'ecdsa-secp256r1', 'sha256'],
  [0x0503, 'ecdsa-secp384r1', 'sha384'],
  [0x0807, 'ed25519', 'sha512'],
  [0x0804, 'rsa-pss', 'sha256'],
  [0x0805, 'rsa-pss', 'sha384'],
  [0x0806, 'rsa-pss', 'sha512'],
  [0x0809, 'rsa-pss', 'sha256'],
  [0x080a, 'rsa-pss', 'sha384'],
  [0x080b, 'rsa-pss', 'sha512'],
  [0x0401, 'rsa-pkcs1', 'sha256'],
  [0x0501, 'rsa-pkcs1', 'sha384'],
  [0x0601, 'rsa-pkcs1', 'sha512'],
];
