/** The fuzz targets: each is a module of targets/ that exports `fuzz(bytes)`, which throws when something is wrong. */

export interface FuzzTarget {
  name: string;
  /** What it checks, for --list. */
  what: string;
  /** The longest input in bytes. */
  longest: number;
}

export type Fuzz = (bytes: Uint8Array) => void;

export const fuzzTargets: FuzzTarget[] = [
  { name: 'records', what: 'record reader, plaintext and protected, in any chunks, against a model', longest: 4096 },
  { name: 'flight', what: 'TlsClient given any bytes in place of a server', longest: 4096 },
  { name: 'handshake', what: 'TlsClient given any handshake messages under the right keys', longest: 4096 },
  { name: 'messages', what: 'each parser of src/tls/messages by itself', longest: 2048 },
  { name: 'certificate', what: 'DER and the certificate parser, against node:crypto', longest: 2048 },
  { name: 'chain', what: 'path and verification of damaged chains, against node:crypto', longest: 4096 },
  { name: 'text', what: 'addresses, names and PEM, against node:net and node:buffer', longest: 1024 },
  { name: 'dns', what: 'DNS answers, against dns-packet', longest: 600 },
  { name: 'dhcp', what: 'DHCP messages, against a second reading', longest: 600 },
  { name: 'sntp', what: 'SNTP answers', longest: 80 },
  { name: 'chip', what: 'the driver on a W5500 whose registers say anything', longest: 2048 },
];

/** Loads a target's function. */
export async function loadTarget(name: string): Promise<Fuzz> {
  const loaded = (await import(`./targets/${name}.js`)) as { fuzz: Fuzz };
  return loaded.fuzz;
}
