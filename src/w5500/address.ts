/** IPv4 addresses are 4 bytes inside; people write them dotted. */

/** The address in `text`, or undefined if it is not four decimal numbers of 0 to 255 (without leading zeros) with dots between. */
export function parseAddress(text: string): Uint8Array | undefined {
  const address = new Uint8Array(text.split('.').map(Number));
  return address.length === 4 && address.join('.') === text ? address : undefined;
}

export function formatAddress(address: Uint8Array): string {
  return address.join('.');
}
