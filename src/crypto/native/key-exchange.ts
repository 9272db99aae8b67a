/**
 * X25519 and ECDH on P-256 in machine code (firmware-glue/thumb/x25519.c, p256.c), one call a slice. Memory: 76 or 108 bytes a
 * key pair; 2.3 KB while a multiple is computed, wiped after it.
 */
import type { RandomSource } from '../../platform.js';
import { type Computation, done, once } from '../computation.js';
import type { GroupName, KeyExchangeGroup, KeyShare } from '../provider.js';
import { Entry, type NativeCode, workspaceAddress } from './native-code.js';

/** The workspaces: the private key (32 bytes) at 0, the secret (32 bytes) and a public key's x or u coordinate at 44. */
const SECRET_AT = 44;
/** The private key, and what is left of the random bytes it was made of. */
const PRIVATE_LENGTH = 43;
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
  const publicAt = publicKeyLength === 32 ? SECRET_AT : PRIVATE_LENGTH;
  const drawn = publicKeyLength === 32 ? 32 : 40;

  /** What the entry leaves there, or undefined if it refuses; the workspace is wiped. */
  const compute = (entry: Entry, workspace: Uint8Array, offset: number, end: number): Uint8Array | undefined => {
    const valid = code.call(entry, workspaceAddress(code, workspace), 0, 0, 0);
    const answer = new Uint8Array(workspace.subarray(offset, end));
    workspace.fill(0);
    return valid ? answer : undefined;
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
        const end = publicAt + publicKeyLength;
        const pair = compute(generateEntry, workspace, 0, end) as Uint8Array;
        const privateKey = pair.subarray(0, PRIVATE_LENGTH);
        return {
          publicKey: pair.subarray(publicAt, end),
          agree: (peerPublicKey: Uint8Array): Computation<Uint8Array | undefined> =>
            peerPublicKey.length === publicKeyLength
              ? once(() => {
                  const workspace = new Uint8Array(WORKSPACE_LENGTH);
                  workspace.set(privateKey);
                  workspace.set(peerPublicKey, publicAt);
                  return compute(agreeEntry, workspace, SECRET_AT, SECRET_AT + 32);
                })
              : done<Uint8Array | undefined>(undefined),
          wipe(): void {
            privateKey.fill(0);
          },
        };
      });
    },
  };
}
