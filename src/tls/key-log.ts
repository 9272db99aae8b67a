/** The NSS key log format (RFC 9850): what Wireshark needs to decrypt a capture. */
import { toHex } from '../x509/der-values.js';

/** A line without its newline; `clientRandom` is the first 32 bytes of the array. */
export function keyLogLine(label: string, clientRandom: Uint8Array, secret: Uint8Array): string {
  return label + ' ' + toHex(clientRandom.subarray(0, 32)) + ' ' + toHex(secret);
}
