/**
 * What RSA signing (RFC 8017) is besides powers modulo a number, which a provider computes: RSASSA-PSS §8.1.1 with a salt as long as
 * the digest, and RSASSA-PKCS1-v1_5 §8.2.1, with keys of 2048 to 4096 bits. A signature is answered only once it has been
 * verified with the public exponent: one with a fault in half of it would give the primes away (Boneh, DeMillo, Lipton 1997).
 */
import { equalConstantTime } from '../bytes/constant-time.js';
import { ringletError, usageError } from '../errors.js';
import type { RandomSource } from '../platform.js';
import type { Computation } from './computation.js';
import { digest } from './digest.js';
import type { HashAlgorithm, PrivateKey, SignatureName, Signer } from './provider.js';
import { applyMask, bitLength, encodePkcs1, type RsaPower, usable } from './rsa-encoding.js';

/** base^d modulo n, as long as the base, which is as long as n and below it. `secrets`: rsaSecrets of PrivateKey. `random` is drawn from in this call. */
export type RsaSecretPower = (
  modulus: Uint8Array,
  exponent: Uint8Array,
  secrets: ReadonlyArray<Uint8Array>,
  base: Uint8Array,
  random: RandomSource,
) => Computation<Uint8Array>;

/** Writes the encoded message, right-aligned, to `encoded`, which is as long as the modulus and zero. */
type Encode = (
  encoded: Uint8Array,
  key: PrivateKey,
  hash: HashAlgorithm,
  hashed: Uint8Array,
  random: RandomSource,
) => void;

function rsaSigner(name: SignatureName, encode: Encode, secretPower: RsaSecretPower, power: RsaPower): Signer {
  return {
    name,
    sign(key: PrivateKey, hash: HashAlgorithm, hashed: Uint8Array, random: RandomSource): Computation<Uint8Array> {
      const modulus = key.modulus;
      const exponent = key.exponent;
      const secrets = key.rsaSecrets;
      if (!modulus || !exponent || !secrets || !usable(modulus, exponent) || !isOdd(secrets[1]) || !isOdd(secrets[2])) {
        return usageError(name + ': not a key for it, or erased');
      }
      const size = modulus.length;
      const encoded = new Uint8Array(size);
      encode(encoded, key, hash, hashed, random);
      const signing = secretPower(modulus, exponent, secrets, encoded, random);
      let signature: Uint8Array | undefined;
      let verifying: Computation<Uint8Array | undefined> | undefined;
      return {
        step(budget: number): boolean {
          if (verifying) return verifying.step(budget);
          if (!signing.step(budget)) return false;
          signature = signing.result();
          verifying = power(modulus, exponent, signature);
          return false;
        },
        result(): Uint8Array {
          const again = (verifying as Computation<Uint8Array | undefined>).result();
          if (!again || !equalConstantTime(again, 0, encoded, 0, size)) {
            throw ringletError('ERR_KEY_MISMATCH', 'The numbers of the private key do not belong together');
          }
          return signature as Uint8Array;
        },
      };
    },
  };
}

function isOdd(bytes: Uint8Array): boolean {
  return (bytes[bytes.length - 1] & 1) === 1;
}

export function rsaPkcs1SignerOf(secretPower: RsaSecretPower, power: RsaPower): Signer {
  return rsaSigner('rsa-pkcs1', signPkcs1, secretPower, power);
}

export function rsaPssSignerOf(secretPower: RsaSecretPower, power: RsaPower): Signer {
  return rsaSigner('rsa-pss', signPss, secretPower, power);
}

function signPkcs1(encoded: Uint8Array, _key: PrivateKey, hash: HashAlgorithm, hashed: Uint8Array): void {
  encoded.set(hashed, encodePkcs1(encoded, hash));
}

/** EMSA-PSS-ENCODE (RFC 8017 §9.1.1) of a number of one bit less than the modulus. */
function signPss(
  encoded: Uint8Array,
  key: PrivateKey,
  hash: HashAlgorithm,
  hashed: Uint8Array,
  random: RandomSource,
): void {
  const bits = bitLength(key.modulus as Uint8Array) - 1;
  const size = hash.digestLength;
  const start = encoded.length - Math.floor((bits + 7) / 8);
  const hashAt = encoded.length - 1 - size;
  const saltAt = hashAt - size;
  const h = new Uint8Array(size);
  encoded[saltAt - 1] = 1;
  random(encoded, saltAt, size);
  digest(hash.create(), [new Uint8Array(8), hashed, encoded.subarray(saltAt, hashAt)], h, 0);
  applyMask(encoded, start, hashAt, hash, h);
  encoded[start] &= 255 >> (8 * (encoded.length - start) - bits);
  encoded.set(h, hashAt);
  encoded[encoded.length - 1] = 0xbc;
}
