/**
 * The application's own private keys: PKCS#8 (RFC 5958), SEC 1 (RFC 5915) and PKCS#1 (RFC 8017 §A.1.2), as openssl writes them.
 * Memory: what is kept is copied, RSA-2048 1.2 KB, so that file and text can be dropped.
 */
import type { PrivateKey } from '../crypto/provider.js';
import { type RingletError, ringletError, usageError } from '../errors.js';
import { type DerReader, readSequence, Tag } from './der-reader.js';
import { readInteger, readOctets, readPositiveInteger, toHex } from './der-values.js';
import { KeyAlgorithm } from './oids.js';
import { pemBlocks } from './pem.js';

/**
 * The P-256 or RSA key (two primes, 2048 to 4096 bits, exponent up to 32 bits) in `der`. Throws ERR_KEY_MALFORMED, ERR_KEY_UNSUPPORTED
 * for other keys, ERR_KEY_ENCRYPTED. Whether its numbers belong together shows when it signs.
 */
export function parsePrivateKey(der: Uint8Array): PrivateKey {
  try {
    return readKey(der, '');
  } catch (error) {
    // As a certificate's, but it is a key.
    if ((error as RingletError).code === 'ERR_CERT_MALFORMED') malformed();
    throw error;
  }
}

/**
 * The private key in `text` (RFC 7468 §10, and openssl's EC PRIVATE KEY and RSA PRIVATE KEY). Throws as parsePrivateKey does, and
 * ERR_USAGE if there is none.
 */
export function privateKeyFromPem(text: string): PrivateKey {
  for (const label of ['PRIVATE KEY', 'EC PRIVATE KEY', 'RSA PRIVATE KEY', 'ENCRYPTED PRIVATE KEY']) {
    if (text.indexOf('-----BEGIN ' + label + '-----') < 0) continue;
    // Not base64 then, but openssl's own encryption.
    if (text.indexOf(',ENCRYPTED') >= 0) encrypted();
    const blocks = pemBlocks(text, label);
    let key: PrivateKey;
    try {
      key = parsePrivateKey(blocks[0]);
    } finally {
      for (const der of blocks) der.fill(0);
    }
    return key;
  }
  return usageError('PEM: no PRIVATE KEY block');
}

/** `algorithm` is what PKCS#8 says about the key inside it, '' outside. */
function readKey(der: Uint8Array, algorithm: string): PrivateKey {
  const reader = readSequence(der);
  // EncryptedPrivateKeyInfo, RFC 5958 §3, has no version.
  if (reader.peek() === Tag.Sequence && !algorithm) encrypted();
  const version = readInteger(reader);
  if (version.length !== 1 || version[0] > 1) malformed();
  const tag = reader.peek();
  if (tag === Tag.Sequence && !algorithm) return inPkcs8(reader, version[0]);
  if (tag === Tag.OctetString && version[0] === 1 && algorithm !== KeyAlgorithm.Rsa) return ecKey(reader, algorithm);
  if (tag === Tag.Integer && algorithm !== KeyAlgorithm.P256) {
    if (version[0] === 1) unsupported('more than two primes');
    return rsaKey(reader);
  }
  return malformed();
}

function inPkcs8(reader: DerReader, version: number): PrivateKey {
  const algorithm = toHex(reader.whole());
  const key = reader.view(Tag.OctetString);
  // Attributes, and in version 2, which is 1, the public key.
  if (reader.peek() === Tag.Explicit) reader.view(Tag.Explicit);
  if (version === 1) reader.view(Tag.Context + 1);
  reader.finish();
  if (algorithm !== KeyAlgorithm.Rsa && algorithm !== KeyAlgorithm.P256) unsupported('its algorithm');
  return readKey(key, algorithm);
}

/** ECPrivateKey behind its version, RFC 5915 §3. */
function ecKey(reader: DerReader, algorithm: string): PrivateKey {
  const scalar = new Uint8Array(reader.view(Tag.OctetString));
  let curve = algorithm;
  if (reader.peek() === Tag.Explicit) {
    // As in the AlgorithmIdentifier, behind id-ecPublicKey.
    curve = '301306072a8648ce3d0201' + toHex(reader.view(Tag.Explicit));
  }
  let point: Uint8Array | undefined;
  if (reader.peek() === Tag.Explicit + 1) {
    const explicit = reader.enter(Tag.Explicit + 1);
    point = new Uint8Array(readOctets(explicit));
    explicit.finish();
  }
  reader.finish();
  if (curve !== KeyAlgorithm.P256) unsupported('its curve');
  if (scalar.length !== 32 || (point && (point.length !== 65 || point[0] !== 4))) malformed();
  return { kind: 'ec', curve: 'secp256r1', scalar, point, erase: () => erase([scalar]) };
}

/** RSAPrivateKey behind its version, RFC 8017 §A.1.2. */
function rsaKey(reader: DerReader): PrivateKey {
  const numbers: Uint8Array[] = [];
  while (numbers.length < 8) numbers.push(new Uint8Array(readPositiveInteger(reader)));
  reader.finish();
  const modulus = numbers[0];
  const exponent = numbers[1];
  const secrets = numbers.slice(2);
  const size = modulus.length;
  const p = secrets[1].length;
  const q = secrets[2].length;
  // Primes of the same length, as everybody makes them.
  const longest = (size + 1) >> 1;
  if (size < 256 || (size === 256 && modulus[0] < 0x80) || size > 512 || exponent.length > 4) {
    unsupported('its size: RSA has 2048 to 4096 bits here');
  }
  if (p < size >> 1 || q < size >> 1 || p > longest || q > longest) unsupported('its primes');
  if (secrets[0].length > size || secrets[3].length > p || secrets[4].length > q || secrets[5].length > p) malformed();
  // An exponent of 1 is none.
  let odd = exponent[exponent.length - 1];
  for (const number of [modulus, secrets[1], secrets[2]]) odd &= number[number.length - 1];
  if (!(odd & 1) || (exponent.length === 1 && exponent[0] === 1)) malformed();
  return { kind: 'rsa', modulus, exponent, rsaSecrets: secrets, erase: () => erase(secrets) };
}

function erase(secrets: Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}

function malformed(): never {
  throw ringletError('ERR_KEY_MALFORMED', 'The private key is neither PKCS#8, SEC 1 nor PKCS#1');
}

function unsupported(what: string): never {
  throw ringletError('ERR_KEY_UNSUPPORTED', 'The private key is not for us: ' + what);
}

function encrypted(): never {
  throw ringletError('ERR_KEY_ENCRYPTED', 'The private key is encrypted: openssl pkey -in KEY -out PLAIN');
}
