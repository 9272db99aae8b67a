/** Certificates and keys as text, RFC 7468 §5 and §10. The text is the application's own, so what is wrong with it is ERR_USAGE. */
import { usageError } from '../errors.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=';

/** The DER of every CERTIFICATE block (at least one) in `text`; what lies between the blocks is skipped. */
export function pemToDer(text: string): Uint8Array[] {
  return pemBlocks(text, 'CERTIFICATE');
}

/**
 * The same for another label. Espruino's indexOf also finds what the end of the text cuts off: the last dashes of END are a BEGIN to it.
 */
export function pemBlocks(text: string, label: string): Uint8Array[] {
  const opening = '-----BEGIN ' + label + '-----';
  const closing = '-----END ' + label + '-----';
  const blocks: Uint8Array[] = [];
  let begin = text.indexOf(opening);
  while (begin >= 0 && begin + opening.length <= text.length) {
    const start = begin + opening.length;
    const end = text.indexOf(closing, start);
    if (end < 0 || end + closing.length > text.length) usageError('PEM: a ' + label + ' has no END line');
    blocks.push(decodeBase64(text, start, end));
    begin = text.indexOf(opening, end);
  }
  if (blocks.length === 0) usageError('PEM: no ' + label + ' block');
  return blocks;
}

/** RFC 4648 §4 with its padding, white space anywhere, and no stray bits at the end. */
function decodeBase64(text: string, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(((end - start) * 3) >> 2);
  let length = 0;
  let characters = 0;
  let padding = 0;
  let bits = 0;
  let held = 0;
  for (let i = start; i < end; i++) {
    const character = text.charAt(i);
    if (' \t\r\n'.indexOf(character) >= 0) continue;
    const value = ALPHABET.indexOf(character);
    characters++;
    if (value > 63) padding++;
    else if (value < 0 || padding > 0) padding = 3;
    else {
      bits = ((bits << 6) | value) & 0xffff;
      held += 6;
    }
    if (held < 8) continue;
    held -= 8;
    bytes[length++] = bits >> held;
  }
  // Two or four bits are left over before padding, and must be zero.
  if (characters === 0 || characters & 3 || padding > 2 || bits & ((1 << held) - 1)) usageError('PEM: not base64');
  return new Uint8Array(bytes.subarray(0, length));
}
