/** IPv4 addresses are 4 bytes inside; people write them dotted. */

/** The address in `text`, or undefined if it is not four decimal numbers of 0 to 255 with dots between. */
export function parseAddress(text: string): Uint8Array | undefined {
  const address = new Uint8Array(4);
  let digits = 0;
  let value = 0;
  let at = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 0x2e;
    if (code === 0x2e) {
      if (digits === 0 || at === 4) return undefined;
      address[at++] = value;
      digits = value = 0;
    } else {
      if (code < 0x30 || code > 0x39 || ++digits > 3) return undefined;
      value = value * 10 + code - 0x30;
      if (value > 255) return undefined;
    }
  }
  return at === 4 ? address : undefined;
}

export function formatAddress(address: Uint8Array): string {
  return address[0] + '.' + address[1] + '.' + address[2] + '.' + address[3];
}

/** Whether `length` bytes are the same. For addresses, not for secrets. */
export function sameBytes(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aOffset + i] !== b[bOffset + i]) return false;
  return true;
}
