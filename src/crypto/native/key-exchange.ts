/**
 * X25519 and ECDH on P-256 in machine code (firmware-glue/thumb/x25519.c, p256.c), one call a slice. Memory: 64 or 105 bytes a
 * key pair; 0.5 or 2.2 KB while a multiple is computed, wiped after it.
 */
import type { RandomSource } from '../../platform.js';
import { type Computation, done, once } from '../computation.js';
import type { GroupName, KeyExchangeGroup, KeyShare } from '../provider.js';
import { Entry, type NativeCode, workspaceAddress } from './native-code.js';

/** The workspaces: the private key (32 bytes) at 0, the secret (32 bytes) and a public key's x or u coordinate at 44. */
const SECRET_AT = 44;

export function nativeX25519(code: NativeCode): KeyExchangeGroup {
  return new NativeGroup(code, 'x25519', 32, 492, Entry.X25519, Entry.X25519);
}

export function nativeSecp256r1(code: NativeCode): KeyExchangeGroup {
  return new NativeGroup(code, 'secp256r1', 65, 2220, Entry.P256_GENERATE, Entry.P256_AGREE);
}

class NativeGroup implements KeyExchangeGroup {
  readonly name: GroupName;
  readonly publicKeyLength: number;
  private readonly code: NativeCode;
  private readonly workspaceLength: number;
  private readonly generateEntry: Entry;
  private readonly agreeEntry: Entry;

  constructor(
    code: NativeCode,
    name: GroupName,
    publicKeyLength: number,
    workspaceLength: number,
    generateEntry: Entry,
    agreeEntry: Entry,
  ) {
    this.code = code;
    this.name = name;
    this.publicKeyLength = publicKeyLength;
    this.workspaceLength = workspaceLength;
    this.generateEntry = generateEntry;
    this.agreeEntry = agreeEntry;
  }

  generate(random: RandomSource): Computation<KeyShare> {
    const length = this.publicKeyLength;
    // 64 random bits more than the key of P-256 has.
    const key = new Uint8Array(length === 32 ? 32 : 40);
    random(key, 0, key.length);
    return once(() => ({
      publicKey: this.multiple(key, undefined) as Uint8Array,
      agree: (peerPublicKey: Uint8Array): Computation<Uint8Array | undefined> =>
        peerPublicKey.length === length
          ? once(() => this.multiple(key, peerPublicKey))
          : done<Uint8Array | undefined>(undefined),
      wipe(): void {
        key.fill(0);
      },
    }));
  }

  /** `key` times `point` (none: the base point), or undefined if that is not valid. P-256 makes a key out of what is drawn. */
  private multiple(key: Uint8Array, point: Uint8Array | undefined): Uint8Array | undefined {
    const code = this.code;
    const length = this.publicKeyLength;
    // 0x04, which P-256 has before its coordinates.
    const publicAt = length === 32 ? SECRET_AT : SECRET_AT - 1;
    const workspace = new Uint8Array(this.workspaceLength);
    workspace.set(point ? key.subarray(0, 32) : key);
    // The base point of X25519; P-256 has its own.
    if (point) workspace.set(point, publicAt);
    else workspace[SECRET_AT] = 9;
    const entry = point ? this.agreeEntry : this.generateEntry;
    const valid = code.call(entry, workspaceAddress(code, workspace), 0, 0, 0) || !point;
    const from = point ? SECRET_AT : publicAt;
    const answer = new Uint8Array(workspace.subarray(from, from + (point ? 32 : length)));
    key.set(workspace.subarray(0, 32));
    workspace.fill(0);
    return valid ? answer : undefined;
  }
}
