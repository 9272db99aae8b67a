/** IP addresses as text: IPv4 in dotted decimal, IPv6 as in RFC 4291 §2.2. */

/** The 4 or 16 bytes of the address that `text` spells, or undefined if it is none. No zone, no brackets, no leading zeros in IPv4. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  if (text.indexOf(':') < 0) return appendIpv4(text, bytes) ? new Uint8Array(bytes) : undefined;
  const halves = text.split('::');
  const compressed = halves.length > 1;
  const tail: number[] = [];
  if (!appendGroups(halves[0], bytes, !compressed)) return undefined;
  if (compressed && (halves.length > 2 || !appendGroups(halves[1], tail, true))) return undefined;
  // `::` stands for at least one group of zeros.
  const length = bytes.length + tail.length;
  if (compressed ? length > 14 : length !== 16) return undefined;
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
    if (!/^[0-9A-Fa-f]+$/.test(group) || group.length > 4) return false;
    const value = parseInt(group, 16);
    bytes.push(value >> 8, value & 255);
  }
  return true;
}

function appendIpv4(text: string, bytes: number[]): boolean {
  const address = new Uint8Array(text.split('.').map(Number));
  for (let i = 0; i < address.length; i++) bytes.push(address[i]);
  // Written back it must be the same: a leading zero means octal to some.
  return address.length === 4 && address.join('.') === text;
}
