/** SHA-256, SHA-384, SHA-512 and HMAC in machine code (firmware-glue/thumb/hash.c). Memory of a running one: 272 bytes. */
import type { Hash, HashAlgorithm, HashName } from '../provider.js';
import { Entry, feed, fetch, inputAddress, type NativeCode, wipeStage, workspaceAddress } from './native-code.js';

const CONTEXT_LENGTH = 272;
/** Of SHA-512's block; what is longer is hashed before it is a key. */
const LONGEST_KEY = 128;

/** `bits` is 256, 384 or 512. */
export function nativeHash(code: NativeCode, bits: number): HashAlgorithm {
  const digestLength = bits >> 3;
  const create = (key: number, keyLength: number): Hash => new NativeHash(code, bits, key, keyLength);
  return {
    name: ('sha' + bits) as HashName,
    digestLength,
    create: () => create(0, 0),
    createHmac(key) {
      let length = key.length;
      if (length > LONGEST_KEY) {
        const long = create(0, 0);
        long.update(key, 0, length);
        length = digestLength;
        key = new Uint8Array(length);
        long.digest(key, 0);
      }
      const hmac = create(inputAddress(code, key, 0, length, 0), length);
      wipeStage();
      return hmac;
    },
    hmac(key, message) {
      const mac = new Uint8Array(digestLength);
      const from = inputAddress(code, key, 0, key.length, 0);
      const at = inputAddress(code, message, 0, message.length, LONGEST_KEY);
      const lengths = digestLength | (key.length << 8) | (message.length << 16);
      code.call(Entry.HMAC, workspaceAddress(code, mac), from, at, lengths);
      return mac;
    },
  };
}

class NativeHash implements Hash {
  private readonly code: NativeCode;
  private readonly context: Uint8Array;
  private readonly digestLength: number;

  constructor(code: NativeCode, bits: number, key: number, keyLength: number) {
    const context = new Uint8Array(CONTEXT_LENGTH);
    code.call(Entry.HASH_START, workspaceAddress(code, context), bits, key, keyLength);
    this.code = code;
    this.context = context;
    this.digestLength = bits >> 3;
  }

  update(bytes: Uint8Array, offset: number, length: number): void {
    feed(this.code, Entry.HASH_UPDATE, this.context, bytes, offset, length, 0);
  }

  digest(into: Uint8Array, offset: number): void {
    fetch(this.code, Entry.HASH_DIGEST, this.context, into, offset, this.digestLength);
  }
}
