/** The NSS key log format (RFC 9850): what Wireshark needs to decrypt a capture. */

/** A line without its newline; `clientRandom` is the first 32 bytes of the array. */
export function keyLogLine(label: string, clientRandom: Uint8Array, secret: Uint8Array): string {
  return label + ' ' + hex(clientRandom, 32) + ' ' + hex(secret, secret.length);
}

function hex(bytes: Uint8Array, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += (256 + bytes[i]).toString(16).substring(1);
  return text;
}
