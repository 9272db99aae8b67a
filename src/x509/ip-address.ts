/** IP addresses as text: IPv4 in dotted decimal, IPv6 as in RFC 4291 §2.2. */

/** The 4 or 16 bytes of the address that `text` spells, or undefined if it is none. No zone, no brackets, no leading zeros in IPv4. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  if (text.indexOf(':') < 0) return appendIpv4(text, bytes) ? new Uint8Array(bytes) : undefined;
  const halves = text.split('::');
  if (halves.length > 2 || !appendGroups(halves[0], bytes, halves.length === 1)) return undefined;
  if (halves.length === 1) return bytes.length === 16 ? new Uint8Array(bytes) : undefined;
  const tail: number[] = [];
  // `::` stands for at least one group of zeros.
  if (!appendGroups(halves[1], tail, true) || bytes.length + tail.length > 14) return undefined;
  const address = new Uint8Array(16);
  address.set(bytes, 0);
  address.set(tail, 16 - tail.length);
  return address;
}

/** Groups of 16 bits with colons between them, or nothing; the last may be an IPv4 address if `last`. */
function appendGroups(text: string, bytes: number[], last: boolean): boolean {
  if (text === '') return true;
  const groups = text.split(':');
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i];
    if (last && i === groups.length - 1 && group.indexOf('.') >= 0) return appendIpv4(group, bytes);
    if (group.length < 1 || group.length > 4) return false;
    for (let j = 0; j < group.length; j++) if ('0123456789abcdefABCDEF'.indexOf(group.charAt(j)) < 0) return false;
    const value = parseInt(group, 16);
    bytes.push(value >> 8, value & 255);
  }
  return true;
}

function appendIpv4(text: string, bytes: number[]): boolean {
  const parts = text.split('.');
  for (const part of parts) {
    const value = parseInt(part, 10);
    // A leading zero means octal to some.
    if (!(value >= 0 && value <= 255) || String(value) !== part) return false;
    bytes.push(value);
  }
  return parts.length === 4;
}
