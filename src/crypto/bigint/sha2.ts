/**
 * What SHA-256, SHA-384 and SHA-512 share (FIPS 180-4), over states of any kind of words: padding and HMAC (RFC 2104). An HMAC begins and ends with a block of
 * key each; for the two keys that were used last they are known already, because TLS takes several values from every secret, and alternates between two.
 */
import { equalConstantTime } from '../../bytes/constant-time.js';
import { BlockInput } from '../block-input.js';
import type { Hash, HashAlgorithm, HashName } from '../provider.js';
import { storeWord } from '../words.js';

interface KeyStates<Word> {
  /** Filled up with zeros to a block. */
  readonly key: Uint8Array;
  /** The states behind the key's first and last block. */
  readonly inner: Word[];
  readonly outer: Word[];
}

export function sha2<Word>(
  name: HashName,
  digestLength: number,
  blockLength: number,
  initial: () => Word[],
  compress: (state: Word[], bytes: Uint8Array, offset: number) => void,
  write: (state: Word[], into: Uint8Array, offset: number) => void,
): HashAlgorithm {
  const lastBlock = new Uint8Array(blockLength);
  /** The last two HMAC keys, the latest first. */
  let recent: KeyStates<Word> | undefined;
  let former: KeyStates<Word> | undefined;

  /** Goes on from `state`, a block behind the beginning if it is a key's; the digest is hashed once more after `envelope`. */
  function running(state: Word[], length: number, envelope?: Word[]): Hash {
    const input = new BlockInput(blockLength, (bytes, offset, blocks) => {
      for (; blocks > 0; blocks--) {
        compress(state, bytes, offset);
        offset += blockLength;
      }
    });
    return {
      update(bytes, offset, count) {
        length += count;
        input.update(bytes, offset, count);
      },
      digest(into, offset) {
        const last = state.slice();
        finish(last, input.buffer, input.used, length);
        write(last, into, offset);
        if (!envelope) return;
        const end = envelope.slice();
        finish(end, into.subarray(offset, offset + digestLength), digestLength, blockLength + digestLength);
        write(end, into, offset);
      },
    };
  }

  /** Hashes the first `used` bytes of `bytes`, less than a block, and the padding behind a message of `length` bytes. */
  function finish(state: Word[], bytes: Uint8Array, used: number, length: number): void {
    lastBlock.fill(0);
    for (let i = 0; i < used; i++) lastBlock[i] = bytes[i];
    lastBlock[used] = 128;
    // The length in bits takes 8 of 64 bytes, or 16 of 128.
    if (used >= blockLength - (blockLength >> 3)) {
      compress(state, lastBlock, 0);
      lastBlock.fill(0);
    }
    storeWord(lastBlock, blockLength - 8, length >>> 29);
    storeWord(lastBlock, blockLength - 4, length << 3);
    compress(state, lastBlock, 0);
    lastBlock.fill(0);
  }

  return {
    name,
    digestLength,
    create: () => running(initial(), 0),
    createHmac(key) {
      const block = new Uint8Array(blockLength);
      if (key.length > blockLength) {
        const hash = running(initial(), 0);
        hash.update(key, 0, key.length);
        hash.digest(block, 0);
      } else block.set(key);
      if (!recent || !equalConstantTime(block, 0, recent.key, 0, blockLength)) {
        let states = former;
        if (!states || !equalConstantTime(block, 0, states.key, 0, blockLength)) {
          states = { key: new Uint8Array(block), inner: initial(), outer: initial() };
          for (let i = 0; i < blockLength; i++) block[i] ^= 0x36;
          compress(states.inner, block, 0);
          for (let i = 0; i < blockLength; i++) block[i] ^= 0x36 ^ 0x5c;
          compress(states.outer, block, 0);
          if (former) former.key.fill(0);
        }
        former = recent;
        recent = states;
      }
      block.fill(0);
      return running(recent.inner.slice(), blockLength, recent.outer);
    },
  };
}
