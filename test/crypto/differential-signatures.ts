/** Signatures for differential.ts: good ones, spoiled ones of every kind, and what node:crypto says of each. */
import * as nodeCrypto from 'node:crypto';
import type { HashAlgorithm, PublicKey, SignatureName } from '../../src/crypto/provider.js';
import { publicKeyOf } from './public-key-fixtures.js';
import type { SeededRandom } from './symmetric-providers.js';

export interface SignatureInput {
  key: PublicKey;
  hash: HashAlgorithm;
  message: Uint8Array;
  signature: Uint8Array;
  valid: boolean;
}

const ORDERS = {
  'ecdsa-secp256r1': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'ecdsa-secp384r1':
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
} as Record<string, bigint>;
const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = nodeCrypto.constants;
const RSA_BITS = [2048, 2056, 3072, 4096];

/** For every good signature there are two that most likely are not. */
export function* signatureInputs(
  name: SignatureName,
  hashes: ReadonlyArray<HashAlgorithm>,
  random: SeededRandom,
  count: number,
): Generator<SignatureInput> {
  const keys = RSA_BITS.map((bits, i) => keyOf(name, bits, i));
  const publicKeys = keys.map(pair => publicKeyOf(pair.publicKey));
  for (let i = 0; i < count; i++) {
    // The large RSA keys take their time; now and then is enough.
    const which = i % 16 < 12 ? i % 2 : i % keys.length;
    const hash = hashes[random.below(hashes.length)];
    const padding = name === 'rsa-pss' ? RSA_PKCS1_PSS_PADDING : name === 'rsa-pkcs1' ? RSA_PKCS1_PADDING : undefined;
    const options = padding === undefined ? {} : { padding, saltLength: hash.digestLength };
    const digest = name === 'ed25519' ? null : hash.name;
    let message = random.bytes(random.length(300));
    const good = nodeCrypto.sign(digest, message, { key: keys[which].privateKey, ...options });
    let signature = new Uint8Array(good);
    if (i % 3 === 1) signature = spoil(signature, random, ORDERS[name]);
    if (i % 3 === 2) {
      const kind = random.below(4);
      // With another salt length a PSS signature is another scheme's.
      if (kind === 0 && name === 'rsa-pss') {
        const saltLength = random.below(hash.digestLength);
        signature = new Uint8Array(
          nodeCrypto.sign(digest, message, { key: keys[which].privateKey, padding, saltLength }),
        );
      } else if (kind === 1) message = random.bytes(message.length);
      else if (kind === 2) signature[random.below(signature.length)] ^= 1 << random.below(8);
      else message = new Uint8Array([...message, 0]);
    }
    const key = i % 64 === 63 ? publicKeys[(which + 1) % keys.length] : publicKeys[which];
    const keyObject = keys[publicKeys.indexOf(key)].publicKey;
    let valid = false;
    try {
      valid = nodeCrypto.verify(digest, message, { key: keyObject, ...options }, signature);
    } catch {
      // A malformed signature is no error but a false one.
    }
    yield { key, hash, message, signature, valid };
  }
}

const made = new Map<string, nodeCrypto.KeyPairKeyObjectResult>();

/** RSA keys take seconds: both schemes share them. */
function keyOf(name: SignatureName, bits: number, i: number): nodeCrypto.KeyPairKeyObjectResult {
  const which = `${name.replace(/^rsa-.*/, 'rsa')} ${i}`;
  if (!made.has(which)) made.set(which, makeKey(name, bits));
  return made.get(which)!;
}

function makeKey(name: SignatureName, modulusLength: number): nodeCrypto.KeyPairKeyObjectResult {
  if (name === 'ed25519') return nodeCrypto.generateKeyPairSync('ed25519');
  if (name === 'ecdsa-secp256r1') return nodeCrypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  if (name === 'ecdsa-secp384r1') return nodeCrypto.generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  return nodeCrypto.generateKeyPairSync('rsa', { modulusLength, publicExponent: modulusLength === 3072 ? 3 : 65537 });
}

function spoil(signature: Uint8Array, random: SeededRandom, order: bigint | undefined): Uint8Array<ArrayBuffer> {
  switch (random.below(order ? 6 : 4)) {
    case 0:
      return signature.slice(0, random.below(signature.length));
    case 1:
      return new Uint8Array([...signature, random.below(2)]);
    case 2:
      return random.bytes(signature.length) as Uint8Array<ArrayBuffer>;
    case 3:
      return signature.slice().fill([0, 255][random.below(2)]);
    default:
      return ecdsaEdge(random, order!);
  }
}

/** DER of a pair out of the numbers around 0, around the order and a random one. */
function ecdsaEdge(random: SeededRandom, order: bigint): Uint8Array<ArrayBuffer> {
  const any = BigInt(`0x${Buffer.from(random.bytes(32)).toString('hex')}`);
  const numbers = [0n, 1n, 2n, order - 1n, order, order + 1n, order >> 1n, any, any % order];
  const body = [0, 0].flatMap(() => {
    const digits = numbers[random.below(numbers.length)].toString(16);
    const even = digits.length % 2 ? `0${digits}` : digits;
    const bytes = Buffer.from(Number.parseInt(even.slice(0, 2), 16) > 127 ? `00${even}` : even, 'hex');
    return [2, bytes.length, ...bytes];
  });
  return new Uint8Array([0x30, body.length, ...body]);
}
