/** SHA-256, SHA-384, SHA-512 and HMAC in machine code (firmware-glue/thumb/hash.c). Memory of a running one: 272 bytes. */
import type { Hash, HashAlgorithm, HashName } from '../provider.js';
import { Entry, feeder, fetcher, inputAddress, type NativeCode, wipeStage, workspaceAddress } from './native-code.js';

const CONTEXT_LENGTH = 272;

/** One that has `hmac`. */
type NativeHash = HashAlgorithm & Required<Pick<HashAlgorithm, 'hmac'>>;

/** `bits` is 256, 384 or 512. A key of more than 256 bytes has to be in one piece. */
export function nativeHash(code: NativeCode, bits: number): NativeHash {
  const digestLength = bits >> 3;
  const create = (key: number, keyLength: number): Hash => {
    const context = new Uint8Array(CONTEXT_LENGTH);
    code.call(Entry.HASH_START, workspaceAddress(code, context), bits, key, keyLength);
    return {
      update: feeder(code, Entry.HASH_UPDATE, context, 0),
      digest: fetcher(code, Entry.HASH_DIGEST, context, digestLength),
    };
  };
  return {
    name: ('sha' + bits) as HashName,
    digestLength,
    create: () => create(0, 0),
    createHmac(key) {
      const hmac = create(inputAddress(code, key, 0, key.length, 0), key.length);
      wipeStage();
      return hmac;
    },
    hmac(key, message) {
      const mac = new Uint8Array(digestLength);
      const from = inputAddress(code, key, 0, key.length, 0);
      const at = inputAddress(code, message, 0, message.length, key.length);
      const lengths = digestLength | (key.length << 8) | (message.length << 16);
      code.call(Entry.HMAC, workspaceAddress(code, mac), from, at, lengths);
      return mac;
    },
  };
}
