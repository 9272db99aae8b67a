/**
 * The object identifiers and AlgorithmIdentifiers this code knows, as hexadecimal DER. An AlgorithmIdentifier is compared
 * whole: for each algorithm there is one encoding that issuers of public certificates may use (CA/Browser Forum Baseline
 * Requirements §7.1.3), and for RSA signatures one more that others use, so there is no need to take it apart.
 */

/** Contents of an OBJECT IDENTIFIER. */
export const enum Oid {
  // Extensions, RFC 5280 §4.2.1.
  KeyUsage = '551d0f',
  SubjectAltName = '551d11',
  BasicConstraints = '551d13',
  NameConstraints = '551d1e',
  ExtendedKeyUsage = '551d25',
  // Key purposes, RFC 5280 §4.2.1.12.
  AnyExtendedKeyUsage = '551d2500',
  ServerAuth = '2b06010505070301',
}

/** AlgorithmIdentifiers of a SubjectPublicKeyInfo. */
export const enum KeyAlgorithm {
  /** rsaEncryption with NULL, RFC 3279 §2.3.1. */
  Rsa = '300d06092a864886f70d0101010500',
  /** id-RSASSA-PSS without parameters, RFC 4055 §3.1. */
  RsaPss = '300b06092a864886f70d01010a',
  /** id-ecPublicKey with a named curve, RFC 5480 §2.1.1. */
  P256 = '301306072a8648ce3d020106082a8648ce3d030107',
  P384 = '301006072a8648ce3d020106052b81040022',
  /** RFC 8410 §3; of a signature, too. */
  Ed25519 = '300506032b6570',
}

/** Parts of the AlgorithmIdentifiers of signatures, which signature.ts puts together. */
export const enum SignatureAlgorithm {
  /** ecdsa-with-SHA256, 384 and 512 end in 2, 3 and 4, RFC 5758 §3.2. */
  Ecdsa = '300a06082a8648ce3d04030',
  /** OIDs of PKCS #1, less the last byte: 08 id-mgf1, 0a id-RSASSA-PSS, 0b, 0c and 0d shaNNNWithRSAEncryption, RFC 8017 §C. */
  RsaPrefix = '06092a864886f70d0101',
  /** OIDs of sha256, 384 and 512, which end in 1, 2 and 3, RFC 5754 §2. */
  Sha2 = '060960864801650304020',
}
