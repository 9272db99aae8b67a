/**
 * The chip has no MAC address of its own (SHAR is 0 after a reset). This derives a locally administered unicast one from
 * what is unique about the board, so that two boards on a network differ: `localMac(bytes of the serial number)`.
 */
export function localMac(uniqueId: Uint8Array): Uint8Array {
  const mac = new Uint8Array(6);
  // FNV-1a over the id, twice with different starts, in 16-bit halves: products stay exact in a double.
  for (let part = 0; part < 2; part++) {
    let high = 0x811c ^ part;
    let low = 0x9dc5;
    for (let i = 0; i < uniqueId.length; i++) {
      low ^= uniqueId[i];
      const product = low * 0x193;
      high = (high * 0x193 + (low << 8) + (product >>> 16)) & 0xffff;
      low = product & 0xffff;
    }
    mac[part * 3] = high;
    mac[part * 3 + 1] = low >> 8;
    mac[part * 3 + 2] = low ^ (high >> 8);
  }
  mac[0] = (mac[0] & 0xfc) | 0x02;
  return mac;
}
