/** The node:crypto provider, narrowed to what the runner's flags allow, and which signature it has verified last. */
import { createECDH } from 'node:crypto';
import { nodeCryptoProvider } from '../../boards/node/crypto-provider.js';
import { type Computation, done } from '../../src/crypto/computation.js';
import type { CryptoProvider, HashName, KeyExchangeGroup, KeyShare, SignatureName } from '../../src/crypto/provider.js';
import { groupId, supportedSchemes } from '../../src/tls/cipher-suites.js';
import { type ConnectionOptions, Unimplemented } from './options.js';

export interface WatchedProvider {
  crypto: CryptoProvider;
  /** The SignatureScheme of the last signature that was checked: after a handshake, that of CertificateVerify. */
  lastScheme(): number | undefined;
}

export function providerFor(options: ConnectionOptions): WatchedProvider {
  const groups = chosenGroups(options);
  let last: { name: SignatureName; hash: HashName } | undefined;
  const crypto: CryptoProvider = {
    ...nodeCryptoProvider,
    groups,
    signatures: nodeCryptoProvider.signatures.map(verifier => ({
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
  const known = [...nodeCryptoProvider.groups, secp384r1];
  const chosen = curves.map(id => known.find(group => groupId(group) === id));
  if (chosen.includes(undefined)) throw new Unimplemented('a group that the provider lacks');
  const groups = curves.length > 0 ? chosen.map(group => group!) : known;
  if (keyShares.length > 1 || (keyShares.length === 1 && keyShares[0] !== groupId(groups[0]))) {
    throw new Unimplemented('key shares other than of the first group');
  }
  return groups;
}

/** The runner's servers want it where they want another group than the client's first. No board has it. */
const secp384r1: KeyExchangeGroup = {
  name: 'secp384r1',
  publicKeyLength: 97,
  generate(): Computation<KeyShare> {
    const ecdh = createECDH('secp384r1');
    return done({
      publicKey: new Uint8Array(ecdh.generateKeys()),
      agree(peer) {
        try {
          return done(peer.length === 97 && peer[0] === 4 ? new Uint8Array(ecdh.computeSecret(peer)) : undefined);
        } catch {
          return done(undefined);
        }
      },
      wipe() {},
    });
  },
};
