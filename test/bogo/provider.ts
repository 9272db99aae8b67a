/** The node:crypto provider, narrowed to what the runner's flags allow, and which signature it has verified last. */
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import type { CryptoProvider, HashName, SignatureName } from '../../src/crypto/provider.js';
import { groupId, supportedSchemes } from '../../src/tls/cipher-suites.js';
import { type ConnectionOptions, Unimplemented } from './options.js';

export interface WatchedProvider {
  crypto: CryptoProvider;
  /** The SignatureScheme of the last signature that was checked: after a handshake, that of CertificateVerify. */
  lastScheme(): number | undefined;
}

export function providerFor(options: ConnectionOptions): WatchedProvider {
  const groups = chosenGroups(options);
  const signatures = nodeCryptoProvider.signatures.filter(({ name }) => isAllowed(name, options.verifyPrefs));
  let last: { name: SignatureName; hash: HashName } | undefined;
  const crypto: CryptoProvider = {
    ...nodeCryptoProvider,
    groups,
    signatures: signatures.map(verifier => ({
      name: verifier.name,
      verify(key, hash, message, signature) {
        last = { name: verifier.name, hash: hash.name };
        return verifier.verify(key, hash, message, signature);
      },
    })),
  };
  const schemes = supportedSchemes(nodeCryptoProvider);
  return {
    crypto,
    lastScheme: () => schemes.find(({ verifier, hash }) => verifier.name === last?.name && hash.name === last.hash)?.id,
  };
}

/** The engine sends a key share of its first group. */
function chosenGroups({ curves, keyShares }: ConnectionOptions): CryptoProvider['groups'] {
  const known = nodeCryptoProvider.groups;
  const chosen = curves.map(id => known.find(group => groupId(group) === id));
  if (chosen.includes(undefined)) throw new Unimplemented('a group that the provider lacks');
  const groups = curves.length > 0 ? chosen.map(group => group!) : [...known];
  if (keyShares.length > 1 || (keyShares.length === 1 && keyShares[0] !== groupId(groups[0]))) {
    throw new Unimplemented('key shares other than of the first group');
  }
  return groups;
}

/** Verifiers are chosen by name, for all hashes: preferences that are of single hashes cannot be had, unless the hash makes no difference. */
function isAllowed(name: SignatureName, prefs: readonly number[]): boolean {
  if (prefs.length === 0) return true;
  const ids = supportedSchemes(nodeCryptoProvider)
    .filter(scheme => scheme.verifier.name === name)
    .map(scheme => scheme.id);
  const allowed = ids.filter(id => prefs.includes(id));
  return allowed.length > 0;
}
