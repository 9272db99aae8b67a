/**
 * Espruino's own crypto library, in front of the portable algorithms, on builds that have it: SHA-256, SHA-384, SHA-512 and the AES of GCM and CCM. Each is tried
 * with a known answer first; what is missing, or answers wrongly, stays portable. Desktop builds, Espruino WiFi, ESP32 and Bangle.js have
 * them, stock firmware of RP2040 has not.
 */
import { aes128Ccm, aesCcm } from '../src/crypto/aes-ccm.js';
import type { BlockCipher } from '../src/crypto/aes-ctr.js';
import { aes128Gcm, aes256Gcm, aesGcm } from '../src/crypto/aes-gcm.js';
import { chacha20Poly1305 } from '../src/crypto/chacha20-poly1305.js';
import { oneShotHash } from '../src/crypto/one-shot-hash.js';
import type { AeadAlgorithm, HashAlgorithm } from '../src/crypto/provider.js';
import { sha256 } from '../src/crypto/sha256.js';
import { sha384, sha512 } from '../src/crypto/sha512.js';

/** The library as `require` gives it, or as a test pretends; undefined where there is none. */
export type EspruinoCrypto = Partial<EspruinoCryptoLibrary> | undefined;

export function espruinoCryptoLibrary(): EspruinoCrypto {
  try {
    // biome-ignore lint/style/useNodejsImportProtocol: this is not Node's.
    return require('crypto');
  } catch (_) {
    return undefined;
  }
}

/** SHA-256, SHA-384 and SHA-512, in this order. */
export function espruinoHashes(library: EspruinoCrypto): HashAlgorithm[] {
  return [
    builtInHash(sha256, 64, library && library.SHA256),
    builtInHash(sha384, 128, library && library.SHA384),
    builtInHash(sha512, 128, library && library.SHA512),
  ];
}

/**
 * Fastest first: with AES in C that is CCM, which needs nothing else (records longer than the ring rule it out, though); GCM's other half stays
 * in JavaScript, and ChaCha20-Poly1305 is faster than that.
 */
export function espruinoAeads(library: EspruinoCrypto): AeadAlgorithm[] {
  const aes = library && library.AES;
  if (!aes || !isAes(aes)) return [chacha20Poly1305, aes128Gcm, aes256Gcm, aes128Ccm];
  const create = (key: Uint8Array): BlockCipher => new EspruinoAes(aes, key);
  return [aesCcm(create), chacha20Poly1305, aesGcm(16, create), aesGcm(32, create)];
}

type Digest = (message: Uint8Array) => ArrayBuffer;

/** The answers are compared with the portable hash's, of a message that fills blocks and one that does not. */
function builtInHash(portable: HashAlgorithm, blockLength: number, digest: Digest | undefined): HashAlgorithm {
  if (!digest) return portable;
  const builtIn = oneShotHash(portable, blockLength, message => new Uint8Array(digest(message)));
  return same(portable, builtIn, 3) && same(portable, builtIn, 2 * blockLength) ? builtIn : portable;
}

function same(a: HashAlgorithm, b: HashAlgorithm, length: number): boolean {
  const message = new Uint8Array(length);
  const digests = [a, b].map(algorithm => {
    const hash = algorithm.create();
    const into = new Uint8Array(64);
    message[0] = length;
    hash.update(message, 0, length);
    try {
      hash.digest(into, 0);
    } catch (_) {}
    return into.join(',');
  });
  return digests[0] === digests[1];
}

const ECB = { mode: 'ECB' };

/** Per block a call of C, 0.1 ms or less, where JavaScript needs 20. */
class EspruinoAes implements BlockCipher {
  private readonly aes: EspruinoAesLibrary;
  private readonly key: Uint8Array;

  constructor(aes: EspruinoAesLibrary, key: Uint8Array) {
    this.aes = aes;
    this.key = new Uint8Array(key);
  }

  encrypt(from: Uint8Array, into: Uint8Array): void {
    into.set(new Uint8Array(this.aes.encrypt(from, this.key, ECB)));
  }

  wipe(): void {
    this.key.fill(0);
  }
}

/** FIPS 197 §B, and that an input is left as it was. */
function isAes(aes: EspruinoAesLibrary): boolean {
  const key = [43, 126, 21, 22, 40, 174, 210, 166, 171, 247, 21, 136, 9, 207, 79, 60];
  const input = [50, 67, 246, 168, 136, 90, 48, 141, 49, 49, 152, 162, 224, 55, 7, 52];
  const from = new Uint8Array(input);
  const into = new Uint8Array(16);
  try {
    new EspruinoAes(aes, new Uint8Array(key)).encrypt(from, into);
  } catch (_) {}
  return into.join() === '57,37,132,29,2,220,9,251,220,17,133,151,25,106,11,50' && from.join() === input.join();
}
