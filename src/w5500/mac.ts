/**
 * The chip has no MAC address of its own (SHAR is 0 after a reset). This derives a locally administered unicast one from
 * what is unique about the board, so that two boards on a network differ: `localMac(bytes of the serial number)`.
 */
export function localMac(uniqueId: Uint8Array): Uint8Array {
  const mac = new Uint8Array(6);
  // The id's bytes as digits of a number of 48 bits; all of them matter, and those of 5 bytes all differ.
  for (let n = 0; n < uniqueId.length; n++) {
    let carry = uniqueId[n];
    for (let i = 5; i >= 0; i--) {
      carry += mac[i] * 263;
      mac[i] = carry;
      carry >>= 8;
    }
  }
  mac[0] = (mac[0] & 0xfc) | 0x02;
  return mac;
}
