/** Key exchange groups of the scripted server on node:crypto: answers a client's share with its own and the secret. */
import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';

export type GroupName = 'x25519' | 'secp256r1';

/** RFC 8446 §4.2.7. */
export const groupIds: Record<GroupName, number> = { x25519: 0x001d, secp256r1: 0x0017 };

const X25519_SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

export interface ServerShare {
  publicKey: Buffer;
  agree(clientShare: Buffer): Buffer;
}

export function makeServerShare(group: GroupName): ServerShare {
  if (group === 'secp256r1') {
    const ecdh = createECDH('prime256v1');
    return { publicKey: ecdh.generateKeys(), agree: clientShare => ecdh.computeSecret(clientShare) };
  }
  const pair = generateKeyPairSync('x25519');
  return {
    publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(12),
    agree(clientShare) {
      const key = Buffer.concat([X25519_SPKI_PREFIX, clientShare]);
      return diffieHellman({
        privateKey: pair.privateKey,
        publicKey: createPublicKey({ key, format: 'der', type: 'spki' }),
      });
    },
  };
}
