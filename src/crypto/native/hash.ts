/** SHA-256, SHA-384, SHA-512 and HMAC in machine code (firmware-glue/thumb/hash.c). Memory of a running one: 272 bytes. */
import type { Hash, HashAlgorithm, HashName } from '../provider.js';
import {
  Entry,
  feed,
  fetch,
  inputAddress,
  type NativeCode,
  stage,
  wipeStage,
  workspaceAddress,
} from './native-code.js';

const CONTEXT_LENGTH = 272;

/** One that has `hmac`. */
type NativeHash = HashAlgorithm & Required<Pick<HashAlgorithm, 'hmac'>>;

/** `bits` is 256, 384 or 512. A key of more than 256 bytes has to be in one piece. */
export function nativeHash(code: NativeCode, bits: number): NativeHash {
  return new NativeAlgorithm(code, bits);
}

class NativeAlgorithm implements NativeHash {
  readonly name: HashName;
  readonly digestLength: number;
  private readonly code: NativeCode;

  constructor(code: NativeCode, bits: number) {
    this.code = code;
    this.name = ('sha' + bits) as HashName;
    this.digestLength = bits >> 3;
  }

  create(): Hash {
    return new RunningHash(this.code, this.digestLength, 0, 0);
  }

  createHmac(key: Uint8Array): Hash {
    const code = this.code;
    const hmac = new RunningHash(code, this.digestLength, inputAddress(code, key, 0, key.length, 0), key.length);
    wipeStage();
    return hmac;
  }

  hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
    const code = this.code;
    const digestLength = this.digestLength;
    const mac = new Uint8Array(digestLength);
    const from = inputAddress(code, key, 0, key.length, 0);
    const at = inputAddress(code, message, 0, message.length, key.length);
    const lengths = digestLength | (key.length << 8) | (message.length << 16);
    const own = code.addressOf(mac);
    code.call(Entry.HMAC, own || workspaceAddress(code, stage), from, at, lengths);
    if (!own) mac.set(stage.subarray(0, digestLength));
    return mac;
  }
}

/** With a key of `keyLength` bytes at an address, or none. */
class RunningHash implements Hash {
  private readonly code: NativeCode;
  private readonly digestLength: number;
  private readonly context: Uint8Array;

  constructor(code: NativeCode, digestLength: number, key: number, keyLength: number) {
    this.code = code;
    this.digestLength = digestLength;
    this.context = new Uint8Array(CONTEXT_LENGTH);
    code.call(Entry.HASH_START, workspaceAddress(code, this.context), digestLength << 3, key, keyLength);
  }

  update(bytes: Uint8Array, offset: number, length: number): void {
    feed(this.code, Entry.HASH_UPDATE, this.context, 0, bytes, offset, length);
  }

  digest(into: Uint8Array, offset: number): void {
    fetch(this.code, Entry.HASH_DIGEST, this.context, this.digestLength, into, offset);
  }
}
