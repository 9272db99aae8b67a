/**
 * What RSA verification (RFC 8017) is besides a power modulo a number, which `power` of a provider computes: RSASSA-PKCS1-v1_5
 * §8.2.2 and RSASSA-PSS §8.1.2, moduli of 2048 to 4096 bits, odd exponents of 3 to 2^32 - 1. Everything here is public.
 */
import { equalConstantTime } from '../bytes/constant-time.js';
import { type Computation, done } from './computation.js';
import { digest } from './digest.js';
import type { HashAlgorithm, PublicKey, SignatureName, SignatureVerifier } from './provider.js';

/**
 * base^exponent modulo `modulus` (odd, no leading zero), as long as the modulus; undefined if the base is not below it. All are big-endian, the
 * base as long as the modulus, the exponent 1 to 4 bytes.
 */
export type RsaPower = (
  modulus: Uint8Array,
  exponent: Uint8Array,
  base: Uint8Array,
) => Computation<Uint8Array | undefined>;

/** Does the encoded message `encoded` fit? The check may overwrite it. */
type Check = (encoded: Uint8Array, key: PublicKey, hash: HashAlgorithm, message: Uint8Array) => boolean;

function rsaVerifier(name: SignatureName, check: Check, power: RsaPower): SignatureVerifier {
  return {
    name,
    verify(key: PublicKey, hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): Computation<boolean> {
      const modulus = key.modulus;
      const exponent = key.exponent;
      if (key.kind !== 'rsa' || !modulus || !exponent || !usable(modulus, exponent)) return done(false);
      if (signature.length !== modulus.length) return done(false);
      const encoded = power(modulus, exponent, signature);
      let verdict: boolean | undefined;
      return {
        step: budget => encoded.step(budget),
        result() {
          if (verdict === undefined) {
            const bytes = encoded.result();
            verdict = bytes !== undefined && check(bytes, key, hash, message);
          }
          return verdict;
        },
      };
    },
  };
}

export function rsaPkcs1Verifier(power: RsaPower): SignatureVerifier {
  return rsaVerifier('rsa-pkcs1', verifyPkcs1, power);
}

export function rsaPssVerifier(power: RsaPower): SignatureVerifier {
  return rsaVerifier('rsa-pss', verifyPss, power);
}

/** Is it of 2048 to 4096 bits, with an exponent as above? */
export function usable(modulus: Uint8Array, exponent: Uint8Array): boolean {
  const size = modulus.length;
  const length = exponent.length;
  if (size > 512 || !modulus[0] || bitLength(modulus) < 2048 || (modulus[size - 1] & 1) === 0) return false;
  if (length === 0 || length > 4 || (exponent[length - 1] & 1) === 0) return false;
  let above = exponent[length - 1] - 1;
  for (let i = 0; i < length - 1; i++) above |= exponent[i];
  return above !== 0;
}

/** The encoding is unique: it makes it and compares the whole, there is nothing to parse. */
function verifyPkcs1(encoded: Uint8Array, _key: PublicKey, hash: HashAlgorithm, message: Uint8Array): boolean {
  const expected = new Uint8Array(encoded.length);
  digest(hash.create(), [message], expected, encodePkcs1(expected, hash));
  return equalConstantTime(encoded, 0, expected, 0, expected.length);
}

/** EMSA-PKCS1-v1_5 (RFC 8017 §9.2) as long as `encoded`, but for the digest: answers where that goes. */
export function encodePkcs1(encoded: Uint8Array, hash: HashAlgorithm): number {
  const size = hash.digestLength;
  const digestAt = encoded.length - size;
  encoded.fill(255);
  encoded[0] = 0;
  encoded[1] = 1;
  // 2.16.840.1.101.3.4.2.1 is SHA-256, .2 SHA-384, .3 SHA-512.
  encoded.set(
    [0, 0x30, size + 17, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, size / 16 - 1, 5, 0, 4, size],
    digestAt - 20,
  );
  return digestAt;
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

  const h = new Uint8Array(encoded.subarray(hashAt, hashAt + size));
  applyMask(encoded, start, hashAt, hash, h);
  encoded[start] &= 255 >> unused;
  let padding = encoded[saltAt - 1] ^ 1;
  for (let i = start; i < saltAt - 1; i++) padding |= encoded[i];
  if (padding !== 0) return false;

  const hashed = new Uint8Array(size);
  digest(hash.create(), [message], hashed, 0);
  digest(hash.create(), [new Uint8Array(8), hashed, encoded.subarray(saltAt, hashAt)], hashed, 0);
  return equalConstantTime(hashed, 0, h, 0, size);
}

/** XORs MGF1 (RFC 8017 §B.2.1) of the hash `h` onto the bytes from `start` up to `end`. */
export function applyMask(bytes: Uint8Array, start: number, end: number, hash: HashAlgorithm, h: Uint8Array): void {
  const size = hash.digestLength;
  const counter = new Uint8Array(4);
  const mask = new Uint8Array(size);
  for (let at = start; at < end; at += size) {
    digest(hash.create(), [h, counter], mask, 0);
    for (let i = 0; i < size && at + i < end; i++) bytes[at + i] ^= mask[i];
    counter[3]++;
  }
}

/** Bits of a big-endian number; a first byte of 0 counts as none. */
export function bitLength(bytes: Uint8Array): number {
  let bits = 8 * bytes.length;
  for (let bit = 128; bit > bytes[0]; bit >>= 1) bits--;
  return bits;
}
