/** What this folder uses of BigInt; the library that src/ is checked against has none. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: it is that global
declare const BigInt: ((value: number | string | boolean) => bigint) | undefined;
declare interface BigInt {
  toString(radix: number): string;
}
