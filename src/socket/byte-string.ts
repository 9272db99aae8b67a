import { usageError } from '../errors.js';

/** `text` as one byte a character, as Espruino's strings are; characters above 255 are ERR_USAGE. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) usageError('write: one byte a character, encode it first');
    bytes[i] = code;
  }
  return bytes;
}
