/**
 * RSA verification (RFC 8017): RSASSA-PKCS1-v1_5 §8.2.2 and RSASSA-PSS §8.1.2, moduli of 2048 to 4096 bits, odd exponents
 * of 3 to 2^32 - 1. Everything here is public. Memory while it runs: RSA-2048 5 KB, RSA-4096 10 KB, with the portable power.
 */
import { equalConstantTime } from '../bytes/constant-time.js';
import { type Computation, once } from './computation.js';
import { digest } from './digest.js';
import { limbCount, Modulus, readLimbs, writeLimbs } from './modulus.js';
import type { HashAlgorithm, PublicKey, SignatureName, SignatureVerifier } from './provider.js';

/** Does the encoded message `encoded` fit? The check may overwrite it. */
type Check = (encoded: Uint8Array, key: PublicKey, hash: HashAlgorithm, message: Uint8Array) => boolean;

/**
 * RSAVP1 (RFC 8017 §5.2.2): `signature` to the power of `exponent` (a 32-bit integer, maybe negative for one above 2^31) modulo
 * `modulus`, as long as both; undefined if `signature` is not below `modulus`.
 */
export type PublicPower = (modulus: Uint8Array, signature: Uint8Array, exponent: number) => Uint8Array | undefined;

function rsa(name: SignatureName, check: Check, power: PublicPower): SignatureVerifier {
  return {
    name,
    verify(key: PublicKey, hash: HashAlgorithm, message: Uint8Array, signature: Uint8Array): Computation<boolean> {
      return once(() => {
        const encoded = recover(key, signature, power);
        return encoded !== undefined && check(encoded, key, hash, message);
      });
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

/** The encoded message under the signature, as long as the modulus; undefined if the key or the signature is unusable. */
function recover(key: PublicKey, signature: Uint8Array, power: PublicPower): Uint8Array | undefined {
  const modulus = key.modulus;
  const exponent = key.exponent;
  if (key.kind !== 'rsa' || !modulus || !exponent) return undefined;
  const size = modulus.length;
  if (size > 512 || !modulus[0] || bitLength(modulus) < 2048) return undefined;
  if ((modulus[size - 1] & 1) === 0 || signature.length !== size) return undefined;
  if (exponent.length === 0 || exponent.length > 4) return undefined;
  let e = 0;
  for (let i = 0; i < exponent.length; i++) e = (e << 8) | exponent[i];
  return (e & 1) === 0 || e === 1 ? undefined : power(modulus, signature, e);
}

function portablePower(modulus: Uint8Array, signature: Uint8Array, exponent: number): Uint8Array | undefined {
  const size = modulus.length;
  const limbs = new Int32Array(limbCount(bitLength(modulus)));
  readLimbs(limbs, modulus, 0, size, false);
  const n = new Modulus(limbs);
  const s = n.read(signature, 0, size, false);
  if (!n.exceeds(s)) return undefined;
  const m = n.element();
  n.enter(s, s);
  n.power(m, s, new Int32Array([exponent & 4194303, exponent >>> 22]));
  n.leave(m, m);
  const encoded = new Uint8Array(size);
  writeLimbs(m, encoded, size, false);
  return encoded;
}

/** Bits of a big-endian number; a first byte of 0 counts as none. */
function bitLength(bytes: Uint8Array): number {
  let bits = 8 * bytes.length;
  for (let bit = 128; bit > bytes[0]; bit >>= 1) bits--;
  return bits;
}

export const createRsaPkcs1 = (power: PublicPower): SignatureVerifier => rsa('rsa-pkcs1', verifyPkcs1, power);
export const createRsaPss = (power: PublicPower): SignatureVerifier => rsa('rsa-pss', verifyPss, power);

export const rsaPkcs1 = createRsaPkcs1(portablePower);
export const rsaPss = createRsaPss(portablePower);
