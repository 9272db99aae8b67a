/** True if `length` bytes are the same; the time depends on `length` only. */
export function equalConstantTime(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
  length: number,
): boolean {
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= a[aOffset + i] ^ b[bOffset + i];
  return difference === 0;
}
