/** IPv4 addresses as the simulator's configuration writes them (dotted) and as registers hold them (four bytes). */

/** The dotted form of the four bytes at `offset`. */
export function dotted(bytes: Uint8Array, offset = 0): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/** The four bytes of a dotted address; throws when it is not one. */
export function addressBytes(address: string): Uint8Array {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some(part => !(part >= 0 && part <= 255))) {
    throw new Error(`not an IPv4 address: ${address}`);
  }
  return Uint8Array.from(parts);
}

/** The address as an unsigned 32-bit number. */
export function addressNumber(address: string): number {
  const bytes = addressBytes(address);
  return ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
}

export function numberToDotted(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** True if both addresses lie in the same network under `mask`. */
export function sameSubnet(a: string, b: string, mask: string): boolean {
  const bits = addressNumber(mask);
  return (addressNumber(a) & bits) >>> 0 === (addressNumber(b) & bits) >>> 0;
}

/** The address of the directed broadcast of `address`'s network. */
export function subnetBroadcast(address: string, mask: string): string {
  return numberToDotted((addressNumber(address) | ~addressNumber(mask)) >>> 0);
}

export function isDotted(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every(part => Number(part) <= 255);
}
