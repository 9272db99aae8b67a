/** What the runner uses that is not ringlet's, for whoever has ringlet as a package: all in one sentence, not one after the other. */

/** What every command, or some, want. test/hil/packages.test.ts holds it against what is imported. */
export const PACKAGES = [
  '@peculiar/x509',
  '@serialport/stream',
  'crc-32',
  'dns-packet',
  'reflect-metadata',
  'serialport',
  'uf2',
];
/** Of emulated boards only. */
export const EMULATOR = ['rp2040js'];

/** A sentence, if that is what an import has failed of. */
export function notInstalled(message: string): string | undefined {
  const [, name] = /Cannot find package '([^']+)'/.exec(message) ?? [];
  if (name === undefined) return undefined;
  const wanted = EMULATOR.includes(name) ? EMULATOR : PACKAGES;
  return `The package ${name} is not installed. The runner wants: npm install --save-dev ${wanted.join(' ')}.`;
}
