/** Signatures of a provider's signers over random digests, verified by node:crypto, under keys of every size. */
import assert from 'node:assert/strict';
import * as nodeCrypto from 'node:crypto';
import { finish } from '../../src/crypto/computation.js';
import type { HashAlgorithm, Signer } from '../../src/crypto/provider.js';
import { parsePrivateKey } from '../../src/x509/private-key.js';
import type { SeededRandom } from './symmetric-providers.js';

export const RSA_BITS = [2048, 2049, 2056, 3072, 4096];
const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = nodeCrypto.constants;

const made = new Map<string, nodeCrypto.KeyPairKeyObjectResult>();

/** A key that `name` signs with: number `i` of those of RSA_BITS, or of P-256. It is made once. */
export function signingKey(name: string, i: number): nodeCrypto.KeyPairKeyObjectResult {
  const modulusLength = name.startsWith('rsa') ? RSA_BITS[i] : 0;
  const which = `${modulusLength} ${modulusLength ? '' : i}`;
  let pair = made.get(which);
  if (!pair) {
    pair = modulusLength
      ? nodeCrypto.generateKeyPairSync('rsa', { modulusLength, publicExponent: modulusLength === 3072 ? 3 : 65537 })
      : nodeCrypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    made.set(which, pair);
  }
  return pair;
}

export function pkcs8Of(key: nodeCrypto.KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));
}

/** Has node:crypto verify `signature` as TLS has it: PSS with a salt as long as the digest. */
export function accepted(
  name: string,
  key: nodeCrypto.KeyObject,
  hash: HashAlgorithm,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const padding = name === 'rsa-pss' ? RSA_PKCS1_PSS_PADDING : name === 'rsa-pkcs1' ? RSA_PKCS1_PADDING : undefined;
  const options = padding === undefined ? {} : { padding, saltLength: hash.digestLength };
  return nodeCrypto.verify(hash.name, message, { key, ...options }, signature);
}

/** Signs `count` messages; answers in a few words what they were. Throws on the first signature that node:crypto refuses. */
export function runSigner(
  signer: Signer,
  hashes: ReadonlyArray<HashAlgorithm>,
  random: SeededRandom,
  count: number,
): string {
  for (let i = 0; i < count; i++) {
    // The large RSA keys take their time; now and then is enough.
    const pair = signingKey(signer.name, i % 16 < 12 ? i % 3 : i % RSA_BITS.length);
    const hash = hashes[i % hashes.length];
    const message = random.bytes(random.length(100));
    const digest = new Uint8Array(nodeCrypto.createHash(hash.name).update(message).digest());
    const key = parsePrivateKey(pkcs8Of(pair.privateKey));
    const draw = (into: Uint8Array, offset: number, length: number) => into.set(random.bytes(length), offset);
    const signature = finish(signer.sign(key, hash, digest, draw));
    if (!accepted(signer.name, pair.publicKey, hash, message, signature)) {
      const spelt = [pkcs8Of(pair.privateKey), message, signature].map(bytes => Buffer.from(bytes).toString('hex'));
      assert.fail(`${hash.name}: key ${spelt[0]}, message ${spelt[1]}, signature ${spelt[2]}`);
    }
  }
  return `${count} signatures accepted`;
}
