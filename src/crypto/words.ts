/** 32-bit words in byte arrays, 16-byte blocks, and constants written as hexadecimal text (shorter than numbers, exact on every engine). */

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

/** Eight digits a word; read four at a time because half a word is a small integer on every engine. */
export function wordsOf(hex: string): Int32Array {
  const words = new Int32Array(hex.length / 8);
  for (let i = 0; i < words.length; i++) {
    const at = i * 8;
    words[i] = (parseInt(hex.substring(at, at + 4), 16) << 16) | parseInt(hex.substring(at + 4, at + 8), 16);
  }
  return words;
}

/** XORs the 16 bytes of `bytes` at `offset` onto `block`. */
export function xorBlock(block: Uint8Array, bytes: Uint8Array, offset: number): void {
  for (let i = 0; i < 16; i++) block[i] ^= bytes[offset + i];
}
