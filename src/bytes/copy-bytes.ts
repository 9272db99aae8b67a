/**
 * Copies `length` bytes of `from` at `at` to `into` at `offset`; they must lie within both. The view lives as long as the call does
 * and is all the memory it takes; on an interpreter a loop over the bytes costs a hundred times as much (Espruino: 40,000
 * instructions a byte, against 320).
 */
export function copyBytes(into: Uint8Array, offset: number, from: Uint8Array, at: number, length: number): void {
  into.set(from.subarray(at, at + length), offset);
}
