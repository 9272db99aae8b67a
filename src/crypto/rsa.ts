/**
 * RSA verification (RFC 8017): RSASSA-PKCS1-v1_5 §8.2.2 and RSASSA-PSS §8.1.2, moduli of 2048 to 4096 bits, odd exponents
 * of 3 to 2^32 - 1. Everything here is public. Memory while it runs: RSA-2048 4 KB, RSA-4096 8 KB.
 */
import { equalConstantTime } from '../bytes/constant-time.js';
import { type Computation, done } from './computation.js';
import { digest } from './digest.js';
import { inPieces } from './pieces.js';
import type { HashAlgorithm, PublicKey, SignatureName, SignatureVerifier } from './provider.js';
import { RsaPower } from './rsa-power.js';

/** Does the encoded message `encoded` fit? The check may overwrite it. */
type Check = (encoded: Uint8Array, key: PublicKey, hash: HashAlgorithm, message: Uint8Array) => boolean;

function rsa(name: SignatureName, check: Check): SignatureVerifier {
  return {
    name,
    verify(key: PublicKey, hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): Computation<boolean> {
      const power = operation(key, signature);
      if (!power) return done(false);
      let valid = false;
      return inPieces(
        [
          () => power.piece(),
          () => {
            const encoded = new Uint8Array(signature.length);
            power.write(encoded);
            valid = check(encoded, key, hash, message);
            return 0;
          },
        ],
        () => valid,
      );
    },
  };
}

/** EMSA-PKCS1-v1_5, RFC 8017 §9.2. The encoding is unique: it makes it and compares the whole, there is nothing to parse. */
function verifyPkcs1(encoded: Uint8Array, _key: PublicKey, hash: HashAlgorithm, message: Uint8Array): boolean {
  const expected = new Uint8Array(encoded.length);
  const size = hash.digestLength;
  const digestAt = expected.length - size;
  expected.fill(255);
  expected[0] = 0;
  expected[1] = 1;
  // 2.16.840.1.101.3.4.2.1 is SHA-256, .2 SHA-384, .3 SHA-512.
  expected.set(
    [0, 0x30, size + 17, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, size / 16 - 1, 5, 0, 4, size],
    digestAt - 20,
  );
  digest(hash.create(), [message], expected, digestAt);
  return equalConstantTime(encoded, 0, expected, 0, expected.length);
}

/** EMSA-PSS-VERIFY (RFC 8017 §9.1.2) of a number of one bit less than the modulus, right-aligned in `encoded`. */
function verifyPss(encoded: Uint8Array, key: PublicKey, hash: HashAlgorithm, message: Uint8Array): boolean {
  const bits = bitLength(key.modulus as Uint8Array) - 1;
  const size = hash.digestLength;
  // With 8 n + 1 bits in the modulus the encoding is a byte shorter than the modulus.
  const start = encoded.length - Math.floor((bits + 7) / 8);
  const hashAt = encoded.length - 1 - size;
  const saltAt = hashAt - size;
  if (saltAt <= start || encoded[encoded.length - 1] !== 0xbc) return false;
  if (start === 1 && encoded[0] !== 0) return false;
  const unused = 8 * (encoded.length - start) - bits;
  if (encoded[start] >> (8 - unused) !== 0) return false;

  // MGF1 (RFC 8017 B.2.1) of the hash, over everything before it.
  const h = new Uint8Array(encoded.subarray(hashAt, hashAt + size));
  const counter = new Uint8Array(4);
  const mask = new Uint8Array(size);
  for (let at = start; at < hashAt; at += size) {
    digest(hash.create(), [h, counter], mask, 0);
    for (let i = 0; i < size && at + i < hashAt; i++) encoded[at + i] ^= mask[i];
    counter[3]++;
  }
  encoded[start] &= 255 >> unused;
  let padding = encoded[saltAt - 1] ^ 1;
  for (let i = start; i < saltAt - 1; i++) padding |= encoded[i];
  if (padding !== 0) return false;

  const hashed = new Uint8Array(size);
  digest(hash.create(), [message], hashed, 0);
  digest(hash.create(), [new Uint8Array(8), hashed, encoded.subarray(saltAt, hashAt)], mask, 0);
  return equalConstantTime(mask, 0, h, 0, size);
}

/** The operation that makes the encoded message of the signature; undefined if the key or the signature is unusable. */
function operation(key: PublicKey, signature: Uint8Array): RsaPower | undefined {
  const modulus = key.modulus;
  const bytes = key.exponent;
  if (key.kind !== 'rsa' || !modulus || !bytes) return undefined;
  const size = modulus.length;
  if (size > 512 || !modulus[0] || bitLength(modulus) < 2048 || signature.length !== size) return undefined;
  let exponent = 0;
  for (let i = 0; i < bytes.length && i < 5; i++) exponent = exponent * 256 + bytes[i];
  if ((modulus[size - 1] & bytes[bytes.length - 1] & 1) === 0 || exponent < 3 || exponent > 4294967295)
    return undefined;
  // The signature is a number below the modulus.
  let i = 0;
  while (i < size && signature[i] === modulus[i]) i++;
  return i < size && signature[i] < modulus[i] ? new RsaPower(modulus, signature, exponent) : undefined;
}

/** Bits of a big-endian number; a first byte of 0 counts as none. */
function bitLength(bytes: Uint8Array): number {
  let bits = 8 * bytes.length;
  for (let bit = 128; bit > bytes[0]; bit >>= 1) bits--;
  return bits;
}

export const rsaPkcs1 = rsa('rsa-pkcs1', verifyPkcs1);
export const rsaPss = rsa('rsa-pss', verifyPss);
