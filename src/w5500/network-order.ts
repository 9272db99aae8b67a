/** Numbers and addresses as they stand in registers and datagrams: the most significant byte first. */

/** The 2 bytes from `at` on as a number. */
export function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

/** The 4 bytes from `at` on as a number, 0 to 4294967295. */
export function uint32(bytes: Uint8Array, at: number): number {
  return ((uint16(bytes, at) << 16) | uint16(bytes, at + 2)) >>> 0;
}

/** A copy of the address at `at`: 4 bytes. */
export function addressAt(bytes: Uint8Array, at: number): Uint8Array {
  return new Uint8Array(bytes.subarray(at, at + 4));
}

/** Whether the bytes from `at` on begin with `wanted`. For addresses, not for secrets. */
export function startsWith(bytes: Uint8Array, at: number, wanted: ArrayLike<number>): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}
