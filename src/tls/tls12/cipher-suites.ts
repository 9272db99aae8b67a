/** The suites of TLS 1.2: ephemeral key exchange and AEAD only (RFC 5289 §3.2, RFC 7905 §2), as far as the crypto provider has them. */
import type { CryptoProvider, PublicKey, SignatureVerifier } from '../../crypto/provider.js';
import { type CipherSuite, type SignatureScheme, supportedSuites } from '../cipher-suites.js';

/** ECDSA and RSA, of the suites of TLS 1.3 in the order of their numbers from 0x1301 on. */
const IDS = [0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8];

const PREFIXES = ['ecdhe-ecdsa-with-', 'ecdhe-rsa-with-'];

/** In the order of the provider's AEADs; with ECDSA for keys of the kinds `ec` and `ed25519` (RFC 8422 §2.1), with RSA for `rsa`. */
export function tls12Suites(crypto: CryptoProvider): CipherSuite[] {
  const suites: CipherSuite[] = [];
  const withRsa = crypto.signatures.filter(isRsa).length;
  for (const rsa of [0, 1]) {
    if (!(rsa ? withRsa : crypto.signatures.length - withRsa)) continue;
    for (const suite of supportedSuites(crypto, false)) {
      suites.push({
        id: IDS[(suite.id - 0x1301) * 2 + rsa],
        aead: suite.aead,
        hash: suite.hash,
        prefix: PREFIXES[rsa],
      });
    }
  }
  return suites;
}

/** Whether a server with this key can have chosen the suite. */
export function suiteFitsKey(suite: CipherSuite, key: PublicKey): boolean {
  return suite.prefix === PREFIXES[key.kind === 'rsa' ? 1 : 0];
}

/**
 * What verifies `key`'s signatures of this scheme; undefined if it makes none. In TLS 1.2 an ECDSA scheme does not say the curve (RFC 5246 §7.4.1.4.1), and PKCS#1 is not
 * for certificates only.
 */
export function tls12Verifier(
  scheme: SignatureScheme,
  key: PublicKey,
  crypto: CryptoProvider,
): SignatureVerifier | undefined {
  const kind = key.kind;
  let name: string = scheme.verifier.name;
  if (kind === 'ec') {
    if (name.indexOf('ecdsa')) return undefined;
    name = 'ecdsa-' + key.curve;
  } else if (kind === 'rsa' ? !isRsa(scheme.verifier) || scheme.id > 0x0808 !== !!key.pssOnly : name !== kind) {
    return undefined;
  }
  for (const verifier of crypto.signatures) if (verifier.name === name) return verifier;
  return undefined;
}

function isRsa(verifier: SignatureVerifier): boolean {
  return !verifier.name.indexOf('rsa');
}
