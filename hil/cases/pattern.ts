/** The bytes that cases and fixtures send: each tells its place, and a sector, a ring or a segment that comes twice shows. */

/** The byte at `index` of every stream. */
function byteAt(index: number): number {
  return (index * 7 + (index >> 8) * 3) & 255;
}

/** Fills `length` bytes of `into` with the stream from `index` on. */
export function fillPattern(into: Uint8Array, length: number, index: number): void {
  for (let i = 0; i < length; i++) into[i] = byteAt(index + i);
}

/** What is wrong with `length` bytes of a stream from `index` on; '' if nothing is. */
export function checkPattern(bytes: Uint8Array, length: number, index: number): string {
  for (let i = 0; i < length; i++) {
    if (bytes[i] !== byteAt(index + i)) {
      return 'byte ' + (index + i) + ' is ' + bytes[i] + ' instead of ' + byteAt(index + i);
    }
  }
  return '';
}
