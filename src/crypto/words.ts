/** 32-bit words in byte arrays, 16-byte blocks, and constants written as text: shorter than numbers, exact everywhere. */

export function loadWord(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] << 24) | (bytes[offset + 1] << 16) | (bytes[offset + 2] << 8) | bytes[offset + 3];
}

export function storeWord(bytes: Uint8Array, offset: number, word: number): void {
  bytes[offset] = word >>> 24;
  bytes[offset + 1] = word >>> 16;
  bytes[offset + 2] = word >>> 8;
  bytes[offset + 3] = word;
}

/** Little-endian. */
export function loadWordReversed(bytes: Uint8Array, offset: number): number {
  return bytes[offset] | (bytes[offset + 1] << 8) | (bytes[offset + 2] << 16) | (bytes[offset + 3] << 24);
}

/** Five characters a word: the digits in base 85, the highest first, as the characters from 40, `(`, on. */
export function wordsOf(text: string): Int32Array {
  const words = new Int32Array(text.length / 5);
  for (let i = 0; i < words.length; i++) {
    let word = 0;
    for (let j = 0; j < 5; j++) word = word * 85 + text.charCodeAt(5 * i + j) - 40;
    words[i] = word | 0;
  }
  return words;
}

/** The bytes of the words that `text` spells for `wordsOf`, each from its highest. */
export function bytesOf(text: string): Uint8Array {
  const words = wordsOf(text);
  const bytes = new Uint8Array(4 * words.length);
  for (let i = 0; i < bytes.length; i += 4) storeWord(bytes, i, words[i >> 2]);
  return bytes;
}

/** XORs the 16 bytes of `bytes` at `offset` onto `block`. */
export function xorBlock(block: Uint8Array, bytes: Uint8Array, offset: number): void {
  for (let i = 0; i < 16; i++) block[i] ^= bytes[offset + i];
}
