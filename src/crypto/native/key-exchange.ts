/**
 * X25519 and ECDH on P-256 in machine code (firmware-glue/thumb/x25519.c, p256.c), one call a slice. Memory: 64 or 97 bytes a
 * key pair; 2.3 KB while a multiple is computed, wiped after it.
 */
import type { RandomSource } from '../../platform.js';
import { type Computation, done, once } from '../computation.js';
import type { GroupName, KeyExchangeGroup, KeyShare } from '../provider.js';
import { Entry, type NativeCode, workspaceAddress } from './native-code.js';

/** The workspaces: the private key (32 bytes) at 0, the secret (32 bytes) and a public key's x or u coordinate at 44. */
const SECRET_AT = 44;
const WORKSPACE_LENGTH = 2220;

export function nativeX25519(code: NativeCode): KeyExchangeGroup {
  return group(code, 'x25519', 32, Entry.X25519, Entry.X25519);
}

export function nativeSecp256r1(code: NativeCode): KeyExchangeGroup {
  return group(code, 'secp256r1', 65, Entry.P256_GENERATE, Entry.P256_AGREE);
}

function group(
  code: NativeCode,
  name: GroupName,
  publicKeyLength: number,
  generateEntry: Entry,
  agreeEntry: Entry,
): KeyExchangeGroup {
  // 0x04, which P-256 has before its coordinates, and 64 random bits more than the key has.
  const publicAt = publicKeyLength === 32 ? SECRET_AT : SECRET_AT - 1;
  const drawn = publicKeyLength === 32 ? 32 : 40;

  const agree = (privateKey: Uint8Array, peerPublicKey: Uint8Array): Uint8Array | undefined => {
    const workspace = new Uint8Array(WORKSPACE_LENGTH);
    workspace.set(privateKey);
    workspace.set(peerPublicKey, publicAt);
    const valid = code.call(agreeEntry, workspaceAddress(code, workspace), 0, 0, 0);
    const secret = new Uint8Array(workspace.subarray(SECRET_AT, SECRET_AT + 32));
    workspace.fill(0);
    return valid ? secret : undefined;
  };

  return {
    name,
    publicKeyLength,
    generate(random: RandomSource): Computation<KeyShare> {
      const workspace = new Uint8Array(WORKSPACE_LENGTH);
      random(workspace, 0, drawn);
      // The base point of X25519; P-256 has its own.
      workspace[SECRET_AT] = 9;
      return once(() => {
        code.call(generateEntry, workspaceAddress(code, workspace), 0, 0, 0);
        const publicKey = new Uint8Array(workspace.subarray(publicAt, publicAt + publicKeyLength));
        const privateKey = new Uint8Array(workspace.subarray(0, 32));
        workspace.fill(0);
        return {
          publicKey,
          agree: (peerPublicKey: Uint8Array): Computation<Uint8Array | undefined> =>
            peerPublicKey.length === publicKeyLength
              ? once(() => agree(privateKey, peerPublicKey))
              : done<Uint8Array | undefined>(undefined),
          wipe(): void {
            privateKey.fill(0);
          },
        };
      });
    },
  };
}
