/**
 * A private key that does not leave where it lives: a secure element, a service. The application implements ExternalKey; listed as `signers` of
 * a CryptoProvider, what `externalSigners` answers makes signatures with it, while the connection waits.
 */
import { ringletError } from '../errors.js';
import type { Computation } from './computation.js';
import type { HashAlgorithm, HashName, PrivateKey, SignatureName, Signer } from './provider.js';

/** It is also the PrivateKey that stands beside the certificate. */
export interface ExternalKey {
  readonly kind: 'rsa' | 'ec';
  /** ec: 'secp256r1'. */
  readonly curve?: 'secp256r1';
  /**
   * Signs `digest` (32, 48 or 64 bytes, made with `hash`), which is the callee's to keep, and calls `done` once, now or later: with the
   * signature (ECDSA: DER; RSA-PSS: a salt as long as the digest), or with undefined if there will be none. What it throws counts as undefined.
   */
  sign(
    name: SignatureName,
    hash: HashName,
    digest: Uint8Array,
    done: (signature: Uint8Array | undefined) => void,
  ): void;
}

/** A signer for each scheme that TLS has for `key`. An element that lacks one leaves it out of the list. */
export function externalSigners(key: ExternalKey): Signer[] {
  const names: SignatureName[] = key.kind === 'ec' ? ['ecdsa-secp256r1'] : ['rsa-pss', 'rsa-pkcs1'];
  return names.map(name => ({
    name,
    sign: (_key: PrivateKey, hash: HashAlgorithm, digest: Uint8Array) => signing(key, name, hash.name, digest),
  }));
}

/** Its result throws ERR_KEY_SIGNER if there is no signature. */
function signing(key: ExternalKey, name: SignatureName, hash: HashName, digest: Uint8Array): Computation<Uint8Array> {
  let waiting = true;
  let answer: Uint8Array | undefined;
  const done = (signature: Uint8Array | undefined): void => {
    // Only the first answer counts. It is copied: whoever made it may use its memory again.
    if (waiting && signature && signature.length > 0) answer = new Uint8Array(signature);
    waiting = false;
  };
  try {
    key.sign(name, hash, new Uint8Array(digest), done);
  } catch (_error) {
    done(undefined);
  }
  return {
    step: () => !waiting,
    waiting: () => waiting,
    result(): Uint8Array {
      if (!answer) throw ringletError('ERR_KEY_SIGNER', 'The owner of the private key has not signed');
      return answer;
    },
  };
}
